import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { isPlainName } from "../../base/plain_name.ts";
import type { Display } from "../../cli/options.ts";
import { warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { hintOf, reportError } from "../../cli/report.ts";
import { isIgnoredByCaller } from "../../libc/processes/dispositions.ts";
import { signalNumber } from "../../libc/processes/signals.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import { runtime } from "../../runtime/mod.ts";
import type { KeptTargets } from "./request_targets.ts";
import { pidfileOfName } from "../../daemon/pidfile_daemon.ts";
import { keptByLiving } from "../../keeper/waiter/find_waiters.ts";
import {
  keeperHome,
  type KeptPlace,
  keptPlace,
  makeKeptPlace,
  placeOfDirectory,
  refuseOthersHome,
  refuseUnsafePlace,
} from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import { isPattern, type KeptSelection, selectNames } from "../../keeper/selection.ts";

/** What the words of a command mean. */
interface FoundTargets {
  readonly kept: readonly KeptPlace[];
  /** Daemons from `imp daemon -n`, by the given names, and their pidfiles. */
  readonly named: readonly { readonly name: string; readonly path: string }[];
  /** One for each word that means none, and for each daemon whose records must not be acted upon. */
  readonly unknown: readonly ImpError[];
}

/**
 * Finds the targets. A name that is not a kept daemon's may be one from `imp daemon -n`.
 * @param verb for the messages: `stop`
 * @throws ImpError if the daemons cannot be listed
 */
async function findTargets(selection: KeptSelection, verb: string): Promise<FoundTargets> {
  const home = keeperHome();
  refuseOthersHome(home);
  let names = keptNames(home);
  let selected = selectNames(selection, names);
  if (selected.unknown.length > 0 || names.length === 0) {
    names = [...names, ...withoutRecords(home, names)];
    selected = selectNames(selection, names);
  }
  const named: { name: string; path: string }[] = [];
  const unknown: ImpError[] = [];
  const kept = selected.names.map((name) => keptPlace(home, name)).filter((place) => {
    const refusal = refusalOf(place);
    if (refusal) unknown.push(refusal);
    return !refusal;
  });
  for (const word of selected.unknown) {
    const path = isPlainName(word) ? pidfileOfName(word) : undefined;
    if (path !== undefined) named.push({ name: word, path });
    else unknown.push(await unknownName(word, names, verb));
  }
  return { kept, named, unknown };
}

/** Why nothing is done with the content of a daemon's directory. */
function refusalOf(place: KeptPlace): ImpError | undefined {
  try {
    refuseUnsafePlace(place);
  } catch (error) {
    if (error instanceof ImpError) return error;
    throw error;
  }
  return undefined;
}

/** Daemons that run although somebody has removed their records: they get a directory, for the lock of their name. */
function withoutRecords(home: string, known: readonly string[]): string[] {
  return keptByLiving(`${home}/daemons`).map(placeOfDirectory)
    // Anybody can have these words: whose keeper it is has not been checked yet.
    .filter((place) => !known.includes(place.name) && observeKept(place).acting !== undefined)
    .map((place) => {
      makeKeptPlace(place);
      return place.name;
    });
}

/** What can be done to the daemon of a pidfile. */
const BY_PIDFILE = ["stop", "reload", "signal"];

async function unknownName(
  word: string,
  names: readonly string[],
  verb: string,
): Promise<ImpError> {
  const { nearestWord } = await import("../../cli/report.ts");
  const nearest = await nearestWord(word, names);
  return new ImpError({
    action: `${verb} '${word}'`,
    why: isPattern(word) ? "no daemon's name matches it" : "no kept daemon has that name",
    hint: word === "all"
      ? `did you mean imp ${verb} --all?`
      : nearest
      ? `did you mean ${nearest}?`
      : BY_PIDFILE.includes(verb) && /\.pid$|\//.test(word)
      ? `a pidfile goes with -p: imp ${verb} -p ${word}`
      : verb === "start" && !isPattern(word)
      ? `write -- before a program: imp start -- ${word} …, or imp start NAME -- PROGRAM …`
      : names.length === 0
      ? "there are no kept daemons here; another IMP_HOME or another user may have some"
      : "imp list shows the kept daemons",
    exit: EXIT.no,
  });
}

/**
 * Acts on many concurrently, and reports each as soon as it is done: a slow one holds up nobody.
 * @returns the worst of the exit statuses returned by `tell`: 0 only if all of them are
 */
export async function forEachAtOnce<T, R>(
  targets: readonly T[],
  act: (target: T) => Promise<R>,
  tell: (result: R) => number,
): Promise<number> {
  let worst = 0;
  let untold: unknown;
  await Promise.all(targets.map(async (target) => {
    const result = await act(target);
    try {
      // The request is carried out, whether or not anybody reads about it.
      worst = Math.max(worst, tell(result));
    } catch (error) {
      untold ??= error;
    }
  }));
  if (untold) throw untold;
  return worst;
}

/** What a command does with each of its targets. */
export interface TargetActions<R> {
  kept(place: KeptPlace): Promise<R>;
  /** @param name as the user wrote it */
  pidfile(name: string, path: string): Promise<R>;
  /** @returns an exit status */
  tell(result: R): number;
}

/**
 * Acts on all of them concurrently.
 * @param verb of the command: `stop`
 * @returns the exit status: the worst of them
 */
export async function forTargets<R>(
  targets: KeptTargets,
  verb: string,
  { quiet, json }: Display,
  { kept, pidfile, tell }: TargetActions<R>,
): Promise<number> {
  if (targets.by === "pidfile") {
    return tell(await pidfile(targets.path, absolute(targets.path, workingDirectory())));
  }
  const found = await findTargets(targets.selection, verb);
  let worst: number = EXIT.done;
  for (const error of found.unknown) {
    worst = Math.max(worst, await reportError(error, `imp ${verb}`));
  }
  if (targets.selection.all && found.kept.length === 0 && !quiet && !json) {
    warn(`imp ${verb}: there are no kept daemons`);
  }
  const jobs = [
    ...found.kept.map((place) => () => kept(place)),
    ...found.named.map(({ name, path }) => () => pidfile(name, path)),
  ];
  return Math.max(worst, await forEachAtOnce(jobs, (job) => job(), tell));
}

/**
 * One failure of several, on lines of its own.
 * @param program the words before a program, and those of it, for a line that works
 */
export function errorText(
  error: ImpError,
  program?: { readonly where: string; readonly words: readonly string[] },
): string {
  const hint = program ? hintOf(error, program.where, program.words) : error.hint;
  const { message, parts: { details = [] } } = error;
  return [message, ...details, ...hint ? [`  ${hint}`] : []].map(printable).join("\n");
}

/** Signals that make a command return while it waits. */
export class AskedToReturn {
  private name: string | undefined;
  /** What the caller ignores, as nohup(1) does, stays ignored. */
  private readonly restore = ["INT", "TERM", "HUP"]
    .filter((name) => !isIgnoredByCaller(signalNumber(name)!))
    .map((name) => runtime.onSignal(`SIG${name}`, () => this.name ??= name));

  get signal(): string | undefined {
    return this.name;
  }

  /** From now on signals act as before. */
  end(): void {
    for (const one of this.restore) one();
  }
}

/** A command that does nothing for daemons of `imp daemon`. */
export function keptOnly(verb: string, name: string): ImpError {
  return new ImpError({
    action: `${verb} '${name}'`,
    why: "imp daemon started it, and imp does not keep it",
    exit: EXIT.no,
  });
}

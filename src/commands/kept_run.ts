import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { runtime } from "../runtime/mod.ts";
import { pidfileOfName } from "../daemon/pidfile_daemon.ts";
import { keeperHome, keptNames, type KeptPlace, keptPlace } from "../keeper/home.ts";
import { isPattern, type KeptSelection, selectNames } from "../keeper/selection.ts";

/** What the words of a command mean. */
export interface FoundTargets {
  readonly kept: readonly KeptPlace[];
  /** Daemons of `imp daemon -n`, by the names that were given, and their pidfiles. */
  readonly named: readonly { readonly name: string; readonly path: string }[];
  /** One for each word that means none. */
  readonly unknown: readonly ImpError[];
}

/**
 * Finds what is meant. A name that is no kept daemon's may be one of `imp daemon -n`.
 * @param verb for the messages: `stop`
 * @throws ImpError where the daemons cannot be listed
 */
export async function findTargets(selection: KeptSelection, verb: string): Promise<FoundTargets> {
  const home = keeperHome();
  const names = keptNames(home);
  const selected = selectNames(selection, names);
  const kept = selected.names.map((name) => keptPlace(home, name));
  const named: { name: string; path: string }[] = [];
  const unknown: ImpError[] = [];
  for (const word of selected.unknown) {
    const path = isPattern(word) || !isDaemonName(word) ? undefined : pidfileOfName(word);
    if (path !== undefined) named.push({ name: word, path });
    else unknown.push(await unknownName(word, names, verb));
  }
  return { kept, named, unknown };
}

function isDaemonName(word: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(word);
}

async function unknownName(
  word: string,
  names: readonly string[],
  verb: string,
): Promise<ImpError> {
  const { nearestWord } = await import("../cli/report.ts");
  const nearest = await nearestWord(word, names);
  return new ImpError({
    action: `${verb} '${word}'`,
    why: isPattern(word) ? "no daemon's name matches it" : "no daemon of that name is kept here",
    hint: nearest
      ? `did you mean ${nearest}?`
      : names.length === 0
      ? "none is kept here; IMP_HOME, or another user, may have some"
      : "imp list shows those that there are",
    exit: EXIT.no,
  });
}

/**
 * Does something with each of many, side by side, and tells of each as soon as it is done: a slow one holds up nobody.
 * @returns the worst of the exit statuses that `tell` gives: 0 only when all of them are
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
      // What was asked for is done, whether or not anybody reads of it.
      worst = Math.max(worst, tell(result));
    } catch (error) {
      untold ??= error;
    }
  }));
  if (untold) throw untold;
  return worst;
}

/** Signals that ask a command to return, while something is waited for. */
export class AskedToReturn {
  private name: string | undefined;
  private readonly restore = ["INT", "TERM", "HUP"].map((name) =>
    runtime.onSignal(`SIG${name}`, () => this.name ??= name)
  );

  get signal(): string | undefined {
    return this.name;
  }

  /** From now on signals do what they did before. */
  end(): void {
    for (const one of this.restore) one();
  }
}

import { type ComparedShell, Experiment, TAG_VARIABLE } from "./shells.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { runtime } from "../runtime/mod.ts";
import { ownWords } from "../libc/processes/own_file.ts";
import { listPids } from "../procfs/processes.ts";
import { endBelongings } from "./subject.ts";
import { enter, makePrivate, removeTree } from "../libc/descriptors/directory.ts";
import type { Row, TerminalEnding } from "./rows.ts";
import type { ShellSession } from "./session.ts";
import { type StyleName, tagFor } from "./styles.ts";
import { type TrialSettings, tryStyle } from "./trial.ts";

export interface CompareRequest {
  readonly shell: ComparedShell;
  readonly shellPath: string;
  readonly by: TerminalEnding;
  readonly styles: readonly StyleName[];
  /** An absolute path and arguments; null for imp's own probe. */
  readonly program: readonly string[] | null;
}

export interface Measured {
  readonly rows: Row[];
  /** Why something could not be cleaned up; the measurements hold all the same. */
  readonly left?: ImpError;
}

/** What must be cleaned up. */
interface ComparisonRun {
  /** The id of this run, by which the guard also recognises what belongs to it. */
  readonly token: string;
  readonly directory: string;
}

const STEP_MS = 8;
const REAP_MS = 2_000;

/**
 * Starts a program in every style, each on its own terminal, ends the terminals and reports what happened. Changes this
 * process' working directory.
 * @throws Interrupted if a signal asked to stop; ImpError. Either way nothing is left behind.
 */
export async function compare(request: CompareRequest): Promise<Measured> {
  const sessions: ShellSession[] = [];
  const experiment = new Experiment("compare", TAG_VARIABLE);
  const { directory, guard } = experiment;
  const run: ComparisonRun = { token: guard.id, directory };
  const clear = async () => {
    const clean = await finish(run, sessions);
    experiment.end();
    return clean;
  };
  let rows: Row[];
  try {
    makePrivate(directory);
    rows = await tryAll(request, run, sessions, experiment);
  } catch (error) {
    await clear();
    throw error;
  }
  return await clear() ? { rows } : { rows, left: notClean(run) };
}

async function tryAll(
  { styles, ...request }: CompareRequest,
  run: ComparisonRun,
  sessions: ShellSession[],
  experiment: Experiment,
): Promise<Row[]> {
  const setting: Omit<TrialSettings, "wait"> = {
    ...request,
    ...run,
    imp: ownWords(),
    environment: runtime.environment(),
    bystanders: new Set(listPids()),
    sessions,
  };
  const check = () => experiment.check();
  return await (request.program ? oneByOne : together)(styles, setting, check);
}

/** The probes do not disturb each other. */
async function together(
  styles: readonly StyleName[],
  setting: Omit<TrialSettings, "wait">,
  check: () => void,
): Promise<Row[]> {
  let failure: unknown;
  const wait = waiting(() => {
    check();
    // All must have stopped before anything is cleaned up.
    if (failure) throw failure;
  });
  const trials = styles.map(async (style) => {
    try {
      return await tryStyle(style, { ...setting, wait });
    } catch (error) {
      failure ??= error;
      return undefined;
    }
  });
  const rows = await Promise.all(trials);
  if (failure) throw failure;
  return rows.filter((row) => row !== undefined);
}

/** Other programs bind ports and lock files: only one runs at a time. */
async function oneByOne(
  styles: readonly StyleName[],
  setting: Omit<TrialSettings, "wait">,
  check: () => void,
): Promise<Row[]> {
  const { token, sessions } = setting;
  const rows: Row[] = [];
  for (const style of styles) {
    rows.push(await tryStyle(style, { ...setting, wait: waiting(check) }));
    for (const session of sessions) session.hangUp();
    await endBelongings({ token: tagFor(token, style), sessions: sessions.map(({ pid }) => pid) });
  }
  return rows;
}

/** @param check called at every step, throws if waiting is pointless */
function waiting(check: () => void): TrialSettings["wait"] {
  return async (condition, ms) => {
    const deadline = runtime.now() + ms;
    while (!condition()) {
      if (runtime.now() > deadline) return false;
      await runtime.sleep(STEP_MS);
      check();
    }
    return true;
  };
}

/** @returns whether nothing is left */
async function finish(run: ComparisonRun, sessions: readonly ShellSession[]): Promise<boolean> {
  for (const session of sessions) {
    session.hangUp();
    session.kill();
  }
  enter("/");
  const marks = { token: run.token, sessions: sessions.map(({ pid }) => pid) };
  const ended = await endBelongings(marks);
  const removed = removeTree(run.directory);
  const deadline = runtime.now() + REAP_MS;
  for (const session of sessions) {
    while (!session.reap()) {
      if (runtime.now() > deadline) return false;
      await runtime.sleep(STEP_MS);
    }
  }
  return ended && removed;
}

function notClean({ token, directory }: ComparisonRun): ImpError {
  return new ImpError({
    action: "clear away",
    object: "what was compared",
    why: "a process does not end, or a file cannot be removed",
    hint: `look for IMP_COMPARE=${token} in /proc/*/environ, and for ${directory}`,
    exit: EXIT.failed,
  });
}

import { ImpError } from "../base/errors.ts";
import { debug } from "../base/diagnostics.ts";
import { EXIT } from "../base/exit_codes.ts";
import { runtime } from "../runtime/mod.ts";
import { closeOnExecFrom } from "../libc/process.ts";
import { resetSignal } from "../libc/signals.ts";
import { listPids } from "../procfs/processes.ts";
import { enter, makePrivate } from "./directory.ts";
import { clearAway, type Estate, startGuard } from "./guard.ts";
import { Interruption } from "./interrupt.ts";
import type { Row, TerminalEnding } from "./rows.ts";
import type { ShellSession } from "./session.ts";
import type { ShellName, StyleName } from "./styles.ts";
import { type Setting, tryStyle } from "./trial.ts";

export interface CompareRequest {
  readonly shell: ShellName;
  readonly shellPath: string;
  readonly by: TerminalEnding;
  readonly styles: readonly StyleName[];
  /** An absolute path and arguments; null for imp's own probe. */
  readonly program: readonly string[] | null;
}

const SIGCHLD = 17;
const STEP_MS = 8;
const REAP_MS = 2_000;

/**
 * Starts a program in every style at once, each on a terminal of its own, ends the terminals and reports what happened.
 * Changes the working directory of this process.
 * @throws Interrupted when a signal asked to stop; ImpError. Either way nothing is left behind.
 */
export async function compare(request: CompareRequest): Promise<Row[]> {
  const estate = newEstate();
  const sessions: ShellSession[] = [];
  const interruption = new Interruption();
  // Ignored, as the caller may have left it, it would leave no zombies, whose PIDs are needed: wait(2).
  resetSignal(SIGCHLD);
  // Whatever the caller has open must not show up in what is measured.
  closeOnExecFrom(3);
  const guard = startGuard(estate);
  const clear = async () => {
    const clean = await finish(estate, sessions);
    guard.dismiss();
    interruption.release();
    return clean;
  };
  let rows: Row[];
  try {
    makePrivate(estate.directory);
    rows = await tryAll(request, estate, sessions, interruption);
  } catch (error) {
    await clear();
    throw error;
  }
  if (!await clear()) throw notClean(estate);
  return rows;
}

async function tryAll(
  { styles, ...request }: CompareRequest,
  estate: Estate,
  sessions: ShellSession[],
  interruption: Interruption,
): Promise<Row[]> {
  let stopped = false;
  const setting: Setting = {
    ...request,
    ...estate,
    imp: runtime.selfCommand(),
    environment: runtime.environment(),
    bystanders: new Set(listPids()),
    sessions,
    wait: async (condition, ms) => {
      const deadline = runtime.now() + ms;
      while (!condition()) {
        if (runtime.now() > deadline) return false;
        await runtime.sleep(STEP_MS);
        interruption.check();
        if (stopped) throw new Error("another style has failed");
      }
      return true;
    },
  };
  const trials = styles.map(async (style) => {
    try {
      const row = await tryStyle(style, setting);
      debug("compare", "a style is done", { style, is: row.is });
      return row;
    } catch (error) {
      // The first failure stops the others: they all must have ended before anything is cleared away.
      if (stopped) return undefined;
      stopped = true;
      throw error;
    }
  });
  const results = await Promise.allSettled(trials);
  const failure = results.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
  return results.flatMap((result) =>
    result.status === "fulfilled" && result.value ? [result.value] : []
  );
}

function newEstate(): Estate {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  const token = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const parent = runtime.env("TMPDIR");
  const directory = `${parent?.startsWith("/") ? parent : "/tmp"}/imp-compare-${token}`;
  return { token, directory };
}

/** @returns whether nothing is left */
async function finish(estate: Estate, sessions: readonly ShellSession[]): Promise<boolean> {
  for (const session of sessions) {
    session.hangUp();
    session.kill();
  }
  enter("/");
  const marks = { token: estate.token, sessions: sessions.map(({ pid }) => pid) };
  const clean = await clearAway(marks, estate.directory);
  const deadline = runtime.now() + REAP_MS;
  for (const session of sessions) {
    while (!session.reap()) {
      if (runtime.now() > deadline) return false;
      await runtime.sleep(STEP_MS);
    }
  }
  return clean;
}

function notClean({ token, directory }: Estate): ImpError {
  return new ImpError({
    action: "clear away",
    object: "what was compared",
    why: "a process does not end, or a file cannot be removed",
    hint: `look for IMP_COMPARE=${token} in /proc/*/environ, and for ${directory}`,
    exit: EXIT.failed,
  });
}

import { O_RDWR } from "../libc/abi.ts";
import { closeFile, moveUp, openFile, readSome } from "../libc/descriptors/files.ts";
import { openPipe } from "../libc/descriptors/pipe.ts";
import { ownPid } from "../libc/processes/process.ts";
import { rawEnvironment } from "../libc/processes/process_image.ts";
import { spawn } from "../libc/processes/spawn.ts";
import { waitFor } from "../libc/processes/wait.ts";
import { isZombie, readStat } from "../procfs/stat.ts";
import { runtime } from "../runtime/mod.ts";
import type { Finding } from "./finding.ts";
import { type ProcessSummary, readSummary } from "../inspect/program.ts";
import { ttyName } from "../procfs/terminals.ts";

/** What became of an orphan made for the test. */
export interface Trial {
  /** Who adopted it. */
  readonly adopter: { readonly pid: number; readonly comm: string };
  /** Milliseconds from its end to its disappearance; null if it was still a zombie at the end of the trial. */
  readonly reapedAfter: number | null;
}

const SLOW_MS = 500;
const PATIENCE_MS = 3000;
const LOOK_MS = 1;
/** Above the shell's descriptors, so that none is overwritten before it is copied. */
const HIGH = 10;

/**
 * Makes an orphan, lets it end, and measures how long it stays a zombie. The shell in between exits at once; its
 * background child waits for end of file, so that it ends on command, not before it has been seen.
 */
export async function tryReaping(): Promise<Trial | string> {
  const shell = "/bin/sh";
  const [inputRead, inputWrite] = openPipe(HIGH);
  const [outputRead, outputWrite] = openPipe(HIGH);
  const nowhere = moveUp(openFile("/dev/null", O_RDWR), HIGH);
  try {
    const pid = spawn({
      path: shell,
      // Background jobs of a shell without job control read from /dev/null by default.
      argv: [shell, "-c", "{ read x; } <&3 >/dev/null & echo $!"],
      env: rawEnvironment(),
      descriptors: [[nowhere, 0], [nowhere, 2], [outputWrite, 1], [inputRead, 3]],
    });
    closeFile(outputWrite);
    closeFile(inputRead);
    if (pid < 0) return `no ${shell} to try it with`;
    waitFor(pid);
    const told = readSome(outputRead);
    const orphan = typeof told === "number" ? 0 : Number(new TextDecoder().decode(told));
    return await watchOrphan(orphan, () => closeFile(inputWrite));
  } finally {
    closeFile(outputRead);
    closeFile(nowhere);
  }
}

async function watchOrphan(pid: number, end: () => void): Promise<Trial | string> {
  const seen = pid > 0 ? readStat(pid) : undefined;
  if (!seen) {
    end();
    return "the orphan that was made for it could not be seen in /proc";
  }
  if (seen.ppid === ownPid()) {
    end();
    waitFor(pid);
    return "imp itself is PID 1 here, and adopts all orphans; run it in the container beside its program (docker exec)";
  }
  const adopter = {
    pid: seen.ppid,
    comm: readStat(seen.ppid)?.comm ?? "outside this PID namespace",
  };
  end();
  let ended: number | undefined;
  const deadline = runtime.now() + PATIENCE_MS;
  for (;;) {
    const now = readStat(pid);
    const time = runtime.now();
    if (now?.startTicks !== seen.startTicks) {
      return { adopter, reapedAfter: time - (ended ?? time) };
    }
    if (isZombie(now)) ended ??= time;
    if (time > deadline) return { adopter, reapedAfter: null };
    await runtime.sleep(LOOK_MS);
  }
}

/** Pure: what a trial means. */
export function judgeReaping(trial: Trial | string): Finding[] {
  if (typeof trial === "string") {
    const meaning = "whether zombies of orphans pile up here is not known";
    return [{ check: "reaping", grade: "unknown", fact: `not tried: ${trial}`, meaning }];
  }
  return [reaping(trial), subreaper(trial)];
}

function reaping({ adopter, reapedAfter }: Trial): Finding {
  const who = adopter.pid === 1
    ? `PID 1 (${adopter.comm})`
    : `pid ${adopter.pid} (${adopter.comm})`;
  const data = { adopter, reapedAfterMs: reapedAfter };
  if (reapedAfter === null) {
    return {
      check: "reaping",
      grade: "problem",
      fact: `${who} has not reaped an orphan within ${PATIENCE_MS / 1000} s`,
      meaning:
        "every daemon that exits stays a zombie and keeps its PID, until no process can be started",
      advice: "run the container with an init: `imp init -- PROGRAM`, or docker run --init",
      data,
    };
  }
  const slow = reapedAfter > SLOW_MS;
  return {
    check: "reaping",
    grade: slow ? "warning" : "good",
    fact: `${who} reaps orphans, ${Math.round(reapedAfter)} ms after their end`,
    meaning: slow
      ? "a daemon that has ended is still seen as a zombie for that long; scripts that check with kill -0 think that it is running"
      : "daemons that end leave nothing behind",
    data,
  };
}

function subreaper({ adopter }: Trial): Finding {
  if (adopter.pid === 1) {
    return {
      check: "subreaper",
      grade: "good",
      fact: "no subreaper between this shell and PID 1",
      meaning: "a daemon's parent is PID 1",
      data: { pid: null },
    };
  }
  return {
    check: "subreaper",
    grade: "note",
    fact: `orphans from here are adopted by pid ${adopter.pid} (${adopter.comm}), a subreaper`,
    meaning:
      "a daemon's parent is that process, not PID 1; when it ends, its own adopter takes over",
    data: { pid: adopter.pid, comm: adopter.comm },
  };
}

/** PID 1 of this PID namespace, as far as it decides how long everything else runs. */
export interface FirstProcess {
  readonly program: Pick<ProcessSummary, "comm" | "interactive">;
  /** Its controlling terminal. */
  readonly tty: string | null;
}

/** @returns undefined if it cannot be seen */
export function readFirstProcess(): FirstProcess | undefined {
  const program = readSummary(1);
  const stat = readStat(1);
  if (!program || !stat) return undefined;
  return { program, tty: ttyName(stat.ttyNumber) ?? null };
}

export function judgeFirstProcess(first: FirstProcess | undefined): Finding {
  const base = { check: "pid-1" };
  if (!first) {
    const meaning = "whether daemons outlive the login is not known";
    return { ...base, grade: "unknown", fact: "PID 1 cannot be seen", meaning };
  }
  const { program: { comm, interactive }, tty } = first;
  const data = { comm, interactive, tty };
  if (tty === null && !interactive) {
    const meaning = "it does not end with a terminal or a login";
    return { ...base, grade: "good", fact: `PID 1 is ${comm}`, meaning, data };
  }
  const where = tty === null ? "" : ` on ${tty}`;
  return {
    ...base,
    grade: "warning",
    fact: `PID 1 is ${comm}${interactive ? ", a shell with a user," : ""}${where}`,
    meaning: "when it ends, the kernel kills everything in this PID namespace: nohup, setsid and " +
      "imp daemon save nothing from that",
    advice: "run what is to stay as PID 1 (imp init -- PROGRAM), and enter beside it: docker exec",
    data,
  };
}

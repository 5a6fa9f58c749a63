import { dirname } from "@std/path/dirname";
import { O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { O_NOFOLLOW } from "../libc/machine.ts";
import { parsePid } from "../daemon/pidfile_state.ts";
import { maySignal } from "../libc/processes/signals.ts";
import { isZombie, readStat } from "../procfs/stat.ts";
import { closeFile, readSome, tryOpen } from "../libc/descriptors/files.ts";
import { listDirectory, statFd } from "../libc/descriptors/stat.ts";
import { bootTime, ticksPerSecond } from "../procfs/boot.ts";
import type { Family } from "../family/family.ts";
import { ImpError } from "../base/errors.ts";
import { runtimeDirectory } from "../daemon/runtime_directory.ts";
import type { Finding } from "./finding.ts";

/** A file that says which PID a daemon has. */
export interface Pidfile {
  readonly path: string;
  readonly pid: number;
  /** In a directory of imp's: the next start of that name takes it over. */
  readonly own: boolean;
  /** When it was written, milliseconds since 1970. */
  readonly modified: number;
  /** The process that has this PID now; `hidden`: it exists, but /proc does not show it to this user. */
  readonly process?: "hidden" | {
    readonly comm: string;
    readonly startedAt: number;
    readonly zombie: boolean;
  };
}

/** The uncertainty of the comparison: start times count from boot, which is known only to the second. */
const SLACK_MS = 2000;
const MOST_BYTES = 64;

/** Files `*.pid` in /run and the directories below it, and where `imp daemon -n` of any user keeps them. */
export function readPidfiles(family: Family, folder = "/run"): Pidfile[] {
  const users = entriesOf(`${folder}/user`).map((uid) => `${folder}/user/${uid}/imp`);
  const own = new Set([`${folder}/imp`, ...ownDirectory(), ...users]);
  const folders = [folder, ...entriesOf(folder).map((name) => `${folder}/${name}`), ...own];
  const paths = new Set(
    folders.flatMap((one) =>
      entriesOf(one).filter((name) => name.endsWith(".pid")).map((name) => `${one}/${name}`)
    ),
  );
  const isOwn = (path: string) => own.has(dirname(path));
  return [...paths].sort().flatMap((path) => readOne(path, isOwn(path), family) ?? []);
}

function entriesOf(folder: string): string[] {
  const names = listDirectory(folder);
  return typeof names === "string" ? [] : names;
}

function ownDirectory(): string[] {
  try {
    return [runtimeDirectory()];
  } catch (error) {
    // There are none: a user without HOME has no daemons by name.
    if (error instanceof ImpError) return [];
    throw error;
  }
}

/** Must neither block on a FIFO or a device of that name nor follow a link. */
function readOne(path: string, own: boolean, family: Family): Pidfile | undefined {
  const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return undefined;
  try {
    const status = statFd(fd);
    if (status.kind !== "file" || status.size > MOST_BYTES) return undefined;
    const bytes = readSome(fd);
    const pid = typeof bytes === "number" ? undefined : parsePid(new TextDecoder().decode(bytes));
    if (pid === undefined) return undefined;
    return { path, pid, own, modified: status.modified, process: processOf(pid, family) };
  } finally {
    closeFile(fd);
  }
}

function processOf(pid: number, family: Family): Pidfile["process"] {
  // It may have started since the others were read.
  const now = family.get(pid) ?? readStat(pid);
  if (!now) return maySignal(pid) ? undefined : "hidden";
  const startedAt = (bootTime() ?? 0) + now.startTicks * (1000 / ticksPerSecond());
  return { comm: now.comm, startedAt, zombie: isZombie(now) };
}

/** `unseen`: the process exists, but it is unknown which. */
export type PidfileVerdict = "running" | "stale" | "reused" | "unseen";

export function judgePidfile({ modified, process }: Pidfile): PidfileVerdict {
  if (process === "hidden") return "unseen";
  if (!process || process.zombie) return "stale";
  return process.startedAt > modified + SLACK_MS ? "reused" : "running";
}

export function judgePidfiles(files: readonly Pidfile[]): Finding {
  const judged = files.map((file) => ({ ...file, verdict: judgePidfile(file) }));
  const reused = judged.filter(({ verdict }) => verdict === "reused");
  const stale = judged.filter(({ verdict, own }) => verdict === "stale" && !own);
  const takenOver = judged.filter(({ verdict, own }) => verdict === "stale" && own).length;
  const data = { files: judged.map(({ path, pid, verdict }) => ({ path, pid, verdict })) };
  const base = { check: "pidfiles", data };
  if (reused.length > 0) {
    const list = reused.map(({ path, pid, process }) =>
      `${path} (${pid} is ${typeof process === "object" ? process.comm : "?"} now)`
    );
    return {
      ...base,
      grade: "problem",
      fact: `pidfiles whose PID belongs to another process: ${list.join(", ")}`,
      meaning: "a script that kills by such a file kills the wrong process",
      // No command to copy: anybody may choose names in directories like /run/lock.
      advice: "remove them",
    };
  }
  if (stale.length > 0) {
    return {
      ...base,
      grade: "warning",
      fact: `stale pidfiles: ${stale.map(({ path, pid }) => `${path} (${pid})`).join(", ")}`,
      meaning:
        "their daemons have ended without removing them; some programs refuse to start because of that",
      advice: "remove them",
    };
  }
  const unseen = judged.filter(({ verdict }) => verdict === "unseen").length;
  return {
    ...base,
    grade: "good",
    fact: files.length === 0 ? "no pidfiles below /run" : [
      `${files.length} pidfiles, none stale`,
      ...(takenOver > 0 ? [`but ${takenOver} of imp's own: the next start takes them over`] : []),
      ...(unseen > 0 ? [`the processes of ${unseen} are hidden from this user`] : []),
    ].join("; "),
    meaning: "no daemon is mistaken for a running one",
  };
}

import { parsePid } from "../daemon/pidfile_state.ts";
import { maySignal } from "../libc/signals.ts";
import { readStat } from "../procfs/stat.ts";
import { closeFile, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, readSome, tryOpen } from "../libc/files.ts";
import { listDirectory, statFd } from "../libc/stat.ts";
import { bootTime, ticksPerSecond } from "../procfs/boot.ts";
import type { Family } from "../family/family.ts";
import { isZombie } from "../inspect/kind.ts";
import type { Finding } from "./finding.ts";

/** A file that says which PID a daemon has. */
export interface Pidfile {
  readonly path: string;
  readonly pid: number;
  /** When it was written, milliseconds since 1970. */
  readonly modified: number;
  /** The process that has this PID now; `hidden`: there is one that /proc does not show to this user. */
  readonly process?: "hidden" | {
    readonly comm: string;
    readonly startedAt: number;
    readonly zombie: boolean;
  };
}

/** Where the file lies in time: start times count from the boot, which is known to the second only. */
const SLACK_MS = 2000;
const MOST_BYTES = 64;

/** Files `*.pid` in /run and the directories below it. */
export function readPidfiles(family: Family, folder = "/run"): Pidfile[] {
  const names = listDirectory(folder);
  if (typeof names === "string") return [];
  const paths = names.flatMap((name) => {
    const path = `${folder}/${name}`;
    if (name.endsWith(".pid")) return [path];
    const inner = listDirectory(path);
    return typeof inner === "string"
      ? []
      : inner.filter((one) => one.endsWith(".pid")).map((one) => `${path}/${one}`);
  });
  return paths.sort().flatMap((path) => readOne(path, family) ?? []);
}

/** A FIFO or a device of that name must not hang us, nor a link lead elsewhere. */
function readOne(path: string, family: Family): Pidfile | undefined {
  const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) return undefined;
  try {
    const status = statFd(fd);
    if (status.kind !== "file" || status.size > MOST_BYTES) return undefined;
    const bytes = readSome(fd);
    const pid = typeof bytes === "number" ? undefined : parsePid(new TextDecoder().decode(bytes));
    if (pid === undefined) return undefined;
    return { path, pid, modified: status.modified, process: processOf(pid, family) };
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

/** `unseen`: there is a process, but nobody tells which. */
export type PidfileVerdict = "running" | "stale" | "reused" | "unseen";

export function judgePidfile({ modified, process }: Pidfile): PidfileVerdict {
  if (process === "hidden") return "unseen";
  if (!process || process.zombie) return "stale";
  return process.startedAt > modified + SLACK_MS ? "reused" : "running";
}

export function judgePidfiles(files: readonly Pidfile[]): Finding {
  const judged = files.map((file) => ({ ...file, verdict: judgePidfile(file) }));
  const reused = judged.filter(({ verdict }) => verdict === "reused");
  const stale = judged.filter(({ verdict }) => verdict === "stale");
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
      advice: "remove them; imp's own are taken over by the next start",
    };
  }
  const unseen = judged.filter(({ verdict }) => verdict === "unseen").length;
  return {
    ...base,
    grade: "good",
    fact: files.length === 0
      ? "no pidfiles below /run"
      : `${files.length} pidfiles below /run, none stale${
        unseen > 0 ? `; the processes of ${unseen} are hidden from this user` : ""
      }`,
    meaning: "no daemon is taken for running that is not",
  };
}

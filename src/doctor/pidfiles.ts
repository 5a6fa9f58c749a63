import { parsePid } from "../daemon/pidfile_state.ts";
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
  /** The process that has this PID now. */
  readonly process?: {
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
    if (typeof status === "string" || status.kind !== "file" || status.size > MOST_BYTES) {
      return undefined;
    }
    const bytes = readSome(fd);
    const pid = typeof bytes === "number" ? undefined : parsePid(new TextDecoder().decode(bytes));
    if (pid === undefined) return undefined;
    const now = family.get(pid);
    const start = now && (bootTime() ?? 0) + now.startTicks * (1000 / ticksPerSecond());
    return {
      path,
      pid,
      modified: status.modified,
      ...(now ? { process: { comm: now.comm, startedAt: start ?? 0, zombie: isZombie(now) } } : {}),
    };
  } finally {
    closeFile(fd);
  }
}

export type PidfileVerdict = "running" | "stale" | "reused";

export function judgePidfile({ modified, process }: Pidfile): PidfileVerdict {
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
    const list = reused.map(({ path, pid, process }) => `${path} (${pid} is ${process?.comm} now)`);
    return {
      ...base,
      grade: "problem",
      fact: `pidfiles whose PID belongs to another process: ${list.join(", ")}`,
      meaning: "a script that kills by such a file kills the wrong process",
      advice: `remove them: rm ${reused.map(({ path }) => path).join(" ")}`,
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
  return {
    ...base,
    grade: "good",
    fact: files.length === 0
      ? "no pidfiles below /run"
      : `${files.length} pidfiles below /run, none stale`,
    meaning: "no daemon is taken for running that is not",
  };
}

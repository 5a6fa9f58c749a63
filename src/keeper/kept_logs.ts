import { statPath } from "../libc/descriptors/stat.ts";
import type { KeptFacts } from "./observe/kept_facts.ts";

/** A file that receives a daemon's output. */
export interface KeptLog {
  readonly path: string;
  /** What is written there. */
  readonly of: "stdout" | "stderr" | "both";
  /** Undefined if the file does not exist. */
  readonly bytes?: number;
  /** A FIFO; another process writes the log. */
  readonly piped: boolean;
  /** The program writes to a deleted file of that name. */
  readonly deleted: boolean;
}

/** Where a daemon's output goes according to its settings, and what is there now. */
export function keptLogs({ daemon: { settings }, deletedLogs }: KeptFacts): KeptLog[] {
  const { stdout, stderr = stdout } = settings?.log ?? {};
  const look = (path: string, of: KeptLog["of"]): KeptLog => {
    const status = statPath(path);
    const there = typeof status !== "string";
    return {
      path,
      of,
      ...(there ? { bytes: status.size } : {}),
      piped: there && status.kind === "fifo",
      deleted: deletedLogs.includes(path),
    };
  };
  if (stdout === undefined) return stderr === undefined ? [] : [look(stderr, "stderr")];
  if (stderr === stdout || stderr === undefined) return [look(stdout, "both")];
  return [look(stdout, "stdout"), look(stderr, "stderr")];
}

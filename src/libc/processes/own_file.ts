import { type FileStatus, statPath } from "../descriptors/stat.ts";
import { runtime } from "../../runtime/mod.ts";
import { ownPid } from "./process.ts";

let running: FileStatus | string | undefined;

/**
 * The file that a child executes to become imp again. If imp's path names another file by now, or none (after an
 * upgrade or a removal), it is a link of /proc to the running one, since another version may speak another protocol.
 * Not always, because ps(1) then shows the process as `exe`.
 * @param link which link to use: `self` works only in a child of this process
 */
export function ownFile(link: "self" | "by PID" = "self"): string {
  const [path] = runtime.selfCommand();
  if (!runtime.compiled || isRunning(path)) return path;
  return link === "self" ? SELF : `/proc/${ownPid()}/exe`;
}

/** The words that start imp from any process, valid while this process runs. */
export function ownWords(): string[] {
  const [, ...words] = runtime.selfCommand();
  return [ownFile("by PID"), ...words];
}

/** The file that has replaced the running one; undefined: none has, or it is unknown. */
export function successorOfOwnFile(): FileStatus | undefined {
  const [path] = runtime.selfCommand();
  if (!runtime.compiled || isRunning(path)) return undefined;
  const named = statPath(path);
  return typeof named === "string" ? undefined : named;
}

const SELF = "/proc/self/exe";

/** True also when it is unknown. */
function isRunning(path: string): boolean {
  running ??= statPath(SELF);
  if (typeof running === "string") return true;
  const named = statPath(path);
  return typeof named !== "string" && named.inode === running.inode &&
    named.device === running.device;
}

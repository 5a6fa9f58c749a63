import { type FileStatus, statPath } from "../descriptors/stat.ts";
import { runtime } from "../../runtime/mod.ts";
import { ownPid } from "./process.ts";

let running: FileStatus | string | undefined;

/**
 * The file that a child executes to become imp once more. Where imp's path names another file by now, or none (an upgrade, a
 * removal), that is a link of /proc to the one that runs: another version may speak otherwise. Not always, because the
 * process shows as `exe` then.
 * @param link of those to choose from: `self` works in a child of this process only
 */
export function ownFile(link: "self" | "by PID" = "self"): string {
  const [path] = runtime.selfCommand();
  if (!runtime.compiled || isRunning(path)) return path;
  return link === "self" ? SELF : `/proc/${ownPid()}/exe`;
}

/** The words that start imp from any process, for as long as this one lives. */
export function ownWords(): string[] {
  const [, ...words] = runtime.selfCommand();
  return [ownFile("by PID"), ...words];
}

/** What has taken the place of the file that runs; undefined: nothing has, or nobody can tell. */
export function successorOfOwnFile(): FileStatus | undefined {
  const [path] = runtime.selfCommand();
  if (!runtime.compiled || isRunning(path)) return undefined;
  const named = statPath(path);
  return typeof named === "string" ? undefined : named;
}

const SELF = "/proc/self/exe";

/** Also where nobody can tell. */
function isRunning(path: string): boolean {
  running ??= statPath(SELF);
  if (typeof running === "string") return true;
  const named = statPath(path);
  return typeof named !== "string" && named.inode === running.inode &&
    named.device === running.device;
}

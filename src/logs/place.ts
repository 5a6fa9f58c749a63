import type { Credentials } from "../libc/users/credentials.ts";
import type { LogSettings } from "./settings.ts";

/** A kept daemon, as far as its log needs to know it. */
export interface LogPlace {
  /** `web`, or `web@2`. */
  readonly name: string;
  /** That of the daemon, absolute, 0700: its FIFO and the books of its log lie there. */
  readonly directory: string;
  readonly log: LogSettings;
  /** As whom the program runs, when that is somebody else: what is made for it belongs to that user. */
  readonly user?: Credentials;
}

/** Which of a daemon's two outputs. One file for both is `stdout`. */
export type LogStream = "stdout" | "stderr";

/** A file with what goes into it. */
export interface LogFile {
  readonly stream: LogStream;
  /** Absolute. */
  readonly path: string;
  /** With whose rights root opens it, wherever others can steer the path; root's own when left out. */
  readonly user?: Credentials;
}

/** The files of a daemon's log: none, one for both outputs, or one for each. */
export function logFiles(
  { stdout, stderr = stdout }: LogSettings,
  user?: Credentials,
): LogFile[] {
  const files: LogFile[] = [];
  const as = user ? { user } : {};
  if (stdout !== undefined) files.push({ stream: "stdout", path: stdout, ...as });
  if (stderr !== undefined && stderr !== stdout) {
    files.push({ stream: "stderr", path: stderr, ...as });
  }
  return files;
}

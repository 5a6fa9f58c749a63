import type { Credentials } from "../libc/users/credentials.ts";
import type { LogSettings } from "./settings.ts";

/** A kept daemon, as far as its log is concerned. */
export interface LogPlace {
  /** `web`, or `web@2`. */
  readonly name: string;
  /** The daemon's, absolute, 0700: contains its FIFO and the books of its log. */
  readonly directory: string;
  readonly log: LogSettings;
  /** The program's user, if different: files made for it belong to that user. */
  readonly user?: Credentials;
}

/** One of a daemon's two outputs. A file for both is `stdout`. */
export type LogStream = "stdout" | "stderr";

/** A file and what goes into it. */
export interface LogFile {
  readonly stream: LogStream;
  /** Absolute. */
  readonly path: string;
  /** Whose rights root uses to open it if others can change the path; by default root's own. */
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

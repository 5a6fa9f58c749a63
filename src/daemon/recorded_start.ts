// The words of `imp daemon -n NAME`, kept beside its lock, so that `imp restart NAME` can repeat them.
import { splitPath } from "../base/split_path.ts";
import { S_IRWXG, S_IRWXO } from "../libc/abi_files.ts";
import { ENOENT, O_NOCTTY, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../libc/machine.ts";
import { debug } from "../base/diagnostics.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { systemError } from "../libc/calling/errno.ts";
import { libc } from "../libc/calling/load.ts";
import { closeFile, readToEnd, tryOpen } from "../libc/descriptors/files.ts";
import { statFd } from "../libc/descriptors/stat.ts";
import { writeWhole } from "../libc/descriptors/whole_file.ts";
import { notedProcess } from "./pidfile_daemon.ts";

/** How a daemon was started. Only what the words say about its environment is recorded. */
export interface RecordedStart {
  readonly schema: 1;
  /** After `imp daemon`. */
  readonly words: readonly string[];
  /** The working directory of the command. */
  readonly directory: string;
  /** The process in the lock at that time: it identifies the start. */
  readonly pid: number;
  readonly startTicks: number;
}

const MODE = 0o600, OTHERS = S_IRWXG | S_IRWXO;
const recordName = (name: string) => `.${name}.imp-start`;

/** Records how the running daemon of a pidfile was started. Without this record it only cannot be restarted. */
export function recordStart(path: string, words: readonly string[], directory: string): void {
  const [folder, name] = splitPath(path);
  const process = notedProcess(path);
  const at = process ? tryOpen(folder, O_RDONLY | O_DIRECTORY) : -1;
  if (!process || at < 0) return;
  const { pid, startTicks } = process;
  const record: RecordedStart = { schema: 1, words, directory, pid, startTicks };
  try {
    writeWhole(recordName(name), `${JSON.stringify(record)}\n`, { at, mode: MODE });
  } catch (error) {
    debug("daemon", "how it was started is not recorded", { error: String(error) });
  } finally {
    closeFile(at);
  }
}

/** @throws ImpError if there is no such record, or it must not be trusted */
export function readRecordedStart(path: string): RecordedStart {
  const [folder, name] = splitPath(path);
  const file = `${folder}/${recordName(name)}`;
  const fd = tryOpen(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (fd === -ENOENT) {
    throw unusable(path, "how it was started is not recorded", "start it with imp daemon -n again");
  }
  if (fd < 0) throw systemError(-fd, "read", file, { exit: EXIT.failed });
  try {
    const { kind, uid, mode } = statFd(fd);
    if (kind !== "file" || uid !== libc("geteuid").geteuid() || (mode & OTHERS) !== 0) {
      throw unusable(path, `${file} is not a file of this user alone`);
    }
    const record = parseRecordedStart(new TextDecoder().decode(readToEnd(fd, file)));
    if (!record) throw unusable(path, `${file} is damaged, or a newer imp's`);
    const noted = notedProcess(path);
    if (noted && (noted.pid !== record.pid || noted.startTicks !== record.startTicks)) {
      throw unusable(path, "what is recorded is an earlier start");
    }
    return record;
  } finally {
    closeFile(fd);
  }
}

/** Pure. @returns undefined if it is not one */
export function parseRecordedStart(text: string): RecordedStart | undefined {
  let value: Partial<RecordedStart> | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { schema, words, directory, pid, startTicks } = value ?? {};
  const isWords = Array.isArray(words) && words.every((word) => typeof word === "string");
  if (schema !== 1 || !isWords || typeof directory !== "string") return undefined;
  if (typeof pid !== "number" || typeof startTicks !== "number") return undefined;
  return { schema, words, directory, pid, startTicks };
}

function unusable(path: string, why: string, hint?: string): ImpError {
  return new ImpError({ action: "restart", object: `the daemon of ${path}`, why, hint });
}

import { textFromBytes } from "../../base/byte_text.ts";
import { O_RDONLY } from "../../libc/abi.ts";
import { O_DIRECTORY } from "../../libc/machine.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { listNames, statAt } from "../../libc/descriptors/stat.ts";
import { directoryOfLog, type LogToRead } from "./open_to_read.ts";
import type { LogFile } from "../place.ts";
import { cutName, partName, partsAmong } from "../rotate/parts.ts";

/** A regular file, not a link, that is part of a daemon's log. */
interface FileOfLog {
  readonly path: string;
  /** With the rights that opened the log. @returns whether this removed it */
  remove(): boolean;
}

/** The log's file, and the parts made by rotation. Its directory is looked up again for each removal. */
export function filesOfLog(log: LogFile): FileOfLog[] {
  const folder = log.path.slice(0, log.path.lastIndexOf("/") + 1);
  const names = within(log, ({ directory, name }) => {
    const all = [name, cutName(name), ...partsIn(directory, name)];
    return all.filter((one) => isPlain(directory, one));
  }) ?? [];
  return names.map((name) => ({
    path: folder + name,
    remove: () =>
      within(log, ({ directory }) => isPlain(directory, name) && removeIn(directory, name) === 0) ??
        false,
  }));
}

function within<T>(
  log: LogFile,
  work: (found: Pick<LogToRead, "directory" | "name">) => T,
): T | undefined {
  const found = directoryOfLog(log);
  if (found.directory < 0) return undefined;
  try {
    return found.act(() => work(found));
  } finally {
    closeFile(found.directory);
  }
}

function isPlain(directory: number, name: string): boolean {
  const status = statAt(directory, name);
  return typeof status !== "string" && status.kind === "file";
}

function partsIn(directory: number, name: string): string[] {
  const fd = tryOpen(".", O_RDONLY | O_DIRECTORY, 0, directory);
  if (fd < 0) return [];
  const names = listNames(fd);
  closeFile(fd);
  if (typeof names === "string") return [];
  return partsAmong(names.map(textFromBytes), name).map((number) => partName(name, number));
}

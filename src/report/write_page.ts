import { O_WRONLY } from "../libc/abi.ts";
import { EXIT } from "../base/exit_codes.ts";
import { systemError } from "../libc/calling/errno.ts";
import { closeFile, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { checkWritable, writeWhole } from "../libc/descriptors/whole_file.ts";

/**
 * Replaces a file by a text, completely or not at all. Anything but an ordinary file, such as a terminal or a pipe, is
 * written to.
 * @throws ImpError; then the old content is still there, and nothing is left beside it
 */
export function replaceFile(path: string, text: string): void {
  if (isReplaced(path)) writeWhole(path, text);
  else writeTo(path, text);
}

/** Whether {@link replaceFile} could write there now; nothing is changed. @throws ImpError if it could not */
export function checkReplaceable(path: string): void {
  if (isReplaced(path)) checkWritable(path);
  else writeTo(path, "");
}

function isReplaced(path: string): boolean {
  const there = statPath(path);
  return typeof there === "string" || there.kind === "file";
}

function writeTo(path: string, text: string): void {
  const fd = tryOpen(path, O_WRONLY);
  if (fd < 0) throw systemError(-fd, "open", path, { exit: EXIT.failed });
  try {
    writeAll(fd, text, path);
  } finally {
    closeFile(fd);
  }
}

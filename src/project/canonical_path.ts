import { splitPath } from "../base/split_path.ts";
import { O_PATH } from "../libc/abi.ts";
import { closeFile, readLink, tryOpen } from "../libc/descriptors/files.ts";

/**
 * A path without links, as records name a file. Of one that is gone, as much is resolved as is still there. @param path
 * absolute
 */
export function canonicalPath(path: string): string {
  const whole = resolved(path);
  if (whole !== undefined) return whole;
  const [above, name] = splitPath(path);
  const directory = canonicalPath(above);
  if (name === ".") return directory;
  if (name === "..") return splitPath(directory)[0];
  return `${directory === "/" ? "" : directory}/${name}`;
}

function resolved(path: string): string | undefined {
  const fd = tryOpen(path, O_PATH);
  if (fd < 0) return undefined;
  try {
    return readLink(`/proc/self/fd/${fd}`);
  } finally {
    closeFile(fd);
  }
}

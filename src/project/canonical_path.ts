import { O_PATH } from "../libc/abi.ts";
import { closeFile, readLink, tryOpen } from "../libc/descriptors/files.ts";

/** A path without links, as records name a file. Of what is gone, its directory is asked. @param path from the root on */
export function canonicalPath(path: string): string {
  const whole = resolved(path);
  if (whole !== undefined) return whole;
  const slash = path.lastIndexOf("/");
  const directory = resolved(path.slice(0, slash) || "/");
  return directory === undefined
    ? path
    : `${directory === "/" ? "" : directory}/${path.slice(slash + 1)}`;
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

import { O_CREAT, O_EXCL, O_RDWR } from "../../libc/abi.ts";
import { O_NOFOLLOW, O_TMPFILE } from "../../libc/machine.ts";
import { collapseHead, growTo } from "../../libc/descriptors/cut_file.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { ownPid } from "../../libc/processes/process.ts";

const SMALLEST = 4096;
/** File systems with larger clusters are rare, and a log would stay too long by as much. */
const LARGEST = 1 << 20;

/**
 * Whether blocks can be removed from files there, tested on a separate file. It is made of blocks that were never
 * written, so that nothing waits for the disk.
 * @param directory the log's, open
 * @returns the block size; 0 if not possible
 */
export function probeUnit(directory: number): number {
  const fd = openProbe(directory);
  if (fd < 0) return 0;
  try {
    for (let unit = SMALLEST; unit <= LARGEST; unit *= 4) {
      if (growTo(fd, 2 * unit) !== 0) return 0;
      const { size } = statFd(fd);
      if (collapseHead(fd, unit) === 0) return statFd(fd).size === size - unit ? unit : 0;
    }
    return 0;
  } finally {
    closeFile(fd);
  }
}

/** A file without a name, or that soon has none. @returns -errno on failure */
function openProbe(directory: number): number {
  const unnamed = tryOpen(".", O_TMPFILE | O_RDWR, 0o600, directory);
  if (unnamed >= 0) return unnamed;
  const name = `.imp-probe-${ownPid()}`;
  const fd = tryOpen(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, directory);
  if (fd >= 0) removeIn(directory, name);
  return fd;
}

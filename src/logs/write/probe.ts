import { O_CREAT, O_EXCL, O_RDWR } from "../../libc/abi.ts";
import { O_NOFOLLOW, O_TMPFILE } from "../../libc/machine.ts";
import { collapseHead, growTo } from "../../libc/descriptors/cut_file.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import { ownPid } from "../../libc/processes/process.ts";

const SMALLEST = 4096;
/** File systems with larger clusters are rare, and a log would stay that much too long. */
const LARGEST = 1 << 20;

/**
 * Whether blocks can be taken out of files there, tried on a file of its own. It is made of blocks that were never written, so
 * that nothing waits for the disk.
 * @param directory open, in which the log stands
 * @returns the size of the blocks; 0 when it cannot be done
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

/** A file that has no name, or soon none any more. @returns -errno when it fails */
function openProbe(directory: number): number {
  const unnamed = tryOpen(".", O_TMPFILE | O_RDWR, 0o600, directory);
  if (unnamed >= 0) return unnamed;
  const name = `.imp-probe-${ownPid()}`;
  const fd = tryOpen(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, directory);
  if (fd >= 0) removeIn(directory, name);
  return fd;
}

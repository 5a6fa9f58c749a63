import { PIDFD_GET_INFO, PIDFD_INFO_EXIT } from "../abi.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { type Ending, endingOf } from "./wait.ts";

/** _IOWR(0xFF, 11, struct pidfd_info of 64 bytes), linux/pidfd.h since Linux 6.13. */
const INFO_BYTES = 64, EXIT_CODE = 60;
/** Since Linux 6.15. */

/**
 * How a process ended that is not our child and that its parent has reaped already.
 * @param pidfd opened while it was there
 * @returns undefined when it has not been reaped yet, or the kernel does not keep that
 */
export function exitOf(pidfd: number): Ending | undefined {
  const c = libc("ioctl");
  return scratch(() => {
    const info = allocate(INFO_BYTES);
    info.view.setBigUint64(0, PIDFD_INFO_EXIT, true);
    if (c.ioctl(pidfd, PIDFD_GET_INFO, info.address) !== 0) return undefined;
    if ((info.view.getBigUint64(0, true) & PIDFD_INFO_EXIT) === 0n) return undefined;
    return endingOf(info.view.getInt32(EXIT_CODE, true));
  });
}

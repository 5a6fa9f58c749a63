import { PIDFD_INFO } from "../structs.ts";
import { PIDFD_GET_INFO, PIDFD_INFO_EXIT } from "../abi.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { type Ending, endingOf } from "./wait.ts";

/**
 * How a process ended that is not our child and that its parent has already reaped.
 * @param pidfd opened while it existed
 * @returns undefined if it has not been reaped yet, or the kernel does not keep that
 */
export function exitOf(pidfd: number): Ending | undefined {
  const c = libc("ioctl");
  return scratch(() => {
    const info = allocate(PIDFD_INFO.bytes);
    info.view.setBigUint64(PIDFD_INFO.mask, PIDFD_INFO_EXIT, true);
    if (c.ioctl(pidfd, PIDFD_GET_INFO, info.address) !== 0) return undefined;
    if ((info.view.getBigUint64(PIDFD_INFO.mask, true) & PIDFD_INFO_EXIT) === 0n) return undefined;
    return endingOf(info.view.getInt32(PIDFD_INFO.exit_code, true));
  });
}

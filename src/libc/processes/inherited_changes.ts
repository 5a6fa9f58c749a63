// What a process changes about itself for the programs it starts: it survives fork and exec.
import { IOPRIO_CLASS_SHIFT, IOPRIO_WHO_PROCESS, O_WRONLY, PR_SET_NO_NEW_PRIVS } from "../abi.ts";
import { errno, errnoNumber } from "../calling/errno.ts";
import { libc, syscall } from "../calling/load.ts";
import { ImpError } from "../../base/errors.ts";
import { closeFile, readTextOrNothing, tryOpen, writeAll } from "../descriptors/files.ts";

const OOM_FILE = "/proc/self/oom_score_adj";

/** ioprio_set(2). @param level 0 to 7, lower is served first @returns 0 or an errno */
export function setIoPriority(priorityClass: 1 | 2 | 3, level: number): number {
  const value = (priorityClass << IOPRIO_CLASS_SHIFT) | level;
  return syscall("ioprio_set", IOPRIO_WHO_PROCESS, 0, value) === 0 ? 0 : errno();
}

/** PR_SET_NO_NEW_PRIVS: from now on no exec grants privileges, prctl(2). @returns 0 or an errno */
export function renouncePrivileges(): number {
  return libc("prctl").prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === 0 ? 0 : errno();
}

/** Which process the kernel kills first when memory is short, -1000 to 1000; undefined without /proc. */
export function oomScoreAdjustment(): number | undefined {
  const text = readTextOrNothing(OOM_FILE);
  return text === undefined ? undefined : Number(text);
}

/** Without CAP_SYS_RESOURCE it cannot go below the initial value. @returns 0 or an errno */
export function setOomScoreAdjustment(value: number): number {
  const fd = tryOpen(OOM_FILE, O_WRONLY);
  if (fd < 0) return -fd;
  try {
    writeAll(fd, String(value), OOM_FILE);
    return 0;
  } catch (error) {
    if (error instanceof ImpError && error.errno) return errnoNumber(error.errno);
    throw error;
  } finally {
    closeFile(fd);
  }
}

import { PR_SET_CHILD_SUBREAPER, PR_SET_PDEATHSIG } from "../abi.ts";
import { errno } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";

const c = libc("prctl");

/** Makes this process the parent of every orphan among its descendants; kept over exec, not inherited. @returns 0 or an errno */
export function becomeSubreaper(): number {
  return c.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) === 0 ? 0 : errno();
}

/** Has the kernel send this process a signal when the thread that started it ends, prctl(2). @returns 0 or an errno */
export function setParentDeathSignal(number: number): number {
  return c.prctl(PR_SET_PDEATHSIG, number, 0, 0, 0) === 0 ? 0 : errno();
}

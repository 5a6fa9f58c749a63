import { AT_SECURE } from "../abi.ts";
import { libc } from "../calling/load.ts";

const c = libc("getauxval");

/**
 * Whether the kernel gave this process privileges that its caller lacks (set-user-ID, set-group-ID, file capabilities),
 * or a security module asks to treat it so; the environment must not be trusted then; getauxval(3).
 */
export function isSecureExecution(): boolean {
  return c.getauxval(AT_SECURE) !== 0;
}

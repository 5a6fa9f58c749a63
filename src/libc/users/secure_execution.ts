import { AT_SECURE } from "../abi.ts";
import { libc } from "../calling/load.ts";

const c = libc("getauxval");

/**
 * Whether the kernel has given this process more than its caller has, so that the caller's environment must not be trusted
 * (set-user-ID, set-group-ID, file capabilities), or a security module asks to treat it so; getauxval(3).
 */
export function isSecureExecution(): boolean {
  return c.getauxval(AT_SECURE) !== 0;
}

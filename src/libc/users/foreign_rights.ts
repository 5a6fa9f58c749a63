import { PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET } from "../abi.ts";
import { libc } from "../calling/load.ts";
import { ownCapabilities } from "./capabilities.ts";

/** How an executable file grants its rights, and how to remove them. */
export interface RightsOfFile {
  readonly installed: string;
  readonly cure: string;
}

/** What the executable of this process granted; undefined for nothing. */
export function rightsOfFile(): RightsOfFile | undefined {
  const c = libc("getuid", "geteuid", "getgid", "getegid");
  if (c.getuid() !== c.geteuid()) return { installed: "set-user-ID", cure: "chmod u-s" };
  if (c.getgid() !== c.getegid()) return { installed: "set-group-ID", cure: "chmod g-s" };
  if (c.getuid() === 0 || givenCapabilities() === 0n) return undefined;
  return { installed: "with file capabilities", cure: "setcap -r" };
}

/** Capabilities that are permitted but not inherited from the caller (ambient); capabilities(7). */
function givenCapabilities(): bigint {
  const permitted = ownCapabilities()?.permitted ?? 0n;
  const { prctl } = libc("prctl");
  let given = 0n;
  for (let capability = 0; capability < 64; capability++) {
    const bit = 1n << BigInt(capability);
    if (!(permitted & bit)) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) !== 1) given |= bit;
  }
  return given;
}

import { RLIMIT_NPROC } from "../../libc/abi.ts";
import { libc } from "../../libc/calling/load.ts";
import { getLimit } from "../../libc/users/limits.ts";

/** A higher limit usually leaves room. */
const LOW = 256;

/** Before anything is recorded. Root has no such limit. @throws ImpError */
export async function checkProcessRoom(): Promise<void> {
  if (libc("geteuid").geteuid() === 0) return;
  const { soft } = getLimit(RLIMIT_NPROC);
  if (soft <= LOW) (await import("./process_room.ts")).refuseWithoutRoom(soft);
}

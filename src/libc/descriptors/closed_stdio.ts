import { O_RDONLY, O_WRONLY } from "../abi.ts";
import { isStandIn } from "./descriptors.ts";
import { closeFile, openFile } from "./files.ts";
import { libc } from "../calling/load.ts";

/**
 * Makes those of the descriptors 0-2 that the caller had closed fail again as closed ones do (EBADF), while their places
 * stay taken. Bun opens /dev/null in both directions there: input would seem to be empty, and output would be lost without
 * a word. From source under Deno they cannot be told from the caller's own, and stay.
 */
export function keepClosedClosed(): void {
  for (const fd of [0, 1, 2] as const) {
    if (!isStandIn(fd)) continue;
    const useless = openFile("/dev/null", fd === 0 ? O_WRONLY : O_RDONLY);
    libc("dup2").dup2(useless, fd);
    closeFile(useless);
  }
}

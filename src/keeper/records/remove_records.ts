import { EXIT } from "../../base/exit_codes.ts";
import { AT_FDCWD } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { removeTree } from "../../libc/descriptors/directory.ts";
import { renameIn } from "../../libc/descriptors/file_names.ts";
import { listDirectory } from "../../libc/descriptors/stat.ts";
import { ownPid } from "../../libc/processes/process.ts";
import type { KeptPlace } from "../home.ts";

/** Directories about to be removed have such names, which no daemon can have. */
const REMOVED = ".removed-";

/**
 * Moves a daemon's directory away atomically, under the lock of its name: whoever creates it again finds nothing of it,
 * and whoever waits for its lock sees that it is gone. {@link sweepRemoved} follows.
 * @throws ImpError
 */
export function moveAway({ home, name, directory }: KeptPlace): void {
  const to = `${home}/daemons/${REMOVED}${name}-${ownPid()}`;
  const code = renameIn(AT_FDCWD, directory, to);
  if (code < 0) throw systemError(-code, "remove", directory, { exit: EXIT.failed });
}

/** Removes what was moved away, also by processes killed meanwhile. */
export function sweepRemoved({ home }: Pick<KeptPlace, "home">): void {
  const names = listDirectory(`${home}/daemons`);
  for (const name of typeof names === "string" ? [] : names) {
    if (name.startsWith(REMOVED)) removeTree(`${home}/daemons/${name}`);
  }
}

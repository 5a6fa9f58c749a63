import { type ErrorParts, ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { daemonEnvironment } from "../../daemon/environment.ts";
import { findOwner, type Owner } from "../../daemon/owner.ts";
import { errno, errnoName, systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { allocate, scratch } from "../../libc/calling/memory.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { changeDirectoryTo, execute } from "../../libc/processes/process.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { runtime } from "../../runtime/mod.ts";

/**
 * Continues as another user: becomes it for good, and executes imp once more, since a process must have been executed
 * as a user to access all of its /proc. Returns at once if it already is that user.
 * @param words of the new imp
 * @throws ImpError exit status 125
 */
export function goOnAs(user: string, words: readonly string[]): void {
  const owner = findOwner(user);
  const c = libc("geteuid", "getuid", "getgid");
  if (c.geteuid() === owner.uid && c.getuid() === owner.uid && c.getgid() === owner.gid) return;
  const [first, ...own] = runtime.selfCommand();
  const env = daemonEnvironment({
    ...{ inherited: rawEnvironment(), user: owner.entry ?? "unknown", given: [] },
  });
  // Resolved while its path can still be read.
  const path = runtime.compiled ? ownFile() : first;
  becomeForGood(owner);
  const argv = [first, ...own, ...words];
  let code = execute(path, argv, env);
  // Its directory may be inaccessible to the user, who can run it all the same.
  if (runtime.compiled && errnoName(code) === "EACCES") {
    code = execute("/proc/self/exe", argv, env);
  }
  throw systemError(code, "execute", path, { exit: EXIT.failed });
}

/** All threads, and the saved user too: there is no way back. */
function becomeForGood({ uid, gid, groups }: Owner): void {
  const c = libc("setgroups", "setgid", "setuid");
  scratch(() => {
    const list = allocate(4 * Math.max(1, groups.length));
    groups.forEach((group, i) => list.view.setUint32(4 * i, group, true));
    must(c.setgroups(groups.length, list.address));
    must(c.setgid(gid));
    must(c.setuid(uid));
  });
  if (uid === 0 || libc("setuid").setuid(0) !== 0) return;
  throw new ImpError({ ...BECOME, object: `user ${uid}`, why: "the way back to root stays open" });
}

/** As the current user. @throws ImpError exit status 125 */
export function enterDirectory(path: string): void {
  const code = changeDirectoryTo(path);
  if (code !== 0) throw systemError(code, "work in", path, { exit: EXIT.failed });
}

const BECOME: ErrorParts = { action: "become", exit: EXIT.failed };

function must(result: number): void {
  if (result !== 0) throw systemError(errno(), "become", "another user", { exit: EXIT.failed });
}

import { GROUP, PASSWD } from "../structs.ts";
import { ENOENT, ERANGE, ESRCH } from "../abi.ts";
import { ImpError } from "../../base/errors.ts";
import { systemError } from "../calling/errno.ts";
import { libc } from "../calling/load.ts";
import { allocate, cString, scratch, textAt } from "../calling/memory.ts";

/** An entry of the user database, through NSS like every other program. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** The user with this name; undefined when there is none. */
export function userByName(name: string): User | undefined {
  const c = libc("getpwnam_r");
  return lookUp(
    `user ${name}`,
    PASSWD.bytes,
    (...rest) => c.getpwnam_r(cString(name), ...rest),
    user,
  );
}

export function userById(uid: number): User | undefined {
  const c = libc("getpwuid_r");
  return lookUp(`user ${uid}`, PASSWD.bytes, (...rest) => c.getpwuid_r(uid, ...rest), user);
}

/** The number of the group with this name; undefined when there is none. */
export function groupByName(name: string): number | undefined {
  const c = libc("getgrnam_r");
  return lookUp(
    `group ${name}`,
    GROUP.bytes,
    (...rest) => c.getgrnam_r(cString(name), ...rest),
    (view) => view.getUint32(GROUP.gr_gid, true),
  );
}

/** Every group of a user, `gid` among them; getgrouplist(3). */
export function groupsOf(name: string, gid: number): number[] {
  const c = libc("getgrouplist");
  for (let room = 64;; room *= 4) {
    const groups = allocate(4 * room);
    const count = allocate(4);
    count.view.setInt32(0, room, true);
    if (c.getgrouplist(cString(name), gid, groups.address, count.address) < 0) continue;
    const found = count.view.getInt32(0, true);
    return Array.from({ length: found }, (_, i) => groups.view.getUint32(4 * i, true));
  }
}

type Lookup = (record: number, buffer: number, size: number, found: number) => number;

function lookUp<T>(
  what: string,
  bytes: number,
  call: Lookup,
  read: (view: DataView) => T,
): T | undefined {
  for (let size = 4096; size <= 1 << 22; size *= 8) {
    const outcome = scratch(() => {
      const record = allocate(bytes);
      const found = allocate(8);
      const code = call(record.address, allocate(size).address, size, found.address);
      if (code === ERANGE) return "small";
      // glibc says 0 and no record, musl and some NSS modules ENOENT, for "no such entry".
      if (code !== 0 && code !== ENOENT && code !== ESRCH) throw systemError(code, "look up", what);
      return found.view.getBigUint64(0, true) === 0n ? undefined : { value: read(record.view) };
    });
    if (outcome !== "small") return outcome?.value;
  }
  throw new ImpError({ action: "look up", object: what, why: "its entry is larger than 4 MiB" });
}

function user(view: DataView): User {
  const text = (offset: number) => textAt(Number(view.getBigUint64(offset, true)));
  return {
    name: text(0),
    uid: view.getUint32(PASSWD.pw_uid, true),
    gid: view.getUint32(PASSWD.pw_gid, true),
    home: text(PASSWD.pw_dir),
    shell: text(PASSWD.pw_shell),
  };
}

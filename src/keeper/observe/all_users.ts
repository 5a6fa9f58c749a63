// The kept daemons of all users, for root.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { libc } from "../../libc/calling/load.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { actAs } from "../../libc/users/credentials.ts";
import { userById } from "../../libc/users/users.ts";
import { snapshot } from "../../procfs/processes.ts";
import { orUndefined } from "../../procfs/read.ts";
import { readStatus } from "../../procfs/status.ts";
import { GUARD_COMM, KEEPER_COMM, waiterDirectoryOf } from "../tree/kept_marks.ts";
import { keeperHome, placeOfDirectory } from "../home.ts";

/** A user, and where kept daemons of that user may be. */
interface UsersHome {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
}

/**
 * Calls `look` for each user's place for kept daemons, with that user's rights: a user cannot lead root to anything
 * that the user could not read. It covers the homes in /etc/passwd, and those with running keepers.
 * @throws ImpError if imp is not root
 */
export function everyUsersHome<T>(
  look: (home: string, user: string) => readonly T[],
): T[] {
  if (libc("geteuid").geteuid() !== 0) {
    throw new ImpError({
      action: "list",
      object: "the daemons of all users",
      errno: "EPERM",
      hint: "run it as root: sudo imp list --all-users",
      exit: EXIT.failed,
    });
  }
  return [
    ...look(keeperHome(), "root"),
    ...usersHomes().flatMap(({ uid, gid, name, home }) =>
      actAs({ uid, gid, groups: [gid] }, () => isOwn(home, uid) ? look(home, name) : [])
    ),
  ];
}

/** Neither a link nor somebody else's. */
function isOwn(home: string, uid: number): boolean {
  return [home, `${home}/daemons`].every((path) => {
    const status = statPath(path, false);
    return typeof status !== "string" && status.kind === "directory" && status.uid === uid;
  });
}

function usersHomes(): UsersHome[] {
  const homes = new Map<string, UsersHome>();
  const add = (one: UsersHome) => {
    if (one.uid !== 0) homes.set(`${one.uid} ${one.home}`, one);
  };
  for (const user of parsePasswd(readTextOrNothing("/etc/passwd") ?? "")) {
    add({ ...user, home: `${user.home}/.local/state/imp` });
  }
  for (const { pid, comm } of snapshot().values()) {
    if (comm !== KEEPER_COMM && comm !== GUARD_COMM) continue;
    const owner = orUndefined(readStatus(pid));
    const directory = waiterDirectoryOf(pid);
    if (!owner || !directory?.startsWith("/")) continue;
    const uid = owner.uids.real, gid = owner.gids.real;
    const name = userById(uid)?.name ?? String(uid);
    add({ uid, gid, name, home: placeOfDirectory(directory).home });
  }
  return [...homes.values()].sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

/** Pure: passwd(5). */
function parsePasswd(text: string): UsersHome[] {
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid, , home] = line.split(":");
    if (!name || !/^\d+$/.test(uid ?? "") || !/^\d+$/.test(gid ?? "") || !home?.startsWith("/")) {
      return [];
    }
    return [{ name, uid: Number(uid), gid: Number(gid), home: home.replace(/\/+$/, "") }];
  });
}

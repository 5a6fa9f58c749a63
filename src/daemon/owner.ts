import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import type { Credentials } from "../libc/users/credentials.ts";
import { libc } from "../libc/calling/load.ts";
import { groupByName, groupsOf, type User, userById, userByName } from "../libc/users/users.ts";

/** The user and groups that a daemon runs as. */
export interface Owner extends Credentials {
  /** The entry in the user database; a numeric user may have none. */
  readonly entry?: User;
}

/**
 * Looks up `USER[:[GROUP]]`. Names come first, so that a user called `123` is found; a number needs no entry in the
 * database if a group is given too.
 * @throws ImpError exit 125: no such user or group, or imp may not become that user
 */
export function findOwner(text: string): Owner {
  const colon = text.indexOf(":");
  const userPart = colon < 0 ? text : text.slice(0, colon);
  // As in chown(1), `USER:` names the login group of USER.
  const groupPart = colon < 0 ? undefined : text.slice(colon + 1) || undefined;
  if (userPart === "") throw nobodyNamed(text);
  const user = userByName(userPart) ??
    (isNumber(userPart) ? userById(Number(userPart)) : undefined);
  const uid = user?.uid ?? (isNumber(userPart) ? Number(userPart) : undefined);
  if (uid === undefined) throw unknown("user", userPart);
  const gid = groupPart === undefined ? user?.gid : groupNumber(groupPart);
  if (gid === undefined) {
    throw unknown("user", userPart).with({ hint: `give a group too: -u ${userPart}:GROUP` });
  }
  const owner = { uid, gid, groups: user ? groups(user, gid) : [gid], entry: user };
  refuseIfForbidden(owner, text);
  return owner;
}

function groups(user: User, gid: number): number[] {
  const all = groupsOf(user.name, gid);
  return all.includes(gid) ? all : [gid, ...all];
}

function groupNumber(text: string): number {
  const gid = groupByName(text) ?? (isNumber(text) ? Number(text) : undefined);
  if (gid === undefined) throw unknown("group", text);
  return gid;
}

function refuseIfForbidden({ uid, gid }: Owner, text: string): void {
  const c = libc("geteuid", "getuid", "getgid");
  const own = c.geteuid();
  if (own === 0 || (own === uid && c.getgid() === gid)) return;
  throw new ImpError({
    action: "become user",
    object: text,
    errno: "EPERM",
    why: `imp runs as uid ${own}`,
    hint: "only root may become another user",
    exit: EXIT.failed,
  });
}

function nobodyNamed(text: string): ImpError {
  return new ImpError({
    action: "become user",
    object: `'${text}'`,
    why: "it names no user",
    hint: "write USER or USER:GROUP",
    exit: EXIT.failed,
  });
}

function unknown(kind: string, name: string): ImpError {
  return new ImpError({
    action: "find",
    object: `${kind} '${name}'`,
    why: `no such ${kind}`,
    exit: EXIT.failed,
  });
}

function isNumber(text: string): boolean {
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1;
}

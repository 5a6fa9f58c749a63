import { debug } from "../../base/diagnostics.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { moveUp } from "../../libc/descriptors/files.ts";
import {
  type Notification,
  notifySocketName,
  openNotifySocket,
  receiveNotification,
} from "../../libc/descriptors/notify_socket.ts";
import { libc } from "../../libc/calling/load.ts";
import { readVariable } from "../../procfs/cmdline.ts";
import { ancestors } from "../../procfs/processes.ts";
import { isZombie, readStat } from "../../procfs/stat.ts";
import { isOthersWaiter } from "../tree/kept_marks.ts";
import { mergeFacts, type NotifyFacts, notifyFacts, notifyVariables } from "./notifications.ts";

/** The index of the socket for sd_notify(3) among the waiters' watched descriptors, if there is one. */
export const NOTIFY_WATCHED = 0;

/** Everybody may write to the socket, as fast as it is read: the rest waits for the next look. */
const MOST_AT_ONCE = 1000;

/** Whose messages count. */
export interface NotifySenders {
  /** Processes above the tree: keeper and guard. */
  readonly roots: readonly number[];
  /** The program's user: trusted for a sender that has ended, whose place in the tree is unknown by then. */
  readonly uid: number;
}

/**
 * A socket for a daemon's waiters. Its name is abstract: reachable by every user and from a chroot, and gone with its
 * last descriptor. The name cannot be guessed, and the kernel's information about senders decides whose messages count.
 * @param adopted a running program that knows a name: it keeps that name
 * @throws ImpError
 */
export function openKeptNotify(adopted?: number): number {
  const known = adopted === undefined ? undefined : readVariable(adopted, "NOTIFY_SOCKET");
  const again = known?.startsWith("@imp/notify/") ? tryNamed(known.slice(1)) : undefined;
  return moveUp(again ?? openNotifySocket(`imp/notify/${crypto.randomUUID()}`), FLOOR.job);
}

/** Somebody may still have it: then the program can no longer be heard. */
function tryNamed(name: string): number | undefined {
  try {
    return openNotifySocket(name);
  } catch {
    return undefined;
  }
}

/** Words `K=V` for a program whose waiters inherited such a socket. */
export function keptNotifyVariables(fd: number, watchdogMs: number | undefined): string[] {
  const name = notifySocketName(fd);
  return name === undefined ? [] : notifyVariables(name, watchdogMs);
}

/**
 * Everything that the program reported since the last call, combined; undefined if no valid sender reported anything.
 */
export function takeNotifications(fd: number, senders: NotifySenders): NotifyFacts | undefined {
  let facts: NotifyFacts | undefined;
  for (let i = 0; i < MOST_AT_ONCE; i++) {
    const one = receiveNotification(fd);
    if (!one) break;
    if (!counts(one, senders)) {
      debug("keeper", "a notification by a stranger does not count", { pid: one.pid });
      continue;
    }
    const { mainPid, ...said } = notifyFacts(one.text);
    const believed = mainPid !== undefined && mayBeProgram(mainPid, senders.roots);
    facts = mergeFacts(facts ?? {}, believed ? { ...said, mainPid } : said);
  }
  return facts;
}

function counts({ pid, uid }: Notification, { roots, uid: own }: NotifySenders): boolean {
  if (pid > 0 && readStat(pid) !== undefined) return isInTree(pid, roots);
  return [0, own, libc("geteuid").geteuid()].includes(uid);
}

/** imp's own processes, in its waiters' sessions, are below them too, and so are those of daemons started from within. */
function mayBeProgram(pid: number, roots: readonly number[]): boolean {
  const stat = readStat(pid);
  if (!stat || isZombie(stat) || roots.includes(pid) || roots.includes(stat.sid)) return false;
  for (const one of [stat, ...ancestors(stat)]) {
    if (roots.includes(one.pid)) return true;
    if (isOthersWaiter(one)) return false;
  }
  return false;
}

function isInTree(pid: number, roots: readonly number[]): boolean {
  const stat = readStat(pid);
  if (!stat) return false;
  for (const { pid: above } of ancestors(stat)) if (roots.includes(above)) return true;
  return false;
}

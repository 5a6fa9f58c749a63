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
import { readStat } from "../../procfs/stat.ts";
import { mergeFacts, type NotifyFacts, notifyFacts, notifyVariables } from "./notifications.ts";

/** Among the descriptors that waiters watch, the place of the socket for sd_notify(3), where there is one. */
export const NOTIFY_WATCHED = 0;

/** Everybody may write to the socket, and as fast as it is read: the others wait for the next look. */
const MOST_AT_ONCE = 1000;

/** Whose messages count. */
export interface NotifySenders {
  /** Processes below which the tree is: keeper and guard. */
  readonly roots: readonly number[];
  /** As whom the program runs: believed of a sender that has ended, whose place in the tree nobody knows any more. */
  readonly uid: number;
}

/**
 * A socket for the waiters of a daemon. Its name is abstract: in reach of every user and from within a chroot, and gone with
 * its last descriptor. Nobody can guess it, and who may speak is decided by what the kernel says of senders.
 * @param adopted a program that runs already and knows a name: it gets that one again
 * @throws ImpError
 */
export function openKeptNotify(adopted?: number): number {
  const known = adopted === undefined ? undefined : readVariable(adopted, "NOTIFY_SOCKET");
  const again = known?.startsWith("@imp/notify/") ? tryNamed(known.slice(1)) : undefined;
  return moveUp(again ?? openNotifySocket(`imp/notify/${crypto.randomUUID()}`), FLOOR.job);
}

/** Somebody may still have it: then the program is not heard any more. */
function tryNamed(name: string): number | undefined {
  try {
    return openNotifySocket(name);
  } catch {
    return undefined;
  }
}

/** Words `K=V` for a program whose waiters have inherited such a socket. */
export function keptNotifyVariables(fd: number, watchdogMs: number | undefined): string[] {
  const name = notifySocketName(fd);
  return name === undefined ? [] : notifyVariables(name, watchdogMs);
}

/** Everything that the program has told since the last call, as one; undefined when nobody who counts has said anything. */
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
    const believed = mainPid !== undefined && isInTree(mainPid, senders.roots);
    facts = mergeFacts(facts ?? {}, believed ? { ...said, mainPid } : said);
  }
  return facts;
}

function counts({ pid, uid }: Notification, { roots, uid: own }: NotifySenders): boolean {
  if (pid > 0 && readStat(pid) !== undefined) return isInTree(pid, roots);
  return [0, own, libc("geteuid").geteuid()].includes(uid);
}

function isInTree(pid: number, roots: readonly number[]): boolean {
  const stat = readStat(pid);
  if (!stat) return false;
  for (const { pid: above } of ancestors(stat)) if (roots.includes(above)) return true;
  return false;
}

import { O_NONBLOCK, O_WRONLY, POLLERR } from "../libc/abi.ts";
import type { ParentFacts } from "../inspect/facts.ts";
import type { ProcessKind } from "../inspect/kind.ts";
import { isKernelThread } from "../inspect/role.ts";
import { unitOf } from "../inspect/logind.ts";
import { PollSet } from "../libc/descriptors/poll.ts";
import { closeFile, tryOpen } from "../libc/descriptors/files.ts";
import { scratch } from "../libc/calling/memory.ts";
import { ownPid } from "../libc/processes/process.ts";
import { startTime } from "../procfs/boot.ts";
import { readMainCgroup } from "../procfs/cgroup.ts";
import { readCmdline } from "../procfs/cmdline.ts";
import { orUndefined } from "../procfs/read.ts";
import { isZombie, type ProcStat } from "../procfs/stat.ts";
import { readStatus } from "../procfs/status.ts";
import { Family } from "./family.ts";
import { type Holdings, HoldingsReader } from "./holdings.ts";
import { Kinds, standardFiles } from "./kinds.ts";
import { readNumber } from "../procfs/machine.ts";
import { ignoresHangup } from "../procfs/status.ts";
import { type Standing, standingOf } from "./orphanhood.ts";

/** A process that has lost its parent or a leader, with all its descendants. */
export interface OrphanedTree {
  readonly root: ProcStat;
  readonly standing: Standing;
  /** Parents before children; the root first. */
  readonly members: readonly ProcStat[];
  /** Reads the details, which nobody needs for thousands. */
  describe(): OrphanDetails;
}

export interface OrphanDetails {
  readonly kind: ProcessKind;
  readonly command: readonly string[];
  readonly uid: number | null;
  readonly parent: ParentFacts | null;
  /** Milliseconds since 1970. The kernel does not record when it lost its parent: some time later. */
  readonly startedAt: number;
  readonly origin: Origin;
  readonly holdings: Holdings;
}

/** Where it comes from. */
export interface Origin {
  readonly sid: number;
  readonly sessionLeader: Leader | null;
  readonly pgid: number;
  readonly groupLeader: Leader | null;
  readonly tty: string | null;
  /** The systemd unit or login scope of its control group. */
  readonly unit: string | null;
  /** The login recorded by the audit system, audit_getloginuid(3); null if none. */
  readonly login: { readonly uid: number; readonly session: number } | null;
}

/** `hidden`: it runs, but /proc does not show it to this user. */
export type Leader = ProcStat | "hidden";

export interface OrphanReport {
  /** In order of PID. */
  readonly trees: readonly OrphanedTree[];
  /** How many trees are of standings not asked for. */
  readonly others: ReadonlyMap<Standing, number>;
}

/** @param wanted standings to describe; the others are only counted */
export function readOrphans(
  wanted: (standing: Standing, pid: number, leadsToImp: boolean) => boolean,
): OrphanReport {
  const family = Family.read();
  const kinds = new Kinds(family);
  const holdings = new HoldingsReader();
  const others = new Map<Standing, number>();
  const trees: OrphanedTree[] = [];
  const self = ownPid();
  const above = new Set(family.ancestors(self).map(({ pid }) => pid));
  for (const stat of family.all.values()) {
    if (isKernelThread(stat) || isZombie(stat) || stat.pid === 1 || stat.pid === self) continue;
    const standing = judge(stat, kinds);
    if (!standing) continue;
    if (!wanted(standing, stat.pid, above.has(stat.pid))) {
      others.set(standing, (others.get(standing) ?? 0) + 1);
      continue;
    }
    const members = [stat, ...family.descendants(stat.pid)].filter((one) => !isZombie(one));
    const pids = members.map(({ pid }) => pid);
    const describe = () => detailsOf(stat, standing, kinds, holdings.read(pids));
    trees.push({ root: stat, standing, members, describe });
  }
  return { trees, others };
}

function judge(stat: ProcStat, kinds: Kinds): Standing | undefined {
  const { family } = kinds;
  const parent = kinds.parentOf(stat);
  const led = (leader: ProcStat | undefined, id: number) =>
    leader !== undefined || id === 0 || family.isHidden(id);
  const sessionLed = led(family.sessionLeader(stat.sid), stat.sid);
  const groupLed = led(family.groupLeader(stat.pgid), stat.pgid);
  // A hidden init may have started it or adopted it, like a visible one.
  const parentHidden = stat.ppid > 1 && family.isHidden(stat.ppid);
  const adopter = parent === null
    ? !parentHidden
    : parent.role === "init" || parent.role === "subreaper";
  // Nearly everybody on a healthy machine; their kind does not matter.
  if (!adopter && sessionLed && groupLed) return undefined;
  const parentStat = family.get(stat.ppid);
  const { kind, title } = kinds.nameOf(stat);
  return standingOf({
    kind,
    ppid: stat.ppid,
    parent,
    parentHidden,
    sessionLeader: stat.sid === stat.pid,
    sessionLed,
    groupLed,
    sharesGroupWithParent: parentStat?.sid === stat.sid && parentStat.pgid === stat.pgid,
    terminal: stat.ttyNumber !== 0,
    ignoresHangup: adopter && kind !== "daemon" && ignoresHangup(stat.pid),
    attached: kind === "daemon" && tiesOf(stat.pid).length > 0,
    severed: adopter && stat.sid === stat.pid && severedOf(stat.pid).length > 0,
    service: /^(stopped )?(daemon: service|daemon kept by imp)/.test(title),
  });
}

/** The kind as inspect reports it; but what looks like a daemon and has not cut its ties is not called one. */
function kindOf(stat: ProcStat, standing: Standing, kinds: Kinds): ProcessKind {
  const kind = kinds.of(stat);
  if (kind.kind !== "daemon" && standing === "left-on-purpose") {
    return { ...kind, evidence: [...kind.evidence, "it ignores SIGHUP: nohup, or its own choice"] };
  }
  if (standing === "orphan" && stat.sid === stat.pid) {
    return {
      kind: "own-session",
      title: "left over from a connection or a pipeline that has ended",
      evidence: [...kind.evidence, severedText(severedOf(stat.pid))],
    };
  }
  if (kind.kind !== "daemon" || standing === "daemon") return kind;
  return {
    kind: stat.sid === stat.pid ? "own-session" : "orphan",
    title: stat.sid === stat.pid
      ? "process in a session of its own, as setsid makes it"
      : "left over from a session that has ended",
    evidence: [
      ...kind.evidence.map((sentence) => sentence.replace(", as after a second fork", "")),
      `of descriptors 0-2, ${
        tiesOf(stat.pid).join(" and ")
      } on a pipe or a terminal: daemons cut these ties`,
    ],
  };
}

/** Which of 0-2 refer to a terminal or a pipe. */
function tiesOf(pid: number): number[] {
  return standardFiles(pid).filter(({ kind }) => kind === "pipe" || kind === "terminal")
    .map(({ fd }) => fd);
}

/** Which of stdout and stderr go to a pipe without a reader. */
function severedOf(pid: number): number[] {
  return standardFiles(pid).filter(({ fd, kind }) => fd > 0 && kind === "pipe").map(({ fd }) => fd)
    .filter((fd) => {
      // Reopening the pipe allows asking it; nothing is written.
      const own = tryOpen(`/proc/${pid}/fd/${fd}`, O_WRONLY | O_NONBLOCK);
      if (own < 0) return false;
      try {
        return scratch(() => {
          const poll = new PollSet(1);
          poll.watch(0, own, 0);
          poll.wait(0);
          return (poll.ready(0) & POLLERR) !== 0;
        });
      } finally {
        closeFile(own);
      }
    });
}

function severedText(fds: readonly number[]): string {
  const names = fds.map((fd) => ["stdin", "stdout", "stderr"][fd]).join(" and ");
  return `${names} ${fds.length === 1 ? "leads" : "lead"} to a pipe that nobody reads any more`;
}

function detailsOf(
  root: ProcStat,
  standing: Standing,
  kinds: Kinds,
  holdings: Holdings,
): OrphanDetails {
  return {
    kind: kindOf(root, standing, kinds),
    command: orUndefined(readCmdline(root.pid)) ?? [],
    uid: orUndefined(readStatus(root.pid))?.uids.real ?? null,
    parent: kinds.parentOf(root),
    startedAt: startTime(root),
    origin: originOf(root, kinds),
    holdings,
  };
}

function originOf(root: ProcStat, kinds: Kinds): Origin {
  const { sid, pgid, pid } = root;
  const { family } = kinds;
  const orHidden = (leader: ProcStat | undefined, id: number) =>
    leader ?? (family.isHidden(id) ? "hidden" : null);
  return {
    sid,
    sessionLeader: orHidden(family.sessionLeader(sid), sid),
    pgid,
    groupLeader: orHidden(family.groupLeader(pgid), pgid),
    tty: kinds.terminalOf(root),
    unit: unitOf(readMainCgroup(pid) ?? null)?.name ?? null,
    login: loginOf(pid),
  };
}

function loginOf(pid: number): Origin["login"] {
  const UNSET = 2 ** 32 - 1;
  const uid = readNumber(`/proc/${pid}/loginuid`) ?? UNSET;
  const session = readNumber(`/proc/${pid}/sessionid`) ?? UNSET;
  return uid === UNSET || session === UNSET ? null : { uid, session };
}

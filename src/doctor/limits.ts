import { orUndefined } from "../procfs/read.ts";
import type { Limit } from "../libc/users/limits.ts";
import { type LimitName, readLimits } from "../procfs/limits.ts";
import { ownPid, parentPid } from "../libc/processes/process.ts";
import { runtime } from "../runtime/mod.ts";
import type { Finding } from "./finding.ts";

const FEW_FILES = 1024;

/** The limits that daemons started from here inherit: imp's own, or the caller's where the runtime has raised them. */
export function limitFindings(userProcesses: number, isRoot: boolean): Finding[] {
  const limits = orUndefined(readLimits(runtime.raisesOpenFiles ? parentPid() : ownPid())) ??
    new Map<LimitName, Limit>();
  return [
    judgeFiles(limits.get("nofile")),
    judgeProcesses(limits.get("nproc"), userProcesses, isRoot),
    judgeCores(limits.get("core")),
  ];
}

export function judgeFiles(limit: Limit | undefined): Finding {
  if (!limit) return unread("open-files");
  const few = limit.soft < FEW_FILES;
  return {
    check: "open-files",
    grade: few ? "warning" : "good",
    fact: `open files: ${text(limit)}`,
    meaning: few
      ? "a server runs out of descriptors soon (EMFILE)"
      : "each daemon may have that many files and connections open",
    ...(few ? { advice: "ulimit -n, or imp daemon --limit nofile=4096" } : {}),
    data: data(limit),
  };
}

/** @param used processes and threads of this user */
export function judgeProcesses(limit: Limit | undefined, used: number, isRoot: boolean): Finding {
  if (!limit) return unread("user-processes");
  const tight = !isRoot && used >= limit.soft * 0.9;
  return {
    check: "user-processes",
    grade: tight ? "problem" : "good",
    fact: `processes of this user: ${used} of ${text(limit)}`,
    meaning: isRoot
      ? "root is not bound by it; daemons of other users are"
      : tight
      ? "hardly anything more can be started: fork fails with EAGAIN"
      : "there is room for more daemons",
    data: { used, ...data(limit) },
  };
}

export function judgeCores(limit: Limit | undefined): Finding {
  if (!limit) return unread("core-size");
  const none = limit.soft === 0;
  return {
    check: "core-size",
    grade: "note",
    fact: `core files: ${text(limit)}`,
    meaning: none
      ? "a daemon that crashes leaves no core file (a program in kernel.core_pattern gets one all the same)"
      : "a daemon that crashes leaves a core file where kernel.core_pattern says",
    ...(none ? { advice: "ulimit -c unlimited, or imp daemon --limit core=unlimited" } : {}),
    data: data(limit),
  };
}

function unread(check: string): Finding {
  const meaning = "imp does not know what daemons inherit";
  return {
    check,
    grade: "unknown",
    fact: "the limits of this process cannot be read",
    meaning,
  };
}

function text({ soft, hard }: Limit): string {
  const word = (n: number) => n === Infinity ? "unlimited" : String(n);
  return soft === hard ? word(soft) : `${word(soft)} (may be raised to ${word(hard)})`;
}

/** JSON has no Infinity. */
function data({ soft, hard }: Limit): Record<string, number | null> {
  const number = (n: number) => n === Infinity ? null : n;
  return { soft: number(soft), hard: number(hard) };
}

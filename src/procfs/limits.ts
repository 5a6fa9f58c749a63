import type { Limit } from "../libc/users/limits.ts";
import { readProcText, Unreadable } from "./read.ts";

export type LimitName = (typeof NAMES)[keyof typeof NAMES];

/** The kernel's wording in /proc/PID/limits, and the lower-case names of setrlimit(2). */
const NAMES = {
  "Max cpu time": "cpu",
  "Max file size": "fsize",
  "Max data size": "data",
  "Max stack size": "stack",
  "Max core file size": "core",
  "Max resident set": "rss",
  "Max processes": "nproc",
  "Max open files": "nofile",
  "Max locked memory": "memlock",
  "Max address space": "as",
  "Max file locks": "locks",
  "Max pending signals": "sigpending",
  "Max msgqueue size": "msgqueue",
  "Max nice priority": "nice",
  "Max realtime priority": "rtprio",
  "Max realtime timeout": "rttime",
} as const;

/** Limits by name; lines not understood are skipped. */
export function parseLimits(text: string): Map<LimitName, Limit> {
  const limits = new Map<LimitName, Limit>();
  for (const line of text.split("\n")) {
    const match = /^(Max [a-z ]+?) +(\d+|unlimited) +(\d+|unlimited)( |$)/.exec(line);
    const name = match && NAMES[match[1] as keyof typeof NAMES];
    if (name) limits.set(name, { soft: amount(match[2]), hard: amount(match[3]) });
  }
  return limits;
}

export function readLimits(pid: number): Map<LimitName, Limit> | Unreadable {
  const text = readProcText(`/proc/${pid}/limits`);
  return text instanceof Unreadable ? text : parseLimits(text);
}

function amount(text: string): number {
  return text === "unlimited" ? Infinity : Number(text);
}

import { readProcRecord, Unreadable } from "./read.ts";

/** Fields of /proc/PID/status that imp uses; proc_pid_status(5). */
export interface ProcStatus {
  /** The process; it differs from `pid` when the file was that of a thread. */
  readonly tgid: number;
  readonly pid: number;
  /** The process that traces this one, 0 without one. */
  readonly tracer: number;
  readonly uids: Ids;
  readonly gids: Ids;
  /** Supplementary groups. */
  readonly groups: readonly number[];
  /** Undefined for what has no files any more: zombies. */
  readonly umask?: number;
  readonly threads: number;
  /** Its PID in each PID namespace, from ours inwards; one number when it is in ours. */
  readonly namespacePids: readonly number[];
  readonly signals: SignalMasks;
  /** Effective capabilities, one bit each. */
  readonly capabilities: bigint;
  readonly noNewPrivs: boolean;
  readonly seccomp: Seccomp;
}

export interface Ids {
  readonly real: number;
  readonly effective: number;
  readonly saved: number;
  readonly fileSystem: number;
}

/** Signal numbers in ascending order. */
export interface SignalMasks {
  readonly pending: readonly number[];
  readonly blocked: readonly number[];
  readonly ignored: readonly number[];
  readonly caught: readonly number[];
}

export type Seccomp = "off" | "strict" | "filter";

const SECCOMP: Record<string, Seccomp> = { "1": "strict", "2": "filter" };

/** @returns undefined for text that is no /proc/PID/status, or only its beginning */
export function parseStatus(text: string): ProcStatus | undefined {
  const fields = fieldsOf(text);
  const uids = ids(fields.get("Uid"));
  const gids = ids(fields.get("Gid"));
  const pid = Number(fields.get("Pid"));
  // The masks come last of what is needed: without them the text is not whole.
  if (!uids || !gids || !pid || !fields.has("SigCgt")) return undefined;
  const umask = fields.get("Umask");
  return {
    tgid: Number(fields.get("Tgid") ?? pid),
    pid,
    tracer: Number(fields.get("TracerPid") ?? 0),
    uids,
    gids,
    groups: numbers(fields.get("Groups")),
    ...(umask === undefined ? {} : { umask: parseInt(umask, 8) }),
    threads: Number(fields.get("Threads") ?? 1),
    namespacePids: numbers(fields.get("NSpid") ?? String(pid)),
    signals: {
      // Signals wait for one thread or for the process as a whole.
      pending: union(mask(fields.get("SigPnd")), mask(fields.get("ShdPnd"))),
      blocked: mask(fields.get("SigBlk")),
      ignored: mask(fields.get("SigIgn")),
      caught: mask(fields.get("SigCgt")),
    },
    capabilities: hex(fields.get("CapEff")),
    noNewPrivs: fields.get("NoNewPrivs") === "1",
    seccomp: SECCOMP[fields.get("Seccomp") ?? ""] ?? "off",
  };
}

export function readStatus(pid: number): ProcStatus | Unreadable {
  const text = readProcRecord(`/proc/${pid}/status`);
  if (text instanceof Unreadable) return text;
  return parseStatus(text) ?? new Unreadable("ESRCH");
}

/** The numbers of the signals in a mask such as `0000000000010002`: bit 0 is signal 1. */
export function signalsInMask(mask: bigint): number[] {
  const found: number[] = [];
  for (let number = 1; mask > 0n; number++, mask >>= 1n) {
    if (mask & 1n) found.push(number);
  }
  return found;
}

/**
 * Lines `Key:\tvalue`; the first of a key counts. The kernel escapes a newline in Name as `\n`, so a name cannot make
 * up lines of its own.
 */
function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const key = line.slice(0, colon);
    if (!fields.has(key)) fields.set(key, line.slice(colon + 1).trim());
  }
  return fields;
}

function ids(text: string | undefined): Ids | undefined {
  const [real, effective, saved, fileSystem] = numbers(text);
  return fileSystem === undefined ? undefined : { real, effective, saved, fileSystem };
}

function numbers(text = ""): number[] {
  return text.split(/\s+/).filter((word) => /^\d+$/.test(word)).map(Number);
}

function hex(text = ""): bigint {
  return /^[0-9a-f]+$/i.test(text) ? BigInt(`0x${text}`) : 0n;
}

function mask(text: string | undefined): number[] {
  return signalsInMask(hex(text));
}

function union(a: readonly number[], b: readonly number[]): number[] {
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}

import { orUndefined, readProcText, Unreadable } from "./read.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";

/** One line of /proc/PID/cgroup; cgroups(7). */
export interface CgroupEntry {
  /** 0 is the unified hierarchy, cgroup v2. */
  readonly hierarchy: number;
  /** Controllers of a version 1 hierarchy, or `name=systemd`; none in version 2. */
  readonly controllers: readonly string[];
  readonly path: string;
}

/** Parses lines `hierarchy:controllers:path`; the path may contain colons. */
export function parseCgroup(text: string): CgroupEntry[] {
  const entries: CgroupEntry[] = [];
  for (const line of text.split("\n")) {
    const match = /^(\d+):([^:]*):(\/.*)$/s.exec(line);
    if (!match) continue;
    const [, hierarchy, controllers, path] = match;
    entries.push({
      hierarchy: Number(hierarchy),
      controllers: controllers === "" ? [] : controllers.split(","),
      path,
    });
  }
  return entries;
}

/**
 * The one path that says where a process belongs: that of version 2, unless only systemd's named version 1 hierarchy or
 * some controller has more than `/`.
 */
export function mainCgroup(entries: readonly CgroupEntry[]): string | undefined {
  const unified = entries.find((entry) => entry.hierarchy === 0);
  if (unified && unified.path !== "/") return unified.path;
  const named = entries.find((entry) => entry.controllers.includes("name=systemd"));
  const deeper = [named, ...entries].find((entry) => entry && entry.path !== "/");
  return deeper?.path ?? unified?.path ?? entries[0]?.path;
}

/**
 * Where the version 2 group `path` is in the file system; undefined if no mount shows it. A container's mount may show
 * only a part of the hierarchy.
 */
export function unifiedDirectory(mounts: readonly Mount[], path: string): string | undefined {
  for (const { type, root, point } of mounts) {
    if (type !== "cgroup2") continue;
    const base = root === "/" ? "" : root;
    if (path !== base && !path.startsWith(`${base}/`)) continue;
    return `${point}${path.slice(base.length)}`.replace(/\/+$/, "");
  }
  return undefined;
}

/** The directory of imp's own control group of version 2. */
export function ownCgroupDirectory(mounts = readMounts()): string | undefined {
  const path = unifiedCgroup("self");
  return path === undefined ? undefined : unifiedDirectory(mounts, path);
}

/** The path of a process in the hierarchy of version 2. */
export function unifiedCgroup(pid: number | "self"): string | undefined {
  const entries = orUndefined(readCgroup(pid)) ?? [];
  return entries.find(({ hierarchy }) => hierarchy === 0)?.path;
}

export function readCgroup(pid: number | "self"): CgroupEntry[] | Unreadable {
  const text = readProcText(`/proc/${pid}/cgroup`);
  return text instanceof Unreadable ? text : parseCgroup(text);
}

/** The {@link mainCgroup} of a process. */
export function readMainCgroup(pid: number | "self"): string | undefined {
  return mainCgroup(orUndefined(readCgroup(pid)) ?? []);
}

/** One line of /proc/PID/mountinfo; proc_pid_mountinfo(5). */
export interface Mount {
  /** `major:minor`, as stat(2) tells it of the files in it. */
  readonly device: string;
  /** What of the file system is mounted. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
}

/** The mounts that imp sees; none if they cannot be read. */
export function readMounts(): Mount[] {
  return parseMounts(readTextOrNothing("/proc/self/mountinfo") ?? "");
}

/** Parses mountinfo. Fields are separated by spaces; a lone `-` ends the optional ones. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const fields = line.split(" ");
    const dash = fields.indexOf("-", 6);
    if (dash < 0 || dash + 1 >= fields.length) continue;
    mounts.push({
      device: fields[2],
      root: plain(fields[3]),
      point: plain(fields[4]),
      type: fields[dash + 1],
    });
  }
  return mounts;
}

/** Decodes `\040` and the like: space, tab, newline and backslash. */
function plain(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}

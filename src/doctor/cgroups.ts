import { AT_FDCWD, W_OK } from "../libc/abi.ts";
import { libc } from "../libc/calling/load.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { cString, scratch } from "../libc/calling/memory.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { type Mount, ownCgroupDirectory, readMainCgroup, readMounts } from "../procfs/cgroup.ts";
import type { Finding } from "./finding.ts";

export interface CgroupFacts {
  /** Undefined: none is mounted. */
  readonly version?: "v1" | "v2" | "both";
  /** Of imp's own version 2 group; undefined if no mount shows it. */
  readonly directory?: string;
  /** imp's own. */
  readonly path?: string;
  /** What we may write in our own version 2 directory. */
  readonly writable: readonly string[];
  readonly controllers: readonly string[];
}

const FILES = ["", "cgroup.procs", "cgroup.kill", "cgroup.subtree_control"];

export function readCgroupFacts(): CgroupFacts {
  const mounts = readMounts();
  const version = versionOf(mounts);
  const path = readMainCgroup("self");
  const directory = ownCgroupDirectory(mounts);
  if (directory === undefined) return { version, path, writable: [], controllers: [] };
  return {
    version,
    directory,
    path,
    writable: FILES.filter((name) => mayWrite(name === "" ? directory : `${directory}/${name}`))
      .map((name) => name === "" ? "directory" : name),
    controllers: (readTextOrNothing(`${directory}/cgroup.controllers`) ?? "").trim().split(" ")
      .filter((name) => name !== ""),
  };
}

export function versionOf(mounts: readonly Mount[]): CgroupFacts["version"] {
  const has = (wanted: string) => mounts.some(({ type }) => type === wanted);
  if (has("cgroup2")) return has("cgroup") ? "both" : "v2";
  return has("cgroup") ? "v1" : undefined;
}

export function judgeCgroups(facts: CgroupFacts): Finding {
  const { version, path, writable, controllers } = facts;
  const base = { check: "cgroup", data: { ...facts } };
  if (version === undefined) {
    const meaning = "a process that leaves its session and group can only be found by its descent";
    return { ...base, grade: "note", fact: "no control groups are mounted", meaning };
  }
  const kill = writable.includes("directory") && writable.includes("cgroup.procs");
  const word = version === "both" ? "v1 and v2 (hybrid)" : version;
  const own = path === undefined ? "" : `, own group ${path}`;
  const more = controllers.length > 0 ? `, controllers ${controllers.join(" ")}` : "";
  return {
    ...base,
    grade: kill ? "good" : "note",
    fact: `control groups ${word}${own}${more}; writable here: ${writable.join(", ") || "nothing"}`,
    meaning: kill
      ? "groups can be made, so that nothing of a daemon escapes when it is ended (cgroup.kill)"
      : "no groups can be made here: a daemon's tree is ended by descent, groups and sessions, without cgroup.kill",
  };
}

function mayWrite(path: string): boolean {
  if (typeof statPath(path) === "string") return false;
  return scratch(() => libc("faccessat").faccessat(AT_FDCWD, cString(path), W_OK, 0) === 0);
}

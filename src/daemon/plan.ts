// Pure: turns settings that were checked against the machine into the steps of a daemon.
import { RLIMIT_NOFILE } from "../libc/abi.ts";
import type { ChildStep } from "../libc/processes/child_program.ts";
import type { Limit } from "../libc/users/limits.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { Owner } from "./owner.ts";
import type { OpenFor } from "./redirect.ts";
import type { DaemonSettings, Route } from "./settings.ts";

/** Settings with everything looked up and opened. */
export interface Prepared {
  readonly settings: DaemonSettings;
  /** Files to execute; only a program inside a chroot has more than one candidate. */
  readonly files: readonly string[];
  readonly argv: readonly Bytes[];
  readonly env: readonly Bytes[];
  /** The opened root directory of `--chroot`. */
  readonly root?: number;
  /** The opened working directory; undefined inside a chroot, where the path is used. */
  readonly directory?: number;
  /** The daemon's descriptors as [from, to], including the pidfile's lock. */
  readonly descriptors: readonly (readonly [from: number, to: number])[];
  /** How the daemon writes its pidfile. */
  readonly record?: readonly ChildStep[];
  /** Descriptors of output files to be emptied when only exec can still fail. */
  readonly emptied: readonly number[];
  /** What exec needs besides the file: interpreters, the loader. Looked up only if something is emptied. */
  readonly interpreters: readonly string[];
  readonly owner?: Owner;
  readonly openFor?: OpenFor;
  readonly limits: readonly { readonly resource: number; readonly limit: Limit }[];
  /** The child's further steps, if it is confined. */
  readonly confinement?: Confinement;
  /** The caller's soft limit on open files, if the runtime raised it. */
  readonly openFiles?: Limit;
}

/** Steps between fork and exec. */
export interface Confinement {
  /** First, with imp's rights: entering a control group. */
  readonly entering: readonly ChildStep[];
  /** Entering its own namespaces; the working directory is entered afterwards. */
  readonly sandbox: readonly ChildStep[];
}

/**
 * The route for these settings. The fast one changes imp itself before it starts the daemon, so it cannot be used for
 * anything that would keep imp from finishing: another user could not remove a pidfile when exec fails, another root
 * would hide /proc, and limits (processes, address space, file size) would hit imp first. Nor for what the daemon does
 * itself, right before exec: writing its PID, emptying its logs.
 */
export function chooseRoute(settings: DaemonSettings): Route {
  if (settings.route !== "auto") return settings.route;
  return needsFork(settings).length > 0 ? "fork" : "spawn";
}

/** Options that only the fork route can serve, by name. */
export function needsFork(settings: DaemonSettings): string[] {
  const { user, chroot, limits, noChildren, pidfile, ownPidDirectory, truncate, terminal } =
    settings;
  return [
    ...pidfile === undefined ? [] : [ownPidDirectory ? "--name" : "--pidfile"],
    ...truncate ? ["--truncate"] : [],
    ...user === undefined ? [] : ["--user"],
    ...chroot === undefined ? [] : ["--chroot"],
    ...limits.length === 0 ? [] : ["--limit"],
    ...noChildren ? ["--no-children"] : [],
    ...settings.pidVariable === undefined ? [] : ["--socket"],
    ...terminal ? ["--tty"] : [],
  ];
}

/** The steps of the fork route, in textbook order. */
export function daemonSteps(prepared: Prepared): ChildStep[] {
  const { settings, root, directory, descriptors, owner, limits, openFiles } = prepared;
  const steps: ChildStep[] = [{ do: "setsid" }];
  if (settings.secondFork) steps.push({ do: "fork" });
  steps.push(...prepared.confinement?.entering ?? []);
  // First: it needs imp's rights and its /proc, and no signal can interrupt yet.
  steps.push(...prepared.record ?? []);
  steps.push({ do: "umask", mask: settings.umask });
  const sandbox = prepared.confinement?.sandbox ?? [];
  steps.push(...sandbox);
  if (root !== undefined) steps.push({ do: "fchdir", fd: root }, { do: "chroot", path: "." });
  // A directory opened before is outside its mounts, and could be written to.
  if (sandbox.length > 0) steps.push({ do: "chdir", path: settings.directory });
  else if (directory !== undefined) steps.push({ do: "fchdir", fd: directory });
  for (const [from, to] of descriptors) {
    steps.push(from === to ? { do: "keep", fd: from } : { do: "dup2", from, to });
  }
  if (settings.terminal) steps.push({ do: "controlling-terminal", fd: 0 });
  steps.push({ do: "reset-signals" });
  if (settings.nice !== undefined) steps.push({ do: "nice", value: settings.nice });
  if (openFiles && !limits.some(({ resource }) => resource === RLIMIT_NOFILE)) {
    steps.push({ do: "limit", resource: RLIMIT_NOFILE, limit: openFiles });
  }
  for (const { resource, limit } of limits) steps.push({ do: "limit", resource, limit });
  if (owner) {
    steps.push(
      { do: "groups", gids: owner.groups },
      { do: "gid", gid: owner.gid },
      { do: "uid", uid: owner.uid },
    );
  }
  // As the user: a link inside could lead root out again, through /proc.
  if (root !== undefined) steps.push({ do: "chdir", path: settings.directory });
  // As its final user: then set-user-ID programs gain nothing, and none runs with calls that fail unexpectedly.
  if (settings.noChildren) steps.push({ do: "no-children" });
  // After the last fork.
  const { pidVariable: name } = settings;
  if (name !== undefined) steps.push({ do: "own-pid-variable", name, env: prepared.env });
  return [...steps, ...emptying(prepared), ...executions(prepared)];
}

/** As late as possible, and not at all if exec is known to fail. */
function emptying({ emptied, files, interpreters }: Prepared): ChildStep[] {
  if (emptied.length === 0) return [];
  // With several candidates, only exec tells which one exists.
  const needed = files.length === 1 ? [...files, ...interpreters] : [];
  return [
    ...needed.map((path): ChildStep => ({ do: "may-execute", path })),
    ...emptied.map((fd): ChildStep => ({ do: "truncate", fd })),
  ];
}

function executions({ files, argv, env }: Prepared): ChildStep[] {
  return files.map((path) => ({ do: "execute", path, argv, env }));
}

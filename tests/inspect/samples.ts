// Invented processes and environments for tests of pure decisions.
import type { ProcessFacts } from "../../src/inspect/facts.ts";
import type { ProcessSummary } from "../../src/inspect/program.ts";
import type { Situation } from "../../src/inspect/situation.ts";

const IDS = { real: 1000, effective: 1000, saved: 1000, fileSystem: 1000 };

/** A sleep in the background of bash 4000 on /dev/pts/3. */
export function facts(changes: Partial<ProcessFacts> = {}): ProcessFacts {
  return {
    pid: 4242,
    tgid: 4242,
    comm: "sleep",
    command: ["sleep", "1000"],
    exe: "/usr/bin/sleep",
    exeDeleted: false,
    state: "S",
    stateWord: "sleeping",
    threads: 1,
    kernelThread: false,
    uid: 1000,
    uids: IDS,
    gids: IDS,
    ppid: 4000,
    kept: null,
    parent: { pid: 4000, comm: "bash", role: "shell", adopted: false },
    tracer: 0,
    pgid: 4242,
    sid: 4000,
    groupLeader: true,
    sessionLeader: false,
    tty: "/dev/pts/3",
    foreground: false,
    foregroundPgid: 4000,
    cwd: "/home/me",
    root: null,
    umask: 0o22,
    fds: [0, 1, 2].map((fd) => descriptor(fd, "/dev/pts/3", "terminal")),
    fdCount: 3,
    signals: signals({}),
    startTicks: 99321,
    startedAt: 1_700_000_000_000,
    cpuMs: 10,
    nice: 0,
    residentBytes: 4096,
    cgroup: "/",
    noNewPrivs: false,
    seccomp: "off",
    capabilities: "0000000000000000",
    namespacePids: [4242],
    exitStatus: null,
    hidden: [],
    ...changes,
  };
}

export function signals(changes: Partial<ProcessFacts["signals"]>): ProcessFacts["signals"] {
  return { pending: [], blocked: [], ignored: [], caught: [], ...changes };
}

export function descriptor(
  fd: number,
  target: string,
  kind: ProcessFacts["fds"][number]["kind"],
): ProcessFacts["fds"][number] {
  return { fd, target, kind, deleted: false, mode: "read-write", flags: [] };
}

/** bash 4000, leader of the session. */
export function program(changes: Partial<ProcessSummary> = {}): ProcessSummary {
  return {
    pid: 4000,
    ppid: 3999,
    pgid: 4000,
    sid: 4000,
    comm: "bash",
    shell: "bash",
    login: false,
    interactive: true,
    attended: true,
    hangup: "caught",
    ...changes,
  };
}

export function situation(
  process: Partial<ProcessFacts> = {},
  around: Partial<Omit<Situation, "facts">> = {},
): Situation {
  const shell = program();
  return {
    facts: facts(process),
    leader: shell,
    managers: [shell],
    keeper: program({ pid: 3999, comm: "sshd", shell: undefined }),
    logout: { systemd: false, lingers: false },
    groupShell: null,
    around: {},
    ...around,
  };
}

/** What differs for a process without a terminal. */
export const NO_TERMINAL: Partial<ProcessFacts> = {
  tty: null,
  foregroundPgid: null,
  fds: [0, 1, 2].map((fd) => descriptor(fd, "/dev/null", "null")),
};

/** Certainly adopted by PID 1. */
export const ADOPTED: Partial<ProcessFacts> = {
  ppid: 1,
  parent: { pid: 1, comm: "init", role: "init", adopted: true },
};

import type { CommandEntry } from "../cli/options.ts";

/** Every command of imp. Its code is loaded when it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "daemon",
    summary: "turn PROGRAM into a daemon and print its PID",
    load: async () => (await import("./daemon/command.ts")).daemonCommand,
  },
  {
    name: "start",
    summary: "a daemon that is kept: named, restarted, logged",
    load: async () => (await import("./start/command.ts")).startCommand,
  },
  {
    name: "stop",
    summary: "stop daemons, with everything that they have started",
    load: async () => (await import("./stop/command.ts")).stopCommand,
  },
  {
    name: "inspect",
    summary: "what a process is, and whether it survives closing the terminal",
    load: async () => (await import("./inspect/command.ts")).inspectCommand,
  },
  {
    name: "compare",
    summary: "run a program in every background style and see what happens to it",
    load: async () => (await import("./compare/command.ts")).compareCommand,
  },
  {
    name: "init",
    summary: "be PID 1 for PROGRAM: forward signals, reap everything, leave nothing",
    load: async () => (await import("./init/command.ts")).initCommand,
  },
  {
    name: "zombies",
    summary: "who does not reap whom, why, and what helps",
    load: async () => (await import("./zombies/command.ts")).zombiesCommand,
  },
  {
    name: "orphans",
    summary: "what has lost its parent, and what it holds; ends it on request",
    load: async () => (await import("./orphans/command.ts")).orphansCommand,
  },
  {
    name: "tree",
    summary: "the family tree, with sessions, groups, terminals and kinds",
    load: async () => (await import("./tree/command.ts")).treeCommand,
  },
  {
    name: "doctor",
    summary: "what this host does to daemons: reaping, limits, logout, pidfiles",
    load: async () => (await import("./doctor/command.ts")).doctorCommand,
  },
  {
    name: "pool",
    summary: "run many jobs over N processes: words, files or an endless pipe",
    load: async () => (await import("./pool/command.ts")).poolCommand,
  },
  {
    name: "run",
    summary: "run a TypeScript or JavaScript program that may import from imp",
    load: async () => (await import("./run.ts")).runCommand,
  },
  {
    name: "with",
    summary: "run PROGRAM with daemonic helpers that never outlive it",
    load: async () => (await import("./with/command.ts")).withCommand,
  },
  {
    name: "guard",
    summary: "ends what an imp that was killed had started",
    hidden: true,
    load: async () => (await import("./guard.ts")).guardCommand,
  },
  {
    name: "pool-call-worker",
    summary: "a worker process of imp pool --call",
    hidden: true,
    load: async () => (await import("./pool/call_worker.ts")).poolCallWorkerCommand,
  },
  {
    name: "lab",
    summary: "what tutorials say of daemons, zombies and pools, played and checked",
    load: async () => (await import("./lab/command.ts")).labCommand,
  },
  {
    name: "lab-program",
    summary: "the programs that lab plays",
    hidden: true,
    load: async () => (await import("./lab/program.ts")).labProgramCommand,
  },
  {
    name: "compare-probe",
    summary: "the program that compare runs by default: records what happens to it",
    hidden: true,
    load: async () => (await import("./compare/probe.ts")).probeCommand,
  },
];

/** Programs that imp stands in for when it is called by their name, from a link to it for example. */
export function standInFor(
  calledAs: string,
): ((words: readonly string[]) => Promise<number>) | undefined {
  switch (calledAs.slice(calledAs.lastIndexOf("/") + 1)) {
    case "tini":
    case "tini-static":
      return async (words) => await (await import("./init/stand_in.ts")).runAsTini(words);
    case "dumb-init":
      return async (words) => await (await import("./init/stand_in.ts")).runAsDumbInit(words);
  }
}

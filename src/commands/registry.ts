import type { CommandEntry } from "../cli/options.ts";

/** Every command of imp. Its code is loaded when it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "daemon",
    summary: "turn PROGRAM into a daemon and print its PID",
    load: async () => (await import("./daemon.ts")).daemonCommand,
  },
  {
    name: "inspect",
    summary: "what a process is, and whether it survives closing the terminal",
    load: async () => (await import("./inspect.ts")).inspectCommand,
  },
  {
    name: "compare",
    summary: "run a program in every background style on a real terminal and see what happens",
    load: async () => (await import("./compare.ts")).compareCommand,
  },
  {
    name: "compare-probe",
    summary: "the program that compare runs by default: records what happens to it",
    hidden: true,
    load: async () => (await import("./compare_probe.ts")).probeCommand,
  },
];

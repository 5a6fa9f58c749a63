import type { CommandEntry } from "../cli/options.ts";

/** Every command of imp, in the order of the help. Its code is loaded when it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "daemon",
    summary: "turn PROGRAM into a daemon and print its PID",
    group: "Daemons",
    load: async () => (await import("./daemon/command.ts")).daemonCommand,
  },
  {
    name: "start",
    summary: "start a daemon that is kept running: named, restarted, logged",
    group: "Daemons",
    load: async () => (await import("./start/command.ts")).startCommand,
  },
  {
    name: "stop",
    summary: "stop daemons, with everything that they have started",
    group: "Daemons",
    load: async () => (await import("./stop/command.ts")).stopCommand,
  },
  {
    name: "restart",
    summary: "stop daemons and start them again",
    group: "Daemons",
    load: async () => (await import("./restart/command.ts")).restartCommand,
  },
  {
    name: "reload",
    summary: "make daemons reread their configuration",
    group: "Daemons",
    load: async () => (await import("./reload/command.ts")).reloadCommand,
  },
  {
    name: "signal",
    summary: "send a signal to the main process of daemons, or to their trees",
    group: "Daemons",
    load: async () => (await import("./signal/command.ts")).signalCommand,
  },
  {
    name: "remove",
    summary: "forget kept daemons that have ended, or stop them first",
    group: "Daemons",
    load: async () => (await import("./remove/command.ts")).removeCommand,
  },
  {
    name: "list",
    summary: "list kept daemons: state, PID, restarts, CPU, memory",
    group: "Daemons",
    load: async () => (await import("./list/command.ts")).listCommand,
  },
  {
    name: "status",
    summary: "all about daemons: runs, restarts, processes, log, options",
    group: "Daemons",
    load: async () => (await import("./status/command.ts")).statusCommand,
  },
  {
    name: "logs",
    summary: "show and follow what kept daemons write",
    group: "Daemons",
    load: async () => (await import("./logs/command.ts")).logsCommand,
  },
  {
    name: "attach",
    summary: "connect this terminal to that of a daemon",
    group: "Daemons",
    load: async () => (await import("./attach/command.ts")).attachCommand,
  },
  {
    name: "up",
    summary: "start and update daemons from imp.toml or a Procfile",
    group: "From files and at boot",
    load: async () => (await import("./up/command.ts")).upCommand,
  },
  {
    name: "down",
    summary: "stop what imp up has started, in reverse order",
    group: "From files and at boot",
    load: async () => (await import("./down/command.ts")).downCommand,
  },
  {
    name: "boot",
    summary: "show, set up or remove the start of daemons at boot",
    group: "From files and at boot",
    load: async () => (await import("./boot/command.ts")).bootCommand,
  },
  {
    name: "enable",
    summary: "start kept daemons at boot, finished ones too",
    group: "From files and at boot",
    load: async () => (await import("./enable/command.ts")).enableCommand,
  },
  {
    name: "disable",
    summary: "do not start kept daemons at boot",
    group: "From files and at boot",
    load: async () => (await import("./disable/command.ts")).disableCommand,
  },
  {
    name: "export",
    summary: "print kept daemons as systemd units, crontab lines, imp.toml",
    group: "From files and at boot",
    load: async () => (await import("./export/command.ts")).exportVerb,
  },
  {
    name: "pool",
    summary: "run many jobs in parallel: from arguments, files or a pipe",
    group: "Jobs and programs",
    load: async () => (await import("./pool/command.ts")).poolCommand,
  },
  {
    name: "worker",
    summary: "run jobs for imp pool, from a queue or over ssh",
    group: "Jobs and programs",
    load: async () => (await import("./worker/command.ts")).workerCommand,
  },
  {
    name: "runs",
    summary: "list, pause, cancel or retry the runs of a queue",
    group: "Jobs and programs",
    load: async () => (await import("./runs/command.ts")).runsCommand,
  },
  {
    name: "report",
    summary: "make a page of a job log: timeline, failures, slowest jobs",
    group: "Jobs and programs",
    load: async () => (await import("./report/command.ts")).reportCommand,
  },
  {
    name: "run",
    summary: "run a TypeScript or JavaScript program",
    group: "Jobs and programs",
    load: async () => (await import("./run/command.ts")).runCommand,
  },
  {
    name: "with",
    summary: "run PROGRAM with helpers that never outlive it",
    group: "Jobs and programs",
    load: async () => (await import("./with/command.ts")).withCommand,
  },
  {
    name: "init",
    summary: "run PROGRAM as PID 1: forward signals, reap, leave nothing",
    group: "Jobs and programs",
    load: async () => (await import("./init/command.ts")).initCommand,
  },
  {
    name: "inspect",
    summary: "what a process is, and whether it survives closing the terminal",
    group: "Looking at processes",
    load: async () => (await import("./inspect/command.ts")).inspectCommand,
  },
  {
    name: "tree",
    summary: "who started whom, with sessions, groups and terminals",
    group: "Looking at processes",
    load: async () => (await import("./tree/command.ts")).treeCommand,
  },
  {
    name: "zombies",
    summary: "exited processes that nobody reaps: who should, and what helps",
    group: "Looking at processes",
    load: async () => (await import("./zombies/command.ts")).zombiesCommand,
  },
  {
    name: "orphans",
    summary: "processes that have lost their parent: what they hold; end them",
    group: "Looking at processes",
    load: async () => (await import("./orphans/command.ts")).orphansCommand,
  },
  {
    name: "doctor",
    summary: "find what on this host causes trouble for daemons",
    group: "Looking at processes",
    load: async () => (await import("./doctor/command.ts")).doctorCommand,
  },
  {
    name: "compare",
    summary: "run a program in every background style and show what happens",
    group: "Learning",
    load: async () => (await import("./compare/command.ts")).compareCommand,
  },
  {
    name: "lab",
    summary: "claims about daemons, zombies and pools, each tried for real",
    group: "Learning",
    load: async () => (await import("./lab/command.ts")).labCommand,
  },
  {
    name: "completions",
    summary: "print the completions for bash, zsh or fish",
    group: "imp itself",
    load: async () => (await import("./completions/command.ts")).completionsCommand(COMMANDS),
  },
  {
    name: "manual",
    summary: "print or install the manual pages",
    group: "imp itself",
    load: async () => (await import("./manual/command.ts")).manualCommand(COMMANDS),
  },
  {
    name: "version",
    summary: "the version; with --verbose, what imp was made from",
    group: "imp itself",
    load: async () => (await import("./version/command.ts")).versionCommand,
  },
  {
    name: "keeper-turn",
    summary: "one turn of the keeper of a daemon",
    hidden: true,
    load: async () => (await import("./keeper_turn.ts")).keeperTurnCommand,
  },
  {
    name: "watch",
    summary: "read the pipes of kept daemons and rotate their logs",
    hidden: true,
    load: async () => (await import("./watch/command.ts")).watchCommand,
  },
  {
    name: "keeper-probe",
    summary: "ask once whether a server answers, for the health of a daemon",
    hidden: true,
    load: async () => (await import("./keeper_probe.ts")).keeperProbeCommand,
  },
  {
    name: "completion-words",
    summary: "the words that completions ask for",
    hidden: true,
    load: async () =>
      (await import("./completions/words_command.ts")).completionWordsCommand(COMMANDS),
  },
  {
    name: "guard",
    summary: "end what an imp that was killed had started",
    hidden: true,
    load: async () => (await import("./guard.ts")).guardCommand,
  },
  {
    name: "keeper-stay",
    summary: "waits for a kept daemon where nothing smaller may be executed",
    hidden: true,
    load: async () => (await import("./keeper_stay.ts")).keeperStayCommand,
  },
  {
    name: "init-awake",
    summary: "goes on as imp init, which has rested",
    hidden: true,
    load: async () =>
      (await import("./init/awake_command.ts")).initAwakeCommand(COMMANDS, standInFor),
  },
  {
    name: "pool-call-worker",
    summary: "a worker process of imp pool --call",
    hidden: true,
    load: async () => (await import("./pool/call_worker.ts")).poolCallWorkerCommand,
  },
  {
    name: "pool-call-bundle",
    summary: "makes one file of the module of imp pool --call",
    hidden: true,
    load: async () => (await import("./pool/call_bundle.ts")).poolCallBundleCommand,
  },
  {
    name: "queue-bridge",
    summary: "a queue as imp pool --on speaks to it",
    hidden: true,
    load: async () => (await import("./queue_bridge.ts")).queueBridgeCommand,
  },
  {
    name: "lab-program",
    summary: "the programs that lab plays",
    hidden: true,
    load: async () => (await import("./lab/program.ts")).labProgramCommand,
  },
  {
    name: "compare-probe",
    summary: "the program that compare runs by default: it records what happens to it",
    hidden: true,
    load: async () => (await import("./compare/probe.ts")).probeCommand,
  },
];

/** Programs that imp replaces when called by their names, for example through a link. */
export function standInFor(
  calledAs: string,
): ((words: readonly string[]) => Promise<number>) | undefined {
  switch (calledAs.slice(calledAs.lastIndexOf("/") + 1)) {
    case "tini":
    case "tini-static":
    case "docker-init":
      return async (words) => await (await import("./init/stand_in.ts")).runAsTini(words);
    case "catatonit":
      return async (words) => await (await import("./init/stand_in.ts")).runAsCatatonit(words);
    case "dumb-init":
      return async (words) => await (await import("./init/stand_in.ts")).runAsDumbInit(words);
  }
}

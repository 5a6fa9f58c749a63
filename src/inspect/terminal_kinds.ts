import { named, type ProcessKind } from "./kind.ts";
import type { ProcessSummary } from "./program.ts";
import { isInteractiveShell, isStoppedProcess, type KindSituation } from "./situation.ts";
import { adopter } from "./daemon_kinds.ts";
import type { KindFacts } from "./facts.ts";

/** What a process with a controlling terminal is. */
export function onTerminal(situation: KindSituation, tty: string): ProcessKind {
  const { facts, managers: [manager] } = situation;
  if (isInteractiveShell(facts)) return interactiveShell(facts, tty);
  if (facts.sessionLeader) return mainProgram(tty);
  const nohup = facts.signals.ignored.includes("HUP");
  const evidence = [
    placeOnTerminal(facts, tty),
    management(facts, manager),
    ...(nohup ? ["it ignores SIGHUP: started by nohup, or by its own choice"] : []),
  ];
  if (isStoppedProcess(facts)) return stopped(facts, manager, evidence);
  const { groupShell } = situation;
  if (groupShell) return inGroupOf(groupShell, evidence);
  if (facts.foreground) {
    return { kind: "foreground-job", title: `foreground ${jobOf(manager)}`, evidence };
  }
  if (nohup) return { kind: "nohup-job", title: `nohup'ed background ${jobOf(manager)}`, evidence };
  if (!manager) return detached(facts, evidence);
  return { kind: "background-job", title: `background ${jobOf(manager)}`, evidence };
}

/** Only an interactive shell has jobs; a script or timeout(1) merely has children. */
function jobOf(manager: ProcessSummary | undefined): string {
  if (!manager) return "process";
  return manager.interactive ? `job of ${named(manager)}` : `process under ${named(manager)}`;
}

function management({ pgid }: KindFacts, manager: ProcessSummary | undefined): string {
  if (!manager) return `no shell manages its process group ${pgid}: who made the group has ended`;
  if (!manager.interactive) return `it runs under ${named(manager)}, which has no job control`;
  const unseen = manager.shell === "bash" || manager.shell === "zsh"
    ? " (whether it was disowned since, only that shell knows)"
    : "";
  return `it descends from ${named(manager)}, which gave it process group ${pgid}${unseen}`;
}

function mainProgram(tty: string): ProcessKind {
  return {
    kind: "session-leader",
    title: `main program of terminal ${tty}`,
    evidence: [`it leads the session that ${tty} controls, where a login has its shell`],
  };
}

function stopped(
  facts: KindFacts,
  manager: ProcessSummary | undefined,
  rest: string[],
): ProcessKind {
  const evidence = [whyStopped(facts), ...rest];
  return { kind: "stopped-job", title: `stopped ${jobOf(manager)}`, evidence };
}

/** Why a stopped process is stopped. */
export function whyStopped({ state, tracer, tty }: KindFacts): string {
  if (state === "t") return `its state is t: its tracer, pid ${tracer}, holds it`;
  return tty === null
    ? "its state is T: a signal has stopped it; SIGCONT continues it"
    : "its state is T: Ctrl-Z or a signal has stopped it; SIGCONT (fg, bg) continues it";
}

/** Neither in the foreground nor in the background: it is in the shell's own group. */
function inGroupOf(shell: ProcessSummary, evidence: readonly string[]): ProcessKind {
  return {
    kind: "shell-group",
    title: `process in the group of ${named(shell)} itself`,
    evidence: [
      `its process group is that of ${named(shell)}: a process substitution, or a job under set +m`,
      ...evidence,
    ],
  };
}

function detached(facts: KindFacts, evidence: readonly string[]): ProcessKind {
  return {
    kind: "detached",
    title: "background process that no shell manages, as ( command & ) leaves it",
    evidence: [...evidence, ...adopter(facts)],
  };
}

function interactiveShell(facts: KindFacts, tty: string): ProcessKind {
  const place = facts.sessionLeader
    ? `it leads the session that ${tty} controls`
    : `it runs inside session ${facts.sid} on ${tty}`;
  return {
    kind: "shell",
    title: facts.sessionLeader ? `the shell of ${tty}` : `shell inside another shell on ${tty}`,
    evidence: [place, "it ignores SIGTERM and SIGTTOU, as interactive shells do"],
  };
}

function placeOnTerminal(
  { foreground, foregroundPgid, pgid }: KindFacts,
  tty: string,
): string {
  if (foreground) return `its process group ${pgid} is the one in the foreground of ${tty}`;
  const other = foregroundPgid === null
    ? "none that can be seen from here"
    : String(foregroundPgid);
  return `its process group is ${pgid}; the one in the foreground of ${tty} is ${other}`;
}

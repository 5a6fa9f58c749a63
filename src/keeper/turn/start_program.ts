import { requireZero } from "../../libc/calling/errno.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import {
  oomScoreAdjustment,
  renouncePrivileges,
  setIoPriority,
  setOomScoreAdjustment,
} from "../../libc/processes/inherited_changes.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";
import { nameOf, rawWords } from "../../libc/processes/process_image.ts";
import { setUmask } from "../../libc/processes/process.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { openOutputs } from "../../logs/write/open.ts";
import { openNothing } from "../../logs/write/open_file.ts";
import { prepare } from "../../daemon/prepare.ts";
import type { DaemonSettings } from "../../daemon/settings.ts";
import { start } from "../../daemon/start.ts";
import type { KeptPlace } from "../home.ts";
import { type KeptVariables, lastOfEach } from "./kept_environment.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

export interface KeptLaunch {
  readonly place: KeptPlace;
  readonly settings: KeptSettings;
  readonly variables: KeptVariables;
  /** Words `K=V` specific to this run: its tag, its socket for sd_notify(3). */
  readonly own: readonly Bytes[];
  /** Steps before it is executed: entering its control group. */
  readonly entering: readonly ChildStep[];
  /** Descriptors besides 0-2, as [from, to]. */
  readonly descriptors: readonly (readonly [from: number, to: number])[];
}

/** From sd_listen_fds(3): another process than this one has not been given them. */
const LISTEN_PID = "LISTEN_PID";
/** Protects a turn's files, which are closed soon. */
const TURN_UMASK = 0o077;

/**
 * Starts a kept daemon's program: it leads its own session, and its settings are applied to this process first, where
 * that does no harm. Everything else of imp is close-on-exec.
 * @returns its PID: exec has succeeded
 * @throws ImpError
 */
export async function launchKept(launch: KeptLaunch): Promise<number> {
  const { place: { name, directory }, settings, variables, own, descriptors, entering } = launch;
  const given = lastOfEach([...terminalKind(settings, variables), ...variables.given, ...own]);
  const prepared = await prepare(daemonSettingsOf(settings, given), "/", {
    environment: variables.inherited,
    openFiles: settings.openFiles,
  });
  const outputs = openOutputs({ name, directory, log: settings.log, user: prepared.owner });
  const terminal = settings.log.terminal
    ? (await import("./turn_terminal.ts")).openTurnTerminal(launch.place, prepared.owner)
    : undefined;
  const nothing = openNothing();
  changeSelf(settings);
  try {
    const standard = terminal === undefined
      ? [[nothing, 0], [outputs.stdout, 1], [outputs.stderr, 2]] as const
      : [[terminal, 0], [terminal, 1], [terminal, 2]] as const;
    const all = [...standard, ...prepared.descriptors, ...descriptors];
    const sandbox = settings.sandbox
      ? (await import("../sandbox/kept_sandbox.ts")).stepsOfSandbox(settings.sandbox)
      : [];
    const confined = entering.length > 0 || sandbox.length > 0;
    const confinement = confined ? { entering, sandbox } : undefined;
    const { pid } = await start({ ...prepared, descriptors: all, confinement });
    return pid;
  } finally {
    setUmask(TURN_UMASK);
    for (const fd of new Set([nothing, outputs.stdout, outputs.stderr])) closeFile(fd);
    if (terminal !== undefined) closeFile(terminal);
  }
}

/** A caller without a terminal, such as cron, has not set the program's terminal type. */
function terminalKind(
  { log, clearEnvironment }: KeptSettings,
  { inherited }: KeptVariables,
): Bytes[] {
  const known = !clearEnvironment && inherited.some((word) => nameOf(word) === "TERM");
  return log.terminal && !known ? ["TERM=xterm"] : [];
}

function daemonSettingsOf(settings: KeptSettings, environment: readonly Bytes[]): DaemonSettings {
  const { words, directory, umask, user, clearEnvironment, chroot, nice, limits } = settings;
  return {
    words: rawWords(words),
    route: "auto",
    ...{ directory, umask, user, environment, clearEnvironment, chroot, nice, limits },
    truncate: false,
    ownPidDirectory: false,
    secondFork: false,
    noChildren: settings.noChildren,
    terminal: settings.log.terminal,
    keep: [],
    pidVariable: settings.sockets ? LISTEN_PID : undefined,
  };
}

/** What fork and exec pass on without keeping a turn from finishing. @throws ImpError */
function changeSelf({ ioPriority, oomScore, noNewPrivileges }: KeptSettings): void {
  // A keeper that the kernel should spare does not pass that on.
  const score = oomScore ?? ((oomScoreAdjustment() ?? 0) < 0 ? 0 : undefined);
  if (score !== undefined) {
    requireZero(setOomScoreAdjustment(score), "set the oom score to", `${score}`);
  }
  if (ioPriority) {
    const { class: priorityClass, level } = ioPriority;
    requireZero(setIoPriority(priorityClass, level), "set", "the priority for disks");
  }
  if (noNewPrivileges) requireZero(renouncePrivileges(), "set", "--no-new-privs");
}

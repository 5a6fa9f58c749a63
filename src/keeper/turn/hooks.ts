import { ImpError } from "../../base/errors.ts";
import { formatDuration } from "../../base/duration.ts";
import { workIn } from "../../libc/descriptors/directory.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { execError, findProgram } from "../../libc/processes/program_file.ts";
import { rawWords } from "../../libc/processes/process_image.ts";
import { type Bytes, spawn } from "../../libc/processes/spawn.ts";
import { describeEnding } from "../../libc/processes/wait.ts";
import { openOutputs } from "../../logs/write/open.ts";
import { openNothing } from "../../logs/write/open_file.ts";
import { runtime } from "../../runtime/mod.ts";
import { identityOf } from "../../termination/identity.ts";
import { sessionLedBy } from "../../termination/scope.ts";
import { Termination, untilOver } from "../../termination/termination.ts";
import { SIGTERM } from "../../libc/abi.ts";
import { healthText } from "../health/kept_health.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import { directoryOfCommands, HOOK_OPTIONS, type HookName } from "./commands_place.ts";
import type { TurnChildren } from "./turn_children.ts";
import { HOOK_VARIABLE } from "../tree/kept_marks.ts";

export interface HookRun {
  readonly place: KeptPlace;
  readonly settings: KeptSettings;
  readonly hook: HookName;
  readonly environment: readonly Bytes[];
  readonly children: TurnChildren;
  /** The program, whose end must not be missed meanwhile. */
  readonly program: number;
  readonly timeoutMs: number;
  /** If something else is wanted by now: its remaining time, ms; undefined: nothing is. */
  readonly left?: () => number | undefined;
}

/** After its time limit it is asked to end, and killed so much later, ms. */
const GRACE_MS = 2000;
/** The intent may change without a signal. */
const LOOK_MS = 1000;

/**
 * Runs an owner's command and waits for it; its output goes to the daemon's log. One that exceeds its time is ended
 * with its whole session.
 * @returns why it failed, in a sentence; undefined: it exited with 0
 */
export function runHook(run: HookRun): string | undefined {
  const { settings, hook, children, program, timeoutMs } = run;
  const words = settings.hooks[hook];
  if (!words) return undefined;
  const what = `--${HOOK_OPTIONS[hook]}`;
  const pid = startHook(run, words);
  if (typeof pid === "string") return `${what}: ${pid}`;
  const identity = identityOf(pid);
  let deadline = runtime.now() + timeoutMs;
  let isOff = false;
  for (;;) {
    children.reap(program);
    const ended = children.takeOthers().find(([child]) => child === pid);
    if (ended) {
      const [, ending] = ended;
      const well = ending.how === "exit" && ending.code === 0;
      return well ? undefined : `${what}: ${words[0]}: ${describeEnding(ending)}`;
    }
    const more: number | undefined = isOff ? undefined : run.left?.();
    isOff ||= more !== undefined;
    if (more !== undefined) deadline = Math.min(deadline, runtime.now() + more);
    const rest = deadline - runtime.now();
    if (rest <= 0) break;
    children.sleep(Math.min(rest, LOOK_MS));
  }
  const scope = sessionLedBy(pid, identity);
  const steps = [{ signal: SIGTERM, wait: GRACE_MS }];
  for (const pause of untilOver(new Termination(scope, { steps }))) {
    children.sleep(pause);
    children.reap(program);
  }
  if (isOff) return `${what}: ${words[0]} was ended: something else is wanted`;
  return `${what}: ${words[0]} took longer than ${formatDuration(timeoutMs)}`;
}

/** @returns its PID, or why it cannot be started */
function startHook(
  { place, settings, environment, children }: HookRun,
  words: readonly string[],
): number | string {
  const opened: number[] = [];
  try {
    const { stdout, stderr } = openOutputs({ ...place, log: settings.log });
    const nothing = openNothing();
    opened.push(...new Set([stdout, stderr, nothing]));
    const path = findProgram(words[0], environment, "/");
    const pid = workIn(directoryOfCommands(settings), () =>
      spawn({
        path,
        argv: rawWords(words),
        env: environment,
        newSession: true,
        descriptors: [[nothing, 0], [stdout, 1], [stderr, 2]],
      }));
    if (pid < 0) return execError(path, -pid).message;
    children.started(pid);
    return pid;
  } catch (error) {
    if (error instanceof ImpError) return error.message;
    throw error;
  } finally {
    for (const fd of opened) closeFile(fd);
  }
}

/** Words `K=V` that tell a hook what has happened. */
export function hookVariables(
  hook: HookName,
  { name, directory }: KeptPlace,
  state: KeptState,
): string[] {
  const run = state.runs.at(-1);
  const reason = hook === "onUnhealthy" && state.health
    ? healthText(state.health)
    : state.reason ?? "";
  const pid = hook === "onFail" ? run?.pid : state.program?.pid;
  const ended = hook === "onFail" && run
    ? [
      `IMP_KIND=${run.kind}`,
      `IMP_EXIT_STATUS=${run.exitCode ?? ""}`,
      `IMP_SIGNAL=${run.signal ?? ""}`,
      `IMP_BY=${run.by ?? ""}`,
    ]
    : [];
  return [
    `${HOOK_VARIABLE}=${hook}`,
    `IMP_NAME=${name}`,
    `IMP_DIRECTORY=${directory}`,
    `IMP_PHASE=${state.phase}`,
    `IMP_RESTARTS=${state.restarts}`,
    `IMP_FAILURES=${state.failures}`,
    `IMP_REASON=${reason}`,
    ...pid === undefined ? [] : [`IMP_PID=${pid}`],
    ...ended,
  ];
}

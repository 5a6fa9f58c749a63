import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { readPidfileDaemon } from "../../daemon/pidfile_daemon.ts";
import { SIGHUP } from "../../libc/abi.ts";
import { Unreadable } from "../../procfs/read.ts";
import { readStatus } from "../../procfs/status.ts";
import { runtime } from "../../runtime/mod.ts";
import { type ProcessIdentity, signalProcess } from "../../termination/identity.ts";
import { adoptUnkept } from "../start/adopt_unkept.ts";
import type { KeptPlace } from "../home.ts";
import { tryNoteSentSignal } from "../records/sent_signal.ts";
import { usesNotify } from "../records/kept_settings.ts";
import { observeKept } from "../observe/observe.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { runOwnersCommand } from "../turn/owners_command.ts";

export interface ReloadContext {
  /** Whether a signal asks the command to return. */
  readonly isInterrupted: () => boolean;
}

/** The result of one reload. */
export type ReloadResult =
  /**
   * @field by `HUP`, or the words of its own command
   * @field told it has confirmed it by sd_notify(3)
   */
  | {
    readonly is: "reloaded";
    readonly pid: number;
    readonly by: string;
    readonly told: boolean;
    readonly notes: readonly string[];
  }
  | { readonly is: "not running" }
  | { readonly is: "not reloaded"; readonly reason: string }
  | { readonly is: "interrupted" }
  | { readonly is: "failed"; readonly error: ImpError };

export type ReloadOutcome = ReloadResult & { readonly name: string; readonly ms: number };

const PAUSE_MS = 20;
/** A program that reports reloads does so at once. */
const BEGIN_MS = 2000;

/** Makes a kept daemon reload its settings. Throws nothing. */
export async function reloadKept(
  place: KeptPlace,
  context: ReloadContext,
): Promise<ReloadOutcome> {
  return await outcomeOf(place.name, async () => {
    const notes = await adoptUnkept(place);
    const { program, settings, state } = observeKept(place);
    if (!program || !settings) return { is: "not running" };
    const words = settings.hooks.reload;
    const by = words?.join(" ") ?? "HUP";
    if (words) {
      const reason = await runOwnersCommand({
        ...{ place, settings, hook: "reload", mainPid: program.pid },
        timeoutMs: settings.readyTimeoutMs,
        isOver: context.isInterrupted,
      });
      if (reason !== undefined) return { is: "not reloaded", reason };
    } else {
      const useless = uselessHangUp(program.pid);
      if (useless !== undefined) return { is: "not reloaded", reason: useless };
      tryNoteSentSignal(place, program, SIGHUP, `imp reload ${place.name}`);
      if (!hangUp(program)) return { is: "not running" };
    }
    const told = usesNotify(settings)
      ? await awaitTold(place, program, settings, state?.readyAt, context)
      : false;
    if (typeof told !== "boolean") return told;
    return { is: "reloaded", pid: program.pid, by, told, notes };
  });
}

/** The same for a pidfile's daemon, by HUP. */
export async function reloadByPidfile(name: string, path: string): Promise<ReloadOutcome> {
  return await outcomeOf(name, () => {
    const daemon = readPidfileDaemon(path);
    if (daemon.is !== "running") return { is: "not running" };
    const useless = uselessHangUp(daemon.process.pid);
    if (useless !== undefined) return { is: "not reloaded", reason: useless };
    if (!hangUp(daemon.process)) return { is: "not running" };
    return { is: "reloaded", pid: daemon.process.pid, by: "HUP", told: false, notes: [] };
  });
}

async function outcomeOf(
  name: string,
  work: () => Promise<ReloadResult> | ReloadResult,
): Promise<ReloadOutcome> {
  const began = runtime.now();
  let result: ReloadResult;
  try {
    result = await work();
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    result = { is: "failed", error };
  }
  return { ...result, name, ms: Math.round(runtime.now() - began) };
}

/**
 * Why HUP would not reload. A blocked one may be awaited (signalfd(2), sigwait(3)); if /proc does not say, it is sent.
 */
function uselessHangUp(pid: number): string | undefined {
  const status = readStatus(pid);
  if (status instanceof Unreadable) return undefined;
  const { blocked, caught, ignored } = status.signals;
  if ([blocked, caught].some((mask) => mask.includes(SIGHUP))) return undefined;
  return ignored.includes(SIGHUP)
    ? `pid ${pid} ignores HUP: use imp restart`
    : `HUP would end pid ${pid}, which has no handler for it: use imp restart`;
}

/** @returns false if it has ended. @throws ImpError if it is another user's */
function hangUp(program: ProcessIdentity): boolean {
  const delivery = signalProcess(program, SIGHUP);
  if (delivery !== "refused") return delivery === "sent";
  throw new ImpError({
    action: "send HUP to",
    object: `pid ${program.pid}`,
    errno: "EPERM",
    why: "it belongs to another user",
    exit: EXIT.no,
  });
}

/** RELOADING=1 and then READY=1: notify-reload in systemd.service(5). One that reports nothing is not waited for. */
async function awaitTold(
  place: KeptPlace,
  program: ProcessIdentity,
  { readyTimeoutMs }: KeptSettings,
  readyBefore: number | undefined,
  { isInterrupted }: ReloadContext,
): Promise<boolean | ReloadResult> {
  const began = runtime.now();
  for (let begun = false;;) {
    await runtime.sleep(PAUSE_MS);
    if (isInterrupted()) return { is: "interrupted" };
    const now = observeKept(place);
    if (now.program?.pid !== program.pid) {
      return { is: "not reloaded", reason: "it has ended meanwhile" };
    }
    begun ||= now.state?.reloading === true;
    const isDone = now.state?.readyAt !== readyBefore && !now.state?.reloading;
    if (isDone) return true;
    const waited = runtime.now() - began;
    if (!begun && waited > BEGIN_MS) return false;
    if (waited > readyTimeoutMs) {
      return { is: "not reloaded", reason: "it has not reported in time that it is done" };
    }
  }
}

// Pure: what programs say by sd_notify(3).
import { parseNotification } from "../../ready/told_probes.ts";
import type { KeptState } from "../records/kept_state.ts";

/** What a program has told of itself; what it has not spoken of is left out. */
export interface NotifyFacts {
  /** READY=1; after a RELOADING=1: it has read its settings again. */
  readonly ready?: true;
  readonly reloading?: true;
  readonly stopping?: true;
  /** One line, for `status`. */
  readonly status?: string;
  /** From now on this is its main process; to be believed only of a process of its tree. */
  readonly mainPid?: number;
  /** `trigger`: it wants to be treated as if it had missed a ping. */
  readonly watchdog?: "ping" | "trigger";
  /** WATCHDOG_USEC=: the new time between pings; 0 turns it off. */
  readonly watchdogMs?: number;
  /** EXTEND_TIMEOUT_USEC=: whatever it is at takes so much longer, from now on. */
  readonly extendMs?: number;
  /** ERRNO= or BUSERROR=: why it fails. */
  readonly failure?: string;
}

/** Longer texts are cut: everybody reads them in a list. */
const LONGEST_TEXT = 500;

/** The facts of one message. FDSTORE=, BARRIER= and what is not known are passed over. */
export function notifyFacts(text: string): NotifyFacts {
  const said = parseNotification(text);
  const whole = (name: string) => {
    const value = said.get(name);
    return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  };
  const failure = failureOf(whole("ERRNO"), said.get("BUSERROR"));
  const watchdog = { "1": "ping", trigger: "trigger" } as const;
  const word = said.get("WATCHDOG") as keyof typeof watchdog | undefined;
  const status = said.get("STATUS");
  return given({
    ready: said.get("READY") === "1" ? true : undefined,
    reloading: said.get("RELOADING") === "1" ? true : undefined,
    stopping: said.get("STOPPING") === "1" ? true : undefined,
    status: status === undefined ? undefined : oneLine(status),
    mainPid: whole("MAINPID") || undefined,
    watchdog: word !== undefined && Object.hasOwn(watchdog, word) ? watchdog[word] : undefined,
    watchdogMs: milliseconds(whole("WATCHDOG_USEC")),
    extendMs: milliseconds(whole("EXTEND_TIMEOUT_USEC")),
    failure,
  });
}

/** What several messages together say: of what was told twice, the last counts. */
export function mergeFacts(earlier: NotifyFacts, later: NotifyFacts): NotifyFacts {
  const { watchdog = later.watchdog } = earlier.watchdog === "trigger" ? earlier : {};
  const merged = given({ ...earlier, ...later, watchdog: watchdog ?? earlier.watchdog });
  // READY=1 ends a reload, and a reload begins after a READY=1: both in one go say only where it stands.
  if (later.reloading && !later.ready) return given({ ...merged, ready: undefined });
  if (later.ready && !later.reloading) return given({ ...merged, reloading: undefined });
  return merged;
}

/** What is written down of it. @param now milliseconds since the epoch */
export function withTold(state: KeptState, facts: NotifyFacts, now: number): KeptState {
  const { status = facts.failure, ready, reloading, watchdogMs } = facts;
  const again = ready && state.phase === "running" ? { readyAt: now, reloading: undefined } : {};
  return {
    ...state,
    ...status === undefined ? {} : { statusText: status },
    ...again,
    ...reloading ? { reloading } : {},
    ...watchdogMs === undefined ? {} : { watchdogMs },
  };
}

/** Words `K=V` that tell a program of the socket, sd_notify(3), and how often it is to ping, sd_watchdog_enabled(3). */
export function notifyVariables(socket: string, watchdogMs: number | undefined): string[] {
  return [
    `NOTIFY_SOCKET=@${socket}`,
    ...watchdogMs === undefined ? [] : [`WATCHDOG_USEC=${Math.round(watchdogMs * 1000)}`],
  ];
}

function failureOf(errno: number | undefined, bus: string | undefined): string | undefined {
  if (bus !== undefined) return oneLine(bus);
  return errno ? `errno ${errno}` : undefined;
}

function milliseconds(usec: number | undefined): number | undefined {
  return usec === undefined ? undefined : usec / 1000;
}

function oneLine(text: string): string {
  return text.slice(0, LONGEST_TEXT);
}

function given(facts: { [K in keyof NotifyFacts]: NotifyFacts[K] | undefined }): NotifyFacts {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
}

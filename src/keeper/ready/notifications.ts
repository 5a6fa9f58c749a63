// Pure: messages of programs by sd_notify(3).
import { parseNotification } from "../../ready/told_probes.ts";
import type { KeptState } from "../records/kept_state.ts";

/** What a program has reported; fields it did not mention are absent. */
export interface NotifyFacts {
  /** READY=1; after a RELOADING=1: it has reloaded. */
  readonly ready?: true;
  readonly reloading?: true;
  readonly stopsItself?: true;
  /** One line, for `status`. */
  readonly status?: string;
  /** Its main process from now on; trusted only for a process of its tree. */
  readonly mainPid?: number;
  /** `trigger`: treat it as if it had missed a ping. */
  readonly watchdog?: "ping" | "trigger";
  /** WATCHDOG_USEC=: the new time between pings; 0 turns it off. */
  readonly watchdogMs?: number;
  /** EXTEND_TIMEOUT_USEC=: its current operation may take so much longer, from now on. */
  readonly extendMs?: number;
  /** ERRNO= or BUSERROR=: why it fails. */
  readonly failure?: string;
}

/** Longer texts are cut: they are shown in lists. */
const LONGEST_TEXT = 500;

/** The facts of one message. FDSTORE=, BARRIER= and unknown fields are ignored. */
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
    stopsItself: said.get("STOPPING") === "1" ? true : undefined,
    status: status === undefined ? undefined : oneLine(status),
    mainPid: whole("MAINPID") || undefined,
    watchdog: word !== undefined && Object.hasOwn(watchdog, word) ? watchdog[word] : undefined,
    watchdogMs: milliseconds(whole("WATCHDOG_USEC")),
    extendMs: milliseconds(whole("EXTEND_TIMEOUT_USEC")),
    failure,
  });
}

/** What several messages together say: of repeated fields, the last counts. */
export function mergeFacts(earlier: NotifyFacts, later: NotifyFacts): NotifyFacts {
  const { watchdog = later.watchdog } = earlier.watchdog === "trigger" ? earlier : {};
  const merged = given({ ...earlier, ...later, watchdog: watchdog ?? earlier.watchdog });
  // READY=1 ends a reload, and a reload begins after a READY=1: both together say only the final state.
  if (later.reloading && !later.ready) return given({ ...merged, ready: undefined });
  if (later.ready && !later.reloading) return given({ ...merged, reloading: undefined });
  return merged;
}

/** The state with these facts. @param now milliseconds since the epoch */
export function withTold(state: KeptState, facts: NotifyFacts, now: number): KeptState {
  const { status = facts.failure, ready, reloading, stopsItself, watchdogMs } = facts;
  const again = ready && state.phase === "running" ? { readyAt: now, reloading: undefined } : {};
  return {
    ...state,
    ...status === undefined ? {} : { statusText: status },
    ...again,
    ...reloading ? { reloading } : {},
    ...stopsItself ? { stopsItself } : {},
    ...watchdogMs === undefined ? {} : { watchdogMs },
  };
}

/** Words `K=V` that tell a program about the socket, sd_notify(3), and how often to ping, sd_watchdog_enabled(3). */
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

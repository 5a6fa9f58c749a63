import { statPath } from "../../libc/descriptors/stat.ts";
import { bootId } from "../../procfs/boot.ts";
import { runtime } from "../../runtime/mod.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import { observeKept } from "../observe/observe.ts";
import type { FoundWaiters, ObservedDaemon } from "../observe/observed.ts";
import type { Intent } from "../records/intent.ts";
import { stateFile } from "../records/kept_records.ts";
import { awaitsReadiness, type KeptSettings } from "../records/kept_settings.ts";
import type { KeptRun, KeptState } from "../records/kept_state.ts";
import { findWaiters, stillThere } from "../waiter/find_waiters.ts";
import type { Waiters } from "../waiter/raise.ts";
import type { KeptSocket } from "../sockets/kept_socket.ts";

/** The result of a requested start. */
export type StartResult =
  | { readonly is: "runs"; readonly program: ProcessIdentity; readonly ready: boolean }
  /** It waits for its next time. @field run of one to be run at once @field failure why that has failed */
  | {
    readonly is: "scheduled";
    readonly nextRunAt?: number;
    readonly run?: KeptRun;
    readonly failure?: string;
  }
  /** It is started when somebody connects to one of these. */
  | { readonly is: "listening"; readonly sockets: readonly KeptSocket[] }
  /** It waits for a change. @field run made by this start @field failure why that has failed */
  | { readonly is: "watching"; readonly run?: KeptRun; readonly failure?: string }
  /** It waits for a file or a port. @field reason a sentence */
  | { readonly is: "pending"; readonly reason: string }
  /** It has already ended successfully, and is not restarted. */
  | { readonly is: "finished"; readonly run?: KeptRun }
  /** @field reason a sentence; @field again it will be retried automatically */
  | {
    readonly is: "not started";
    readonly reason: string;
    readonly run?: KeptRun;
    readonly again?: boolean;
  }
  /** Another command requested something else meanwhile. */
  | { readonly is: "overtaken"; readonly by: string }
  | { readonly is: "interrupted" };

const FIRST_PAUSE_MS = 2, LONGEST_PAUSE_MS = 40;
/** Without a keeper nothing more will happen. */
const KEEPERLESS_MS = 3000;
/** The interval of checking facts that are in /proc but in no record. */
const UNCHANGED_MS = 300;
/** If the first turn writes its state by then, /proc need not be searched. */
const UNSEARCHED_MS = 1000;

export interface AwaitContext {
  readonly isInterrupted: () => boolean;
  /** Called when its keeper has acted on the intent, perhaps more than once. */
  readonly begun?: () => void;
  /** The waiters started for this: while they run, /proc is not searched. */
  readonly raised?: Waiters;
}

/**
 * Waits until an intent's start has been made: the program is ready, or will not be.
 * @param startSerial of that intent
 */
export async function awaitStart(
  place: KeptPlace,
  startSerial: number,
  { isInterrupted, begun, raised }: AwaitContext,
): Promise<StartResult> {
  let aloneSince = Infinity;
  let seen: string | undefined, lookAt = 0;
  const boot = bootId();
  const searchedFrom = runtime.now() + UNSEARCHED_MS;
  const unsearched = (): FoundWaiters => ({});
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    await runtime.sleep(pause);
    if (isInterrupted()) return { is: "interrupted" };
    const stamp = stampOf(place);
    if (stamp === seen && runtime.now() < lookAt) continue;
    seen = stamp;
    const searches = runtime.now() >= searchedFrom;
    lookAt = runtime.now() + (searches ? UNSEARCHED_MS : UNCHANGED_MS);
    const search = searches
      ? () => (raised && stillThere(raised)) ?? findWaiters(place.directory)
      : unsearched;
    const observed = observeKept(place, boot, search);
    const { acting, intent, state } = observed;
    if (intent && (intent.startSerial !== startSerial || intent.wanted === "stop")) {
      return { is: "overtaken", by: intent.by };
    }
    if (acting) aloneSince = Infinity;
    else aloneSince = Math.min(aloneSince, runtime.now());
    if (state && state.startSerial >= startSerial) {
      begun?.();
      const result = resultOf(observed, state);
      if (result) return result;
      if (state.phase === "running") {
        // By then it will have lasted.
        const age = Date.now() - (state.startedAt ?? 0);
        lookAt = Math.min(lookAt, runtime.now() + GLANCE_MS - age);
      }
    }
    if (runtime.now() - aloneSince > KEEPERLESS_MS) {
      return { is: "not started", reason: "its keeper has gone" };
    }
  }
}

/** What a start has come to; undefined: it is not decided. @param state written for its intent */
function resultOf(
  { settings, intent, program }: ObservedDaemon,
  state: KeptState,
): StartResult | undefined {
  const last = state.runs.at(-1);
  // Not of what this start has replaced.
  const run = last && last.startedAt >= (intent?.at ?? 0) ? last : undefined;
  switch (state.phase) {
    case "running":
      return program && hasLasted(state, settings, Date.now())
        ? { is: "runs", program, ready: state.readyAt !== undefined }
        : undefined;
    case "scheduled":
      return scheduled(state, intent);
    case "listening":
      return { is: "listening", sockets: settings?.sockets ?? [] };
    case "watching":
      // Until its watches are set, a change could be missed if its keepers were killed.
      if (state.changes?.from === undefined) return undefined;
      return { is: "watching", run, failure: run && state.reason };
    case "pending":
      return { is: "pending", reason: state.reason ?? "its start is waiting" };
    case "finished":
      return { is: "finished", run };
    case "failed":
      return { is: "not started", reason: state.reason ?? "it failed", run };
    case "waiting":
      return { is: "not started", reason: state.reason ?? "it ended at once", run, again: true };
  }
}

/**
 * Records are replaced, never changed: if the files are the same, so is the content. Many may wait at a time, and this
 * costs a tenth of reading them.
 */
function stampOf({ directory }: KeptPlace): string {
  const parts = [stateFile(directory), `${directory}/intent.json`].map((path) => {
    const status = statPath(path, false);
    return typeof status === "string" ? status : `${status.inode} ${status.modified}`;
  });
  return parts.join(" ");
}

function scheduled(
  { nextRunAt, reason, runs }: KeptState,
  intent: Pick<Intent, "runNow" | "at"> | undefined,
): StartResult {
  if (!intent?.runNow) return { is: "scheduled", nextRunAt };
  const last = runs.at(-1);
  const run = last && last.endedAt >= intent.at ? last : undefined;
  return { is: "scheduled", nextRunAt, run, failure: reason };
}

/** Most programs that cannot run at all have failed by then. */
const GLANCE_MS = 200;

/** Pure: without a rule, nothing else distinguishes a running program from one that ends at once, failed or not. */
function hasLasted(
  { startedAt = 0 }: Pick<KeptState, "startedAt">,
  settings: Pick<KeptSettings, "ready" | "health"> | undefined,
  now: number,
): boolean {
  if (!settings || awaitsReadiness(settings)) return true;
  const ran = now - startedAt;
  // The clock may have been set back.
  return ran < 0 || ran >= GLANCE_MS;
}

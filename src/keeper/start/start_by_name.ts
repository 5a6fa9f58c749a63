import { ImpError } from "../../base/errors.ts";
import { SIGUSR1 } from "../../libc/abi.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { runtime } from "../../runtime/mod.ts";
import { signalProcess } from "../../termination/identity.ts";
import type { adopt } from "./adopt.ts";
import { awaitStart } from "./await_start.ts";
import { type KeptPlace, makeKeptPlace } from "../home.ts";
import { loadFileEvents, refuseUnwatchable, withFileEvents } from "../events/for_waiters.ts";
import { inheritedRestrictions } from "./inherited_restrictions.ts";
import { intentNow } from "../records/intent_now.ts";
import { CLAIM_PATIENCE_MS, KeptClaim } from "../records/kept_claim.ts";
import { observeKept } from "../observe/observe.ts";
import type { ObservedDaemon } from "../observe/observed.ts";
import { environmentSnapshot } from "./environment_snapshot.ts";
import { makeLogDirectory } from "../own_log_directory.ts";
import { isLeaving } from "../waiter/leaving.ts";
import { raiseKept } from "./raise_kept.ts";
import type { Waiters } from "../waiter/raise.ts";
import { hasNeverRun, recorded } from "./recorded_settings.ts";
import { type GivenSockets, NO_SOCKETS } from "../sockets/given_sockets.ts";
import { socketsToHandOver } from "../sockets/hand_over.ts";
import type { HandedOver } from "../sockets/handed_over.ts";
import { nextIntent } from "../records/intent.ts";
import { proveRoom, readKeptEnvironment, writeIntent } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { underNameLock } from "../records/name_lock.ts";
import { removeLeftWorkingFiles } from "../records/record_file.ts";
import { settingDifferences } from "./settings_difference.ts";
import { giveOrder } from "./start_order.ts";
import { decideStart } from "./start_decision.ts";
import type { StartContext, StartKeptOutcome, StartKeptResult } from "./start_outcome.ts";
import {
  keeperIsStopped,
  refuseNameOfDaemon,
  refuseNewerRecords,
  refuseOtherOwner,
  refuseSharedLog,
  unknownDaemon,
} from "./start_refusals.ts";
import { checkConfinable } from "./confinable.ts";
import { checkProcessRoom } from "./process_limit.ts";
import { checkStartable } from "./startable.ts";
import { stopKept } from "../stop/stop_kept.ts";
import { isStopDone, type StopOutcome } from "../stop/stop_outcome.ts";

const FIRST_PAUSE_MS = 2, LONGEST_PAUSE_MS = 50;

/**
 * Starts a daemon and waits until it is ready, or fails. Throws nothing.
 * @param wanted undefined: as recorded
 */
export async function startByName(
  place: KeptPlace,
  wanted: KeptSettings | undefined,
  context: StartContext,
): Promise<StartKeptOutcome> {
  const began = runtime.now();
  const begun = await context.pace?.enter();
  const start = new Start(place, wanted, context, begun);
  const result = await start.run().catch(async (error): Promise<StartKeptResult> => {
    if (!(error instanceof ImpError)) throw error;
    const { afterFailure } = await import("./failed_start.ts");
    return { is: "failed", error: afterFailure(place, start, error) };
  }).finally(() => start.handed?.close());
  begun?.();
  return { ...result, name: place.name, ms: Math.round(runtime.now() - began) };
}

const BEING_STARTED = "another command has started it";

type Beginning =
  | StartKeptResult
  | { readonly is: "look again" }
  /** Code that few starts need: loaded outside the lock. */
  | { readonly is: "load" }
  /** @field decidedAt the serial of the intent found, if any */
  | { readonly is: "stop first"; readonly decidedAt?: number }
  | {
    readonly is: "to be awaited";
    readonly startSerial: number;
    readonly notes: readonly string[];
  };

class Start {
  /** Sockets that stay open while its keepers are replaced. */
  handed?: HandedOver;
  /** How its own stop of what ran before has ended. */
  cleaned?: StopOutcome["is"];
  private begins = 0;
  /** The keepers it has started. */
  private raised: Waiters | undefined;
  private readonly began = runtime.now();
  /** Once needed. */
  private adopt: typeof adopt | undefined;
  /** Since when some waiters are about to be gone. */
  private goingSince: number | undefined;

  constructor(
    private readonly place: KeptPlace,
    readonly wanted: KeptSettings | undefined,
    private readonly context: StartContext,
    /** Lets the next start begin. */
    private readonly begun?: () => void,
  ) {}

  async run(): Promise<StartKeptResult> {
    const { place, context } = this;
    await loadFileEvents(this.wanted);
    await this.refuseUnstartable();
    for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const known = this.wanted ?? recorded(place);
      this.handed ??= await socketsToHandOver(known);
      await loadFileEvents(known);
      const begun = await this.locked();
      switch (begun.is) {
        case "look again":
          if (context.isInterrupted()) return { is: "interrupted", notes: [] };
          await runtime.sleep(pause);
          break;
        case "load":
          this.adopt = (await import("./adopt.ts")).adopt;
          break;
        case "stop first": {
          const { decidedAt } = begun;
          // What cannot be recorded is not begun.
          if (this.wanted) proveRoom(place, this.wanted, this.snapshot());
          const keptPaths = this.handed?.paths;
          const how = { command: "imp start", grace: "as set", decidedAt, keptPaths } as const;
          const outcome = await stopKept(place, { ...context, ...how });
          // Then everything must be examined again.
          if (outcome.is === "overtaken") break;
          if (outcome.is === "interrupted") return { is: "interrupted", notes: [] };
          if (!isStopDone(outcome)) return { is: "not stopped", outcome };
          this.cleaned = outcome.is;
          break;
        }
        case "to be awaited": {
          if (!context.wait) return { is: "begun" };
          const { startSerial, notes } = begun;
          const { begun: goOn, raised } = this;
          const result = await awaitStart(place, startSerial, { ...context, begun: goOn, raised });
          return { ...result, notes };
        }
        default:
          if (begun.is === "running already" && begun.adopted) {
            await (await import("./adopt.ts")).untilKeepersRecorded(place);
          }
          return begun;
      }
    }
  }

  /** What can be checked without the lock, before anything is created. @throws ImpError */
  private async refuseUnstartable(): Promise<void> {
    const { place, wanted } = this;
    refuseNameOfDaemon(place.name);
    const settings = wanted ?? recorded(place);
    if (!settings) throw unknownDaemon(place.name);
    refuseNewerRecords(place);
    refuseSharedLog(place, settings);
    checkStartable(settings, this.snapshot() ?? readKeptEnvironment(place) ?? []);
    await checkConfinable(settings);
    await checkProcessRoom();
    if (wanted) refuseUnwatchable(wanted);
    if (wanted) makeKeptPlace(place);
  }

  /** Another command may be removing the daemon right now. */
  private async locked(): Promise<Beginning> {
    for (let tries = 1;; tries++) {
      try {
        return await underNameLock(this.place, () => this.begin());
      } catch (error) {
        const gone = error instanceof ImpError && error.errno === "ENOENT";
        if (!gone || !this.wanted || tries > 3) throw error;
        makeKeptPlace(this.place);
      }
    }
  }

  /** Under the lock of the name. @throws ImpError */
  private begin(): Beginning {
    const { place, context: { first } } = this;
    // Later, the first look no longer applies.
    const search = first && this.begins++ === 0 ? () => first.of(place) : undefined;
    const observed = observeKept(place, undefined, search);
    if (observed.acting) return this.decide(observed, undefined);
    const claim = KeptClaim.take(place, search);
    try {
      return this.decide(observed, claim);
    } finally {
      claim.close();
    }
  }

  /** @param claim undefined if its waiters are known */
  private decide(observed: ObservedDaemon, claim: KeptClaim | undefined): Beginning {
    const { place, wanted, context } = this;
    const before = recorded(place, wanted !== undefined && context.replace);
    refuseOtherOwner(place.name, before, wanted);
    const settings = wanted ?? before;
    if (!settings) throw unknownDaemon(place.name);
    const differences = before && wanted ? settingDifferences(before, wanted) : [];
    const replace = context.replace || hasNeverRun(observed);
    const acting = observed.acting ?? claim?.acting;
    const { program } = observed;
    const strangers = claim?.isFree === false;
    const leaving = acting !== undefined && isLeaving(acting);
    this.goingSince = strangers || leaving ? this.goingSince ?? runtime.now() : undefined;
    // A stop in progress is waited for as long as it takes.
    const deadline = (this.goingSince ?? this.began) + CLAIM_PATIENCE_MS;
    const decision = decideStart({
      ...{ observed, differences, replace, cleaned: !!this.cleaned, runNow: context.runNow },
      ...{ strangers, leaving },
      patient: runtime.now() < deadline,
    });
    switch (decision) {
      case "changed":
        return { is: "changed", differences, running: program?.pid };
      case "adopt": {
        if (!this.adopt) return { is: "load" };
        const notes = this.adopt(place, observed, claim!, this.handed);
        return { is: "running already", program, adopted: true, notes };
      }
      case "being started":
      case "running": { // Perhaps not ready yet, in a try of its keeper's.
        const runs = decision === "running";
        if (runs) this.settleAtBoot(observed);
        const isAwaited = context.acceptRunning && (!runs || observed.phase === "starting");
        const notes = runs ? [] : [BEING_STARTED];
        if (!isAwaited || !observed.intent) {
          return { is: "running already", program, adopted: false, notes };
        }
        return { is: "to be awaited", startSerial: observed.intent.startSerial, notes };
      }
      case "scheduled":
      case "listening":
      case "at rest": {
        this.settleAtBoot(observed);
        const rests = { is: "running already", adopted: false, notes: [] } as const;
        if (decision === "scheduled") return { ...rests, nextRunAt: observed.state?.nextRunAt };
        if (decision === "listening") return { ...rests, listening: settings.sockets };
        return { ...rests, rests: observed };
      }
      case "look again":
        return { is: decision };
      case "stop first":
        this.handed?.take(acting, before, settings);
        return { is: decision, decidedAt: observed.intent?.serial };
      case "wake":
        if (acting?.state === "T") throw keeperIsStopped(place.name, acting.pid);
        if (!acting) throw claim!.refusal();
        return this.order(settings, () => signalProcess(acting, SIGUSR1));
      case "raise":
        // Another command has just given it sockets.
        if (settings.sockets && !this.handed) return { is: "look again" };
        return withFileEvents(place, settings, (events) => {
          const raise = (sockets: GivenSockets) =>
            this.order(settings, () => {
              this.raised = raiseKept(place, settings, claim!, sockets, events);
            });
          return this.handed?.use(place, settings, raise) ?? raise(NO_SOCKETS);
        }, context.tellSlow);
    }
  }

  /** For one that stays running as it is. */
  private settleAtBoot({ intent }: ObservedDaemon): void {
    const { atBoot, acceptRunning } = this.context;
    if (!acceptRunning || !intent || atBoot === undefined || intent.atBoot === atBoot) return;
    writeIntent(this.place, { ...intent, atBoot });
  }

  /** Records the intent, and has it carried out. */
  private order(settings: KeptSettings, have: () => void): Beginning {
    const { place, wanted } = this;
    const snapshot = this.snapshot();
    const intent = nextIntent(intentNow(place), {
      ...{ wanted: "run", by: `${this.context.command ?? "imp start"} ${place.name}` },
      ...{ at: Date.now(), atBoot: this.context.atBoot },
      ...this.context.runNow ? { runNow: true } : {},
    });
    makeLogDirectory(place, settings);
    removeLeftWorkingFiles(place.directory);
    giveOrder(place, { settings: wanted && settings, environment: snapshot, intent }, have);
    return {
      is: "to be awaited",
      startSerial: intent.startSerial,
      notes: inheritedRestrictions(settings),
    };
  }

  /** A complete command line includes the environment. Undefined: the recorded one stays. */
  private snapshot(): Bytes[] | undefined {
    return this.wanted || this.context.newEnvironment ? environmentSnapshot() : undefined;
  }
}

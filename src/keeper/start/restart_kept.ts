import { ImpError, withDetail } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { SIGUSR1 } from "../../libc/abi.ts";
import { runtime } from "../../runtime/mod.ts";
import { signalProcess } from "../../termination/identity.ts";
import { adopt } from "./adopt.ts";
import { awaitStart, type StartResult } from "./await_start.ts";
import type { KeptPlace } from "../home.ts";
import { intentNow } from "../records/intent_now.ts";
import { withKeptClaim } from "../records/kept_claim_wait.ts";
import { KeptTree } from "../tree/kept_tree.ts";
import { observeKept } from "../observe/observe.ts";
import { isUnkept } from "../observe/observed.ts";
import { giveOrder } from "./start_order.ts";
import { environmentSnapshot } from "./environment_snapshot.ts";
import { checkConfinable } from "./confinable.ts";
import { loadFileEvents, withFileEvents } from "../events/for_waiters.ts";
import { checkProcessRoom } from "./process_limit.ts";
import { checkStartable } from "./startable.ts";
import { raiseKept } from "./raise_kept.ts";
import { readKeptEnvironment } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { nextIntent } from "../records/intent.ts";
import { type GivenSockets, NO_SOCKETS } from "../sockets/given_sockets.ts";
import { socketsToHandOver } from "../sockets/hand_over.ts";
import type { StopContext } from "../stop/stop_context.ts";
import { stopKept } from "../stop/stop_kept.ts";
import { isStopDone, type StopOutcome } from "../stop/stop_outcome.ts";

export interface RestartContext extends Omit<StopContext, "grace" | "command"> {
  /** Take a new snapshot of the environment. */
  readonly newEnvironment: boolean;
}

/** The result of restarting one daemon. */
export type RestartResult =
  | (StartResult & { readonly before?: number; readonly notes: readonly string[] })
  /** The command was called from within the daemon. */
  | { readonly is: "left to its keeper"; readonly keeper: number }
  /** The remains of a daemon without keepers could not be ended. */
  | { readonly is: "not stopped"; readonly outcome: StopOutcome }
  | { readonly is: "failed"; readonly error: ImpError };

export type RestartOutcome = RestartResult & { readonly name: string; readonly ms: number };

/**
 * Has a daemon's keeper replace its program; the new one is started only once all of the old one has ended. Starts one
 * that does not run. Throws nothing.
 */
export async function restartKept(
  place: KeptPlace,
  context: RestartContext,
): Promise<RestartOutcome> {
  const began = runtime.now();
  const result = await restart(place, context).catch((error): RestartResult => {
    if (error instanceof ImpError) return { is: "failed", error };
    throw error;
  });
  return { ...result, name: place.name, ms: Math.round(runtime.now() - began) };
}

async function restart(place: KeptPlace, context: RestartContext): Promise<RestartResult> {
  const { name } = place;
  const command = "imp restart";
  const { program, acting } = observeKept(place);
  if (!program && !acting) {
    // Its keepers were killed, and then it: its remains might hold its port.
    const outcome = await stopKept(place, { ...context, command, grace: "as set" });
    if (!isStopDone(outcome)) return { is: "not stopped", outcome };
  }
  const look = await context.looks.at(runtime.now());
  const { settings: known } = observeKept(place);
  if (known && program) await refuseUnstartable(place, known, program.pid, context);
  const handed = await socketsToHandOver(known);
  await loadFileEvents(known);
  await checkProcessRoom();
  const begun = await withKeptClaim(place, (observed, claim) => {
    const { settings } = observed;
    if (!settings) throw withoutSettings(name);
    const within = new KeptTree(observed, context.tags).hasUs(look);
    const unkept = claim && isUnkept(observed);
    const notes = unkept ? adopt(place, observed, claim, handed) : [];
    const free = unkept ? undefined : claim;
    const order = (sockets: GivenSockets) => {
      const environment = context.newEnvironment ? environmentSnapshot() : undefined;
      const by = `${command} ${name}`;
      const intent = nextIntent(intentNow(place), { wanted: "run", by, at: Date.now() });
      giveOrder(place, { environment, intent }, () => {
        if (!free) return;
        withFileEvents(
          place,
          settings,
          (events) => raiseKept(place, settings, free, sockets, events),
        );
      });
      return { intent, notes, within, before: observed.program?.pid };
    };
    if (!free || !settings.sockets) return order(NO_SOCKETS);
    if (!handed) throw otherSettings(name);
    return handed.use(place, settings, order);
  });
  const { intent, notes, within, before } = begun;
  const keeper = observeKept(place).acting;
  if (keeper?.state === "T") throw stoppedKeeper(name, keeper.pid);
  if (keeper) signalProcess(keeper, SIGUSR1);
  if (within && keeper) return { is: "left to its keeper", keeper: keeper.pid };
  const started = await awaitStart(place, intent.startSerial, context);
  return { ...started, before, notes };
}

/** What runs is not ended for a program that could not be started. @throws ImpError */
async function refuseUnstartable(
  place: KeptPlace,
  settings: KeptSettings,
  pid: number,
  { newEnvironment }: RestartContext,
): Promise<void> {
  const snapshot = newEnvironment ? environmentSnapshot() : readKeptEnvironment(place);
  try {
    checkStartable(settings, snapshot ?? []);
    await checkConfinable(settings);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    throw withDetail(error, `  it runs on as before, pid ${pid}`).with({ exit: EXIT.no });
  }
}

function withoutSettings(name: string): ImpError {
  return new ImpError({
    action: `restart '${name}'`,
    why: "its settings are missing, or cannot be read",
    hint: `imp status ${name} says more; imp start ${name} -- PROGRAM rewrites them`,
    exit: EXIT.failed,
  });
}

/** Another command has just given it sockets. */
function otherSettings(name: string): ImpError {
  return new ImpError({
    action: `restart '${name}'`,
    why: "another command has changed its settings meanwhile",
    exit: EXIT.no,
  });
}

function stoppedKeeper(name: string, pid: number): ImpError {
  return new ImpError({
    action: `restart '${name}'`,
    why: `its keeper, pid ${pid}, was stopped by a signal`,
    hint: `it restarts it as soon as it is continued: kill -CONT ${pid}`,
    exit: EXIT.no,
  });
}

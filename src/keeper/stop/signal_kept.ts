import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { type PidfileDaemon, readPidfileDaemon } from "../../daemon/pidfile_daemon.ts";
import { PidfileTree } from "../../daemon/pidfile_end.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { runtime } from "../../runtime/mod.ts";
import { type ProcessIdentity, signalProcess } from "../../termination/identity.ts";
import type { Belonging, Kin } from "../../termination/scope.ts";
import type { SharedLooks } from "../../termination/shared_looks.ts";
import { signalTree } from "../../termination/signal_tree.ts";
import { adoptUnkept } from "../start/adopt_unkept.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptTags } from "../tree/kept_tags.ts";
import { KeptTree } from "../tree/kept_tree.ts";
import { observeKept } from "../observe/observe.ts";
import { tryNoteSentSignal } from "../records/sent_signal.ts";
import type { Survivor } from "./stop_outcome.ts";
import { describeLeft } from "./survivors.ts";

export interface SignalContext {
  /** Its number. */
  readonly signal: number;
  readonly to: "main" | "tree";
  readonly looks: SharedLooks;
  readonly tags: KeptTags;
}

/** The result of signalling one daemon. */
export type SignalResult =
  /** @field refused those that imp may not signal */
  | {
    readonly is: "sent";
    readonly pids: readonly number[];
    readonly refused: readonly Survivor[];
    readonly notes: readonly string[];
  }
  | { readonly is: "not running" }
  | { readonly is: "failed"; readonly error: ImpError };

export type SignalOutcome = SignalResult & { readonly name: string };

/** Signals a kept daemon's main process, or everything that belongs to it. Throws nothing. */
export async function signalKept(
  place: KeptPlace,
  context: SignalContext,
): Promise<SignalOutcome> {
  return await outcomeOf(place.name, async () => {
    const notes = await adoptUnkept(place);
    const observed = observeKept(place);
    if (!observed.program) return { is: "not running" };
    const tree = new KeptTree(observed, context.tags);
    const by = `imp signal ${place.name} ${signalName(context.signal)}`;
    tryNoteSentSignal(place, observed.program, context.signal, by);
    return { ...await send(observed.program, tree.scope, context), notes };
  });
}

/** The same for a pidfile's daemon. */
export async function signalByPidfile(
  name: string,
  path: string,
  context: SignalContext,
): Promise<SignalOutcome> {
  return await outcomeOf(name, async () => {
    const daemon: PidfileDaemon = readPidfileDaemon(path);
    if (daemon.is !== "running") return { is: "not running" };
    return await send(daemon.process, new PidfileTree(daemon).scope, context);
  });
}

async function outcomeOf(name: string, work: () => Promise<SignalResult>): Promise<SignalOutcome> {
  try {
    return { ...await work(), name };
  } catch (error) {
    if (error instanceof ImpError) return { is: "failed", error, name };
    throw error;
  }
}

async function send(
  program: ProcessIdentity,
  belonging: Belonging,
  { signal, to, looks }: SignalContext,
): Promise<SignalResult> {
  const notes: string[] = [];
  if (to === "tree") {
    const processes = await looks.at(runtime.now());
    const scope = typeof belonging === "function" ? belonging(processes) : belonging;
    const { reached, refused } = signalTree(scope, signal);
    const why = "not permitted (EPERM): it belongs to another user";
    return { is: "sent", pids: pidsOf(reached), refused: describeLeft(refused, why), notes };
  }
  switch (signalProcess(program, signal)) {
    case "sent":
      return { is: "sent", pids: [program.pid], refused: [], notes };
    case "ended":
      return { is: "not running" };
    case "refused":
      throw new ImpError({
        action: `send ${signalName(signal)} to`,
        object: `pid ${program.pid}`,
        errno: "EPERM",
        why: "it belongs to another user",
        exit: EXIT.no,
      });
  }
}

function pidsOf(members: readonly Kin[]): number[] {
  return members.map(({ pid }) => pid);
}

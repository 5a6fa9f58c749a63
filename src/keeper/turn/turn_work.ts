// The longer work of a turn: readiness, the end of a tree, commands of the owner.
import { LOCK_UN } from "../../libc/abi.ts";
import { libc } from "../../libc/calling/load.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { awaitReady } from "../ready/await_ready.ts";
import type { HookName } from "./commands_place.ts";
import { hookVariables, runHook } from "./hooks.ts";
import { leftRoots } from "./heirs.ts";
import type { KeptPlace } from "../home.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { helpersEnvironment, type KeptVariables, keptVariables } from "./kept_environment.ts";
import type { KeptEvent } from "../policy/kept_event.ts";
import { usesNotify } from "../records/kept_settings.ts";
import { readIntentRecord } from "../records/reading.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import { KeptReadiness } from "../ready/readiness.ts";
import { endKeptTree, isTreeEmpty, treeOfTurn } from "./tree_end.ts";
import { TurnChildren } from "./turn_children.ts";
import { findEnd } from "./turn_looks.ts";
import type { TurnRecords } from "./turn_records.ts";
import { takeNotified } from "./turn_watched.ts";
import { runtime } from "../../runtime/mod.ts";
import { isRunning } from "../../termination/identity.ts";

/** A command at the end of a run, or when it is ready, delays what follows, ms. */
const HOOK_TIMEOUT_MS = 60_000;
/** If no step of a stop has a time. */
const STOP_COMMAND_MS = 10_000;
/** How long --on-fail may delay a command. */
const TOLD_MS = 10_000;
/** How the program ended is reported microseconds after its end, ms. */
const END_PATIENCE_MS = 5000;
const NOTIFY_FD = WAITER_FD.watched;

export class TurnWork {
  readonly children = new TurnChildren();
  private readiness: KeptReadiness | undefined;

  constructor(
    private readonly place: KeptPlace,
    private readonly page: KeeperPage,
    private readonly records: TurnRecords,
  ) {}

  /** Only a few turns run at a time; those that stay do not count. */
  leaveSlot(): void {
    libc("flock").flock(WAITER_FD.turns, LOCK_UN);
  }

  private get program(): number {
    return this.records.state.program?.pid ?? 0;
  }

  /** Before the program is started. @throws ImpError if a rule would be meaningless */
  makeReadiness(variables: KeptVariables, more: readonly string[]): KeptReadiness {
    const { settings } = this.records;
    this.readiness?.close();
    const environment = helpersEnvironment(variables, more);
    const { directory } = this.place;
    return this.readiness = new KeptReadiness({ settings, environment, directory });
  }

  /** That readiness' program was started. */
  started(pid: number): void {
    for (const [from] of this.readiness?.descriptors ?? []) closeFile(from);
    this.children.started(pid);
    this.readiness?.started(pid, runtime.now());
  }

  /** @returns nothing if something else happened first */
  awaitReady(isInterrupted: () => boolean): KeptEvent[] {
    const { records, page, children } = this;
    const readiness = this.readiness ??= this.resumed();
    const notified = usesNotify(records.settings);
    const outcome = awaitReady({
      ...{ readiness, children, program: this.program },
      ...notified ? { socket: NOTIFY_FD } : {},
      take: () => {
        if (!notified) return undefined;
        const { state, facts, heir } = takeNotified(records, page);
        records.state = heir ? { ...state, program: heir, handedOver: true } : state;
        // Waiters for it see its status meanwhile.
        records.save();
        return facts;
      },
      isInterrupted: () =>
        children.programEnd !== undefined || isInterrupted() || !this.isProgramThere(),
    });
    if (outcome === undefined) return [];
    readiness.close();
    this.readiness = undefined;
    return [
      outcome === "ready" ? { type: "ready" } : { type: "not-ready", reason: outcome.failed },
    ];
  }

  /** An owner's command. @returns why it failed */
  runHook(hook: HookName): string | undefined {
    const { place, records, children } = this;
    const { settings, state } = records;
    const environment = helpersEnvironment(
      keptVariables(place, settings),
      hookVariables(hook, place, state),
    );
    const { program } = this;
    const timeoutMs = hook === "pre"
      ? settings.readyTimeoutMs
      : hook === "stop"
      ? settings.stop[0]?.wait ?? STOP_COMMAND_MS
      : HOOK_TIMEOUT_MS;
    const left = hook === "stop" ? undefined : this.whileWanted(hook);
    return runHook({ place, settings, hook, environment, children, timeoutMs, program, left });
  }

  /** What belongs to a start ends with it; a report of failure gets a moment. */
  private whileWanted(hook: HookName): () => number | undefined {
    const { place, page, records } = this;
    const { asked } = page.raised;
    const { startSerial, wanted } = records.intent;
    return () => {
      const now = readIntentRecord(place.directory);
      const isOther = now.is === "read" &&
        (now.value.startSerial !== startSerial || now.value.wanted !== wanted);
      if (!isOther && page.raised.asked === asked) return undefined;
      return hook === "onFail" ? TOLD_MS : 0;
    };
  }

  isEmpty(): boolean {
    const { place, page, records } = this;
    const { state, settings } = records;
    if (settings.killMode === "main" || this.isProgramThere()) return !this.isProgramThere();
    // Whatever is below its waiters is below one of their children.
    if (!state.adopted) return leftRoots(page).length === 0;
    return isTreeEmpty(treeOfTurn(place.directory, page, state));
  }

  /** @returns what cannot be ended, in words */
  endTree(isOff: () => boolean): string | undefined {
    const { place, page, records, children } = this;
    if (records.settings.hooks.stop && this.isProgramThere()) this.runHook("stop");
    const tree = treeOfTurn(place.directory, page, records.state);
    return endKeptTree(tree, records.state, records.settings, children, isOff);
  }

  /** The program has ended: waits until it is known how. */
  awaitEnd(): void {
    const { records, page, children } = this;
    const deadline = runtime.now() + END_PATIENCE_MS;
    while (records.state.program && runtime.now() < deadline) {
      children.reap(this.program);
      if (findEnd(records.state, page, children.programEnd, records.settings)) return;
      children.sleep(1);
    }
  }

  private isProgramThere(): boolean {
    const { program } = this.records.state;
    return program !== undefined && isRunning(program);
  }

  private resumed(): KeptReadiness {
    const { place, records } = this;
    const { settings, state } = records;
    const environment = helpersEnvironment(keptVariables(place, settings), []);
    const readiness = new KeptReadiness({
      ...{ settings, environment, directory: this.place.directory },
      resumed: { startedAt: state.startedAt ?? Date.now() },
    });
    readiness.started(this.program, runtime.now());
    return readiness;
  }
}

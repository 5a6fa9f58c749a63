import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { SIGALRM, SIGTERM, SIGUSR1 } from "../../libc/abi.ts";
import { closePidfd, exitOf, openPidfd } from "../../libc/processes/pidfd.ts";
import { ownPid } from "../../libc/processes/process.ts";
import type { Ending } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { identityOf, isRunning, signalProcess } from "../../termination/identity.ts";
import type { StopSchedule } from "../../termination/schedule.ts";
import type { Kin, Look } from "../../termination/scope.ts";
import { restWhileAll } from "../../termination/rest_while_all.ts";
import { keptTermination } from "../tree/kept_termination.ts";
import { endingOfZombie } from "../turn/adopted.ts";
import type { KeptPlace } from "../home.ts";
import { removeGroupOf } from "../tree/kept_cgroup.ts";
import { KeptTree } from "../tree/kept_tree.ts";
import { underFreeLock } from "../records/name_lock_wait.ts";
import { actingOf, awaitLeaving, endWaiters, giveWay, turnOf } from "./keepers_leave.ts";
import { observeKept } from "../observe/observe.ts";
import type { ObservedDaemon } from "../observe/observed.ts";
import { type Intent, nextIntent } from "../records/intent.ts";
import { intentNow } from "../records/intent_now.ts";
import { readIntentRecord } from "../records/reading.ts";
import { leaveToKeeper } from "./leave_to_keeper.ts";
import type { StopContext } from "./stop_context.ts";
import type { StopOutcome, StopResult } from "./stop_outcome.ts";
import { StopRecord } from "./stop_record.ts";
import { stopByCommand } from "./stop_by_command.ts";
import { stopScheduleOf } from "./stop_schedule.ts";
import { describeLeft, describeSurvivors } from "./survivors.ts";

const FIRST_PAUSE_MS = 8, LONGEST_PAUSE_MS = 200;
/** A keeper continues by itself if a command has not reported for three seconds that it acts. */
const HEARTBEAT_MS = 1500;
/** Killed processes are gone by then, unless the kernel holds them. */
const KILLED_MS = 5000;

/** Stops a kept daemon, and proves that nothing of it is left. Throws nothing. */
export async function stopKept(place: KeptPlace, context: StopContext): Promise<StopOutcome> {
  const began = runtime.now();
  const result = await new Stop(place, context).run().catch((error): StopResult => {
    if (error instanceof ImpError) return { is: "failed", error };
    throw error;
  });
  return { ...result, name: place.name, ms: Math.round(runtime.now() - began) };
}

/** Found at the beginning: something to end, or the result. */
type Beginning =
  | StopResult
  | { readonly is: "to be ended"; readonly intent: Intent; readonly joins: boolean };

class Stop {
  private observed: ObservedDaemon;
  private tree: KeptTree;
  private pidfd = -1;
  /** Of the program just ended: by the next look, it is gone. */
  private ended?: number;
  private heartbeatAt = 0;
  /** A look at the processes that existed before the stop was requested; undefined if outdated. */
  private seen?: Look;
  private readonly notes: string[] = [];
  private readonly record: StopRecord;

  constructor(private readonly place: KeptPlace, private readonly context: StopContext) {
    this.observed = observeKept(place);
    this.tree = new KeptTree(this.observed, context.tags);
    this.record = new StopRecord(place, context.command, !context.evenUnrecorded);
  }

  async run(): Promise<StopResult> {
    try {
      for (;;) {
        const begun = await this.begin();
        if (begun.is !== "to be ended") return begun;
        const result = begun.joins ? await this.join(begun.intent) : await this.end(begun.intent);
        if (result !== "again") return result;
      }
    } finally {
      if (this.pidfd >= 0) closePidfd(this.pidfd);
    }
  }

  /** Records the intent before anything is done. */
  private async begin(): Promise<Beginning> {
    const { place, context } = this;
    const look = await context.looks.at(runtime.now());
    return await underFreeLock(place, (): Beginning => {
      const before = intentNow(place);
      if (context.decidedAt !== undefined && before?.serial !== context.decidedAt) {
        return { is: "overtaken", by: before?.by ?? "imp" };
      }
      const earlier = this.tree;
      this.observed = observeKept(place);
      this.tree = new KeptTree(this.observed, context.tags);
      this.tree.follow(earlier);
      const { program, acting, settings } = this.observed;
      this.ended = program?.pid ?? this.ended;
      const by = `${context.command} ${place.name}`;
      const members = this.tree.members(look);
      const next = { wanted: "stop", by, at: Date.now() } as const;
      if (!program && !acting && members.length === 0) {
        const intent = before?.wanted === "stop" ? before : nextIntent(before, next);
        if (intent !== before) this.record.want(intent);
        this.record.noteEnd(intent);
        removeGroupOf(place, this.observed.state?.cgroup);
        return { is: "not running", unrecorded: this.record.missing };
      }
      if (before && context.grace !== "none" && this.isUnderWay(before, look)) {
        return { is: "to be ended", intent: before, joins: true };
      }
      if (acting && settings?.killMode !== "main" && this.tree.hasUs(look)) {
        this.record.want(nextIntent(before, next));
        signalProcess(acting, this.record.isMissing ? SIGTERM : SIGUSR1);
        return { is: "left to its keeper", keeper: acting.pid };
      }
      const intent = nextIntent(before, { ...next, actor: identityOf(ownPid()) });
      this.record.want(intent);
      this.seen = look;
      if (program && !acting) this.pidfd = openPidfd(program.pid);
      // The record counts: another command that comes now changes it.
      const valid = this.record.isMissing ? before ?? { ...intent, serial: 0 } : intent;
      return { is: "to be ended", intent: valid, joins: false };
    });
  }

  /** Somebody is already stopping it: another command, or its keeper. */
  private isUnderWay({ wanted, actor }: Intent, look: Look): boolean {
    if (wanted !== "stop") return false;
    if (actor) return actor.pid !== ownPid() && isRunning(actor);
    const { acting } = this.observed;
    return acting !== undefined && turnOf(acting, look) !== undefined;
  }

  /** Ends all of it. */
  private async end(intent: Intent): Promise<StopResult | "again"> {
    const { context, observed } = this;
    const { settings, program } = observed;
    const schedule = await this.ask(intent);
    const termination = keptTermination(this.tree, program, settings?.killMode, schedule);
    const { isInterrupted, looks } = context;
    let look = this.seen ?? await looks.at(runtime.now());
    for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const other = this.otherIntent(intent);
      if (other) return other;
      if (isInterrupted()) return await this.handOver(intent, termination.left);
      this.heartbeat(look);
      if (termination.advance(runtime.now(), look)) break;
      const until = Math.min(runtime.now() + pause, termination.due);
      await restWhileAll(termination.left, until, isInterrupted);
      look = await looks.at(termination.left.length > 0 ? runtime.now() : until);
    }
    debug("stop", "the tree is over", { name: this.place.name, left: termination.left.length });
    if (termination.isGivenUp) {
      const survivors = describeSurvivors(termination.left);
      if (survivors.length > 0) {
        await this.handOver(intent, termination.left);
        return { is: "survivors", survivors };
      }
    }
    return await this.finish(intent, termination.killed.length);
  }

  /** @returns the remaining schedule */
  private async ask(intent: Intent): Promise<StopSchedule> {
    const { place, context: { looks, grace, isInterrupted }, tree, observed } = this;
    const { acting, settings, program } = observed;
    const schedule = this.schedule();
    const isOff = () => isInterrupted() || this.otherIntent(intent) !== undefined;
    const hookMs = settings?.hooks.stop && grace !== "none" ? schedule.steps[0]?.wait ?? 0 : 0;
    if (this.record.isMissing && acting && acting.state !== "T") {
      this.seen = undefined;
      await leaveToKeeper({ acting, tree, looks, schedule, hookMs, isOff });
      return { ...schedule, steps: [] };
    }
    // The owner's stop command comes before any signal.
    if (settings?.hooks.stop && program && grace !== "none") {
      this.seen = undefined;
      const heartbeat = (look: Look) => this.heartbeat(look);
      const stop = { place, settings, program, hookMs, looks, tree, heartbeat, isOff };
      this.notes.push(...await stopByCommand(stop));
    }
    return schedule;
  }

  private schedule(): StopSchedule {
    return stopScheduleOf(this.observed.settings?.stop, this.context.grace);
  }

  /** Waits for whoever is already stopping it. */
  private async join(intent: Intent): Promise<StopResult | "again"> {
    const { context, tree } = this;
    const isOff = context.isInterrupted;
    for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const look = await context.looks.at(runtime.now());
      const other = this.otherIntent(intent);
      if (other) return other;
      const left = tree.members(look);
      if (context.isInterrupted()) {
        return { is: "interrupted", left: describeLeft(left, "not ended yet") };
      }
      if (left.length === 0 && tree.living(look).length === 0) {
        return { is: "stopped", pid: this.ended, killed: 0, left: [], notes: [] };
      }
      // It was killed, or has given up: begin again.
      if (left.length > 0 && !this.isUnderWay(intent, look)) return "again";
      await restWhileAll([...left, ...tree.living(look)], runtime.now() + pause, isOff);
    }
  }

  /** Another command was given meanwhile, and takes precedence. */
  private otherIntent({ serial }: Intent): StopResult | "again" | undefined {
    const now = readIntentRecord(this.place.directory);
    if (now.is !== "read" || now.value.serial === serial) return undefined;
    return now.value.wanted === "run" ? { is: "overtaken", by: now.value.by } : "again";
  }

  private heartbeat(look: Look): void {
    if (runtime.now() < this.heartbeatAt) return;
    this.heartbeatAt = runtime.now() + HEARTBEAT_MS;
    const acting = actingOf(this.tree.living(look));
    if (acting) signalProcess(acting, SIGALRM);
  }

  /** The command leaves, its keeper continues. */
  private async handOver(intent: Intent, left: readonly Kin[]): Promise<StopResult> {
    await giveWay(this.place, intent);
    const acting = actingOf(this.tree.living(await this.context.looks.at(runtime.now())));
    if (acting) signalProcess(acting, SIGUSR1);
    return {
      is: "interrupted",
      left: describeLeft(left, "not ended yet"),
      keeper: acting?.pid,
    };
  }

  /** Only its keepers are left: they record what has happened, and leave. */
  private async finish(intent: Intent, killed: number): Promise<StopResult | "again"> {
    const { context, place, observed, tree, notes } = this;
    const leaving = await awaitLeaving({
      tree,
      looks: context.looks,
      // A keeper that was about to start the program when the intent was written.
      isOver: (look) => this.otherIntent(intent) !== undefined || this.hasNewcomers(look),
      giveWay: () => giveWay(place, intent),
    });
    if (leaving.note !== undefined) notes.push(leaving.note);
    const ending = this.ending();
    const files = observed.settings?.sockets && await import("../sockets/end_files.ts");
    const isOurs = await underFreeLock(place, () => {
      const serial = intentNow(place)?.serial ?? 0;
      if (serial !== intent.serial || this.hasNewcomers(leaving.look)) return false;
      this.record.noteEnd(intent, ending);
      endWaiters(tree.living(leaving.look), leaving.look);
      files?.endSocketFiles(place, context.keptPaths);
      removeGroupOf(place, this.observed.state?.cgroup);
      return true;
    });
    if (!isOurs) return this.otherIntent(intent) ?? "again";
    // KILL takes a moment.
    const deadline = runtime.now() + KILLED_MS;
    for (let { look } = leaving; tree.living(look).length > 0 && runtime.now() <= deadline;) {
      look = await context.looks.at(runtime.now());
    }
    const left = observed.settings?.killMode === "main" ? tree.members(leaving.look) : [];
    return {
      is: "stopped",
      pid: this.ended,
      killed,
      left: describeLeft(left, "left running: --kill-mode main"),
      notes,
      unrecorded: this.record.missing,
    };
  }

  private hasNewcomers(look: Look): boolean {
    const { settings } = this.observed;
    return settings?.killMode !== "main" && this.tree.members(look).length > 0;
  }

  private ending(): Ending | undefined {
    const { program } = this.observed;
    return (this.pidfd >= 0 ? exitOf(this.pidfd) : undefined) ??
      (program ? endingOfZombie(program) : undefined);
  }
}

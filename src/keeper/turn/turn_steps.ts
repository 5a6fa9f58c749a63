import { debug } from "../../base/diagnostics.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { isRunning } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { WaiterCounts } from "../waiter/page_types.ts";
import type { KeptAction, KeptEvent } from "../policy/kept_event.ts";
import type { WaiterEvent } from "../waiter/page_layout.ts";
import { TurnEvents } from "./turn_events.ts";
import { findEnd, type FoundEnd, measureLimited, untilMeasured } from "./turn_looks.ts";
import { removeLeftWorkingFiles } from "../records/record_file.ts";
import { runTimesOf } from "../schedule/load.ts";
import type { RunTimes } from "../schedule/times.ts";
import { TurnRecords } from "./turn_records.ts";
import { raisedSince, turnEvents } from "../policy/turn_facts.ts";
import { isAloneAtRest, isOrphanedTurn } from "./turn_orphan.ts";
import { dutyOf } from "../policy/duty.ts";
import { nextKeptStep } from "../policy/state.ts";
import { lookAtHealth } from "../health/turn_health.ts";
import { setTurnTimer } from "./turn_timer.ts";
import { senderOfEnd } from "./end_sender.ts";
import { TurnSockets } from "./turn_sockets.ts";
import { TurnWatchdog } from "./turn_watchdog.ts";
import type { TurnWork } from "./turn_work.ts";
import { isLogUnread, linesOfRun, lookAfterLogs } from "./log_of_run.ts";
import { runOfEnd } from "../policy/run_end.ts";
import { heirOf, leftRoots } from "./heirs.ts";
import { startKept } from "./turn_start.ts";

/** A command that is ending the tree may be killed, ms. */
const ACTOR_LOOK_MS = 3000;
/** Until leaving is retried, ms. */
const LEAVE_AGAIN_MS = 1000, UNREAD_LOOK_MS = 100;

/** The result of a duty: done, and there may be more; nothing to do before the waiter starts another turn. */
type DutyOutcome = "done" | "rest" | "leave" | "pair";

/** The steps of one turn. */
export class Turn {
  private readonly records: TurnRecords;
  private readonly watchdog: TurnWatchdog;
  private readonly sockets: TurnSockets;
  private readonly events: TurnEvents;
  private handled: WaiterCounts;
  private pending: readonly WaiterEvent[] = [];
  private actions: KeptAction[] = [];
  private work: TurnWork | undefined;
  /** A keeper has just begun: it need not be told to find a partner. */
  private begun = false;
  private hasRead = false;
  /** Of its schedule. */
  private times: RunTimes | undefined;

  constructor(private readonly place: KeptPlace, private readonly page: KeeperPage) {
    this.records = new TurnRecords(place, page);
    this.watchdog = new TurnWatchdog(this.records, page);
    this.sockets = new TurnSockets(this.records, page);
    this.events = new TurnEvents(place, page, this.records);
    this.handled = page.seen;
  }

  /** @returns the exit status */
  async run(): Promise<number> {
    for (;;) {
      // Only the current keeper's turn may record.
      if (this.isOrphan()) return EXIT.failed;
      this.look();
      this.feed(await this.happened());
      const outcome = await this.doDuty();
      await this.runHooks();
      if (outcome === "done") continue;
      if (outcome === "rest" && this.hasNews()) continue;
      await this.watchdog.tend();
      this.sockets.tend();
      this.events.tend();
      if (outcome !== "leave") this.records.save();
      const { handled, page, records } = this;
      const isAlone = outcome === "rest" && isAloneAtRest(page, records.state);
      const pair = outcome === "pair" || isAlone;
      this.page.finish({ handled, leave: outcome === "leave", pair });
      return EXIT.done;
    }
  }

  private look(): void {
    const { raised } = this.page;
    this.pending = raisedSince(raised, this.handled);
    this.handled = raised;
    this.begun ||= this.pending.includes("begin");
    // Whoever changes them wakes the keeper.
    if (this.pending.length > 0 || !this.hasRead) this.records.read(this.begun);
    this.hasRead = true;
  }

  private hasNews(): boolean {
    return raisedSince(this.page.raised, this.handled).length > 0;
  }

  /** Something must be looked at first. */
  private readonly isOff = (): boolean => this.hasNews() || this.isOrphan();

  private async happened(): Promise<KeptEvent[]> {
    const { records, page } = this;
    const pending = this.events.othersOf(this.pending);
    const over = await this.watchdog.isOver();
    const told = over || pending.includes("watched") ? await this.takeTold() : undefined;
    const calls = await this.sockets.events();
    if (records.settings.schedule) this.times = await runTimesOf(records);
    await lookAfterLogs(this.place, page, records.settings);
    const found = findEnd(records.state, page, this.work?.children.programEnd, records.settings);
    // A command that ends it records that first, and wakes its keeper later.
    if (found) records.read(false);
    const heir = found ? heirOf(found, page, this.records) : told;
    const [ofFiles, { state, settings, intent }] = [await this.events.look(this.begun), records];
    const events = turnEvents({
      ...{ state, settings, intent, pending, now: Date.now(), heir, ...ofFiles },
      signal: signalName(page.signal),
      end: found && !heir ? await this.endOf(found) : undefined,
      ...found ? {} : measureLimited(state, settings),
      silent: over && await this.watchdog.isOver(),
    });
    // Its end comes first: sockets are handled in the resulting phase.
    return found ? events : [...events, ...calls];
  }

  /** Events of watched descriptors. @returns the process that has declared itself the program */
  private async takeTold() {
    const { takeWatched } = await import("./turn_watched.ts");
    const { state, heir } = takeWatched(this.records, this.page);
    this.records.state = state;
    return heir;
  }

  private async endOf(found: FoundEnd) {
    const { records: { state, settings, intent } } = this;
    this.page.program = 0;
    const by = await senderOfEnd(this.place, state, found, settings, intent);
    const lines = await linesOfRun(this.place, settings, state.startedAt);
    const run = runOfEnd(found, state, settings, lines, by);
    const served = await this.sockets.served(state);
    return { run, left: await this.isLeft(found.pid), told: found.told, served };
  }

  /** Whether others of the tree still run. */
  private async isLeft(program: number): Promise<boolean> {
    const { state, settings } = this.records;
    if (settings.killMode === "main") return false;
    if (state.adopted) return !(await this.getWork()).isEmpty();
    return leftRoots(this.page, program).length > 0;
  }

  private feed(events: readonly KeptEvent[]): void {
    const { records } = this;
    records.noteWaiters();
    for (const event of events) {
      const { settings, intent } = records;
      const times = settings.schedule && this.times;
      const { onDemand } = this.sockets;
      const rules = { settings, intent, times, onDemand, now: Date.now(), random: Math.random() };
      const before = records.state.phase;
      const { state, actions } = nextKeptStep(records.state, event, rules);
      records.state = state;
      this.actions.push(...actions);
      debug("keeper", event.type, { before, after: state.phase });
    }
    const { state, lost } = records;
    if (lost !== undefined && ["finished", "failed"].includes(state.phase)) {
      records.state = { ...state, reason: lost };
    }
  }

  private async doDuty(): Promise<DutyOutcome> {
    const { records } = this;
    const { state, settings } = records;
    switch (dutyOf(state, settings).do) {
      case "start":
        return await this.start();
      case "await-fork":
        return this.restFor((state.startedAt ?? 0) + settings.readyTimeoutMs - Date.now());
      case "await-ready":
        return await this.awaitReady();
      case "watch":
        return await this.watch();
      case "end-tree":
        return await this.endTree();
      case "wait":
        return this.restFor((state.nextStartAt ?? Infinity) - Date.now());
      case "leave":
        return await this.leave();
    }
  }

  private async watch(): Promise<DutyOutcome> {
    const { place, page, records, records: { state, settings } } = this;
    records.save();
    const [work, isOff] = [() => this.getWork(false), this.isOff];
    const { event, nextMs } = await lookAtHealth({ place, page, records, work, isOff });
    if (event) this.feed([event]);
    if (records.state.phase !== state.phase) return "done";
    return this.restFor(Math.min(untilMeasured(state, settings, page), nextMs));
  }

  private restFor(ms: number): DutyOutcome {
    this.records.save();
    setTurnTimer(this.records, ms);
    return "rest";
  }

  private async start(): Promise<DutyOutcome> {
    // A keeper without a guard gets one first: the program would stay a child of the one that becomes its guard.
    if (this.page.guard === 0 && !this.begun) {
      this.records.save();
      return "pair";
    }
    if (this.records.lost !== undefined) {
      this.feed([{ type: "start-failed", reason: this.records.lost }]);
      return "done";
    }
    await this.watchdog.end();
    const { place, page, records, events, isOff } = this;
    this.feed(await startKept({ place, page, records, events, isOff, work: () => this.getWork() }));
    records.save();
    // If there was none for the first run there is none now; daemons that start later do not know which run that is.
    if (records.state.cgroup !== undefined || this.begun || records.startsLater) {
      (await import("../tree/kept_cgroup.ts")).putIntoGroup(place, page, records);
    }
    return "done";
  }

  private async awaitReady(): Promise<DutyOutcome> {
    this.records.save();
    const work = await this.getWork();
    this.feed(work.awaitReady(() => this.isOff() || this.events.hasNews()));
    return "done";
  }

  private async endTree(): Promise<DutyOutcome> {
    const { records } = this;
    records.save();
    const [work, { intent }] = [await this.getWork(), records];
    const isEmpty = work.isEmpty();
    if (!isEmpty && intent.wanted === "stop" && intent.actor && isRunning(intent.actor)) {
      setTurnTimer(records, ACTOR_LOOK_MS);
      return "rest";
    }
    const stuck = isEmpty ? undefined : work.endTree(() => this.isOrphan());
    if (this.isOrphan()) return "done";
    // How the program ended comes first.
    if (stuck === undefined) work.awaitEnd();
    this.look();
    this.feed(await this.happened());
    this.feed([stuck === undefined ? { type: "empty" } : { type: "stuck", who: stuck }]);
    return "done";
  }

  /** Under the lock of the name: a command finds either a keeper that will notice it, or none. */
  private async leave(): Promise<DutyOutcome> {
    const { records } = this;
    await this.runHooks();
    if (await isLogUnread(this.place, records)) return this.restFor(UNREAD_LOOK_MS);
    const lock = await (await import("./turn_lock.ts")).tryTurnLock(this.place);
    // Its holder may be about to request something: nobody leaves meanwhile.
    if (lock === "held") return this.restFor(LEAVE_AGAIN_MS);
    const { serial } = records.intent;
    records.read(false);
    if (records.intent.serial !== serial || this.hasNews()) {
      if (lock !== "none") closeFile(lock);
      return "done";
    }
    await this.sockets.close();
    const { removeGroupOf } = await import("../tree/kept_cgroup.ts");
    removeGroupOf(this.place, records.state.cgroup);
    records.state = { ...records.state, guard: undefined, keeper: undefined };
    records.save();
    if (lock !== "none") removeLeftWorkingFiles(this.place.directory);
    // The lock ends with this process.
    return "leave";
  }

  private isOrphan(): boolean {
    return isOrphanedTurn(this.place, this.page);
  }

  private async runHooks(): Promise<void> {
    for (let action = this.actions.shift(); action; action = this.actions.shift()) {
      this.records.save();
      (await this.getWork()).runHook(action.hook);
    }
  }

  /** Code that few turns need. @param stays for a while, which others need not wait for */
  private async getWork(stays = true): Promise<TurnWork> {
    const { TurnWork } = await import("./turn_work.ts");
    this.work ??= new TurnWork(this.place, this.page, this.records);
    if (stays) this.work.leaveSlot();
    return this.work;
  }
}

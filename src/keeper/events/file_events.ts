// A turn's work on changes, and on files and ports that a start waits for.
import { POLLIN } from "../../libc/abi.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import type { KeptPlace } from "../home.ts";
import { isOver } from "../observe/observed.ts";
import type { TurnFacts } from "../policy/turn_facts.ts";
import { usesFileEvents } from "../records/kept_settings.ts";
import type { KeptChanges } from "../records/kept_state.ts";
import type { TurnRecords } from "../turn/turn_records.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import { afterLook, isResting } from "./debounce.ts";
import { acceptsConnections } from "./ports.ts";
import { nearestDirectory } from "./places.ts";
import { shownPath, targetOf, type WatchTarget } from "./target.ts";
import { watchedSlot } from "../turn/watched_slot.ts";
import { Watches } from "./watches.ts";

/** File times do not advance between two ticks of the kernel, ms. */
const TICK_MS = 10;
/** Pauses between two looks without events, ms: an eighth of the time passed so far. */
const FIRST_PAUSE_MS = 100, LONGEST_PAUSE_MS = 2000, PART = 8;

export class FileEvents {
  private readonly slot: number | undefined;
  private readonly watches: Watches;
  private readonly target: WatchTarget;
  private hasBegun = false;
  /** The appearance of the file that is waited for will be reported. */
  private isTold = false;

  constructor(
    place: KeptPlace,
    private readonly page: KeeperPage,
    private readonly records: TurnRecords,
  ) {
    this.slot = usesFileEvents(records.settings) ? watchedSlot("changes") : undefined;
    this.target = targetOf(place, records.settings);
    this.watches = new Watches(this.fd, place.directory, this.target);
  }

  private get fd(): number {
    return this.slot === undefined ? -1 : WAITER_FD.watched + this.slot;
  }

  private get changes(): KeptChanges {
    return this.records.state.changes ?? {};
  }

  private set changes(changes: KeptChanges) {
    this.records.state = { ...this.records.state, changes };
  }

  look(begun: boolean): Pick<TurnFacts, "changed" | "awaited"> {
    const { state, settings } = this.records;
    const isFirst = begun && !this.hasBegun;
    this.hasBegun = true;
    if (state.phase === "pending") return { awaited: this.lookAtAwaited() };
    const { onChange } = settings;
    if (!onChange || this.slot === undefined || isOver(state.phase)) return {};
    const now = Date.now();
    const missed = this.missed(isFirst);
    if (missed === undefined && isResting(this.changes, now, onChange.debounceMs)) return {};
    const taken = this.take();
    const found = missed === undefined ? taken : { any: true, changed: missed };
    const { changes, due } = afterLook(this.changes, found, onChange.debounceMs, now);
    this.changes = changes;
    if (due === undefined) return {};
    const path = shownPath(this.target, due);
    this.changes = { ...changes, last: { path, at: now } };
    return { changed: path };
  }

  hasNews(): boolean {
    if (this.slot === undefined) return false;
    const { lookAt } = this.changes;
    return lookAt === undefined ? this.isReadable() : Date.now() >= lookAt;
  }

  waitsFor(): string | undefined {
    const { files = [], ports = [] } = this.records.settings.startsAfter ?? {};
    const file = files.find((one) => !this.isThere(one));
    if (file !== undefined) return `waiting for file ${file}`;
    const port = ports.find((one) => !acceptsConnections(one));
    return port === undefined ? undefined : `waiting for port ${port}`;
  }

  forget(): void {
    if (this.slot === undefined) return;
    if (this.records.state.pendingSince !== undefined) this.watches.setAll();
    const { pending: _, lookAt: _1, idle: _2, taking: _3, ...rest } = this.changes;
    if (this.isReadable()) {
      // A turn killed here started the program, or finds it started; and looks for later changes.
      this.changes = { ...rest, taking: true };
      this.records.save();
      this.watches.take();
    }
    // What changes while watches are added is made up for.
    const from = Date.now();
    if (rest.from === undefined) this.watches.load();
    this.changes = this.withTrouble({ from, ...rest });
  }

  tend(): void {
    const { state, settings } = this.records;
    if (settings.onChange && !isOver(state.phase) && this.changes.from === undefined) {
      const from = Date.now();
      if (this.slot !== undefined) this.watches.load();
      this.changes = this.withTrouble({ ...this.changes, from });
    }
    if (this.slot === undefined) return;
    if (this.changes.lookAt === undefined) this.page.watchAgain(this.slot);
    else this.page.unwatch(this.slot);
  }

  /** A change whose event was lost: waiters were killed, or a turn that had read it. */
  private missed(begun: boolean): string | undefined {
    const { startedAt } = this.records.state;
    const { from, taking } = this.changes;
    if (taking) this.watches.setAll();
    const since = startedAt ?? from;
    const isNews = (begun || taking) && from !== undefined;
    if (!isNews || since === undefined) return undefined;
    return this.watches.changedSince(since - TICK_MS);
  }

  /** Reads events; if an earlier turn began this and did not finish, looks for changes. */
  private take(): { any: boolean; changed?: string } {
    if (!this.isReadable()) {
      const { taking: _, ...rest } = this.changes;
      this.changes = rest;
      return { any: false };
    }
    this.changes = { ...this.changes, taking: true };
    this.records.save();
    const taken = this.watches.take();
    const { taking: _, ...rest } = this.changes;
    this.changes = this.withTrouble(rest);
    return taken;
  }

  private withTrouble({ trouble: had, ...changes }: KeptChanges): KeptChanges {
    const trouble = this.watches.told ?? had;
    return trouble === undefined || trouble === "" ? changes : { ...changes, trouble };
  }

  /** In the phase `pending`. */
  private lookAtAwaited(): TurnFacts["awaited"] {
    const { pendingSince: since = Date.now() } = this.records.state;
    const now = Date.now();
    if (isResting(this.changes, now, 0)) return undefined;
    const any = this.isReadable();
    if (any) this.watches.take();
    const reason = this.waitsFor();
    const { lookAt: _, ...rest } = this.changes;
    if (reason === undefined) {
      this.changes = rest;
      return "met";
    }
    const pause = Math.max(FIRST_PAUSE_MS, Math.min(LONGEST_PAUSE_MS, (now - since) / PART));
    const isTold = reason.startsWith("waiting for file") && this.isTold && !any;
    this.changes = isTold ? rest : { ...rest, lookAt: now + pause };
    return { reason };
  }

  /** Missing paths are watched first, so that they cannot appear unnoticed. */
  private isThere(path: string): boolean {
    const isThere = () => typeof statPath(path) !== "string";
    if (isThere()) return true;
    this.isTold = this.slot !== undefined && this.watches.await(nearestDirectory(path));
    return isThere();
  }

  private isReadable(): boolean {
    if (this.slot === undefined) return false;
    const set = new PollSet(1);
    set.watch(0, this.fd, POLLIN);
    return set.wait(0) > 0;
  }
}

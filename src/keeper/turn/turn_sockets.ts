import type { KeptEvent } from "../policy/kept_event.ts";
import type { KeptState } from "../records/kept_state.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { TurnRecords } from "./turn_records.ts";

/** A turn's work on its daemon's sockets, sockets/in_turn.ts; most daemons have none. */
export class TurnSockets {
  /** Its waiters can watch them. */
  private slot?: number;

  constructor(private readonly records: TurnRecords, private readonly page: KeeperPage) {}

  /** It is started by a connection: as long as somebody can watch. */
  get onDemand(): boolean {
    return this.slot !== undefined;
  }

  /** Their events. */
  async events(): Promise<KeptEvent[]> {
    const { settings } = this.records;
    if (!settings.sockets) return [];
    const { watchedSlot } = await import("./watched_slot.ts");
    this.slot = settings.onDemand ? watchedSlot("sockets") : undefined;
    const { noteFiles, socketEvents } = await import("../sockets/in_turn.ts");
    noteFiles(this.records);
    return this.slot === undefined ? [] : socketEvents(this.records, this.page, this.slot);
  }

  /** For a finished run: whether it accepted any of those for whom it was started. Undefined: it was not. */
  async served({ callers }: KeptState): Promise<boolean | undefined> {
    if (callers === undefined || this.slot === undefined) return undefined;
    return (await import("../sockets/in_turn.ts")).hasServed(this.records, callers, this.slot);
  }

  /** At the end of a turn: waiters watch them if a connection is awaited, and not otherwise. */
  tend(): void {
    if (this.slot === undefined) return;
    if (this.records.state.phase === "listening") this.page.watchAgain(this.slot);
    else this.page.unwatch(this.slot);
  }

  /** The waiters leave, and no command wants the sockets to stay. */
  async close(): Promise<void> {
    const { settings, state, intent } = this.records;
    if (!settings.sockets || !state.socketFiles) return;
    const { isRunning } = await import("../../termination/identity.ts");
    // A command that stops it does that, or reopens them.
    if (intent.wanted === "stop" && intent.actor && isRunning(intent.actor)) return;
    const { removeSocketFiles } = await import("../sockets/socket_file.ts");
    removeSocketFiles(state.socketFiles);
    this.records.state = { ...state, socketFiles: undefined };
  }
}

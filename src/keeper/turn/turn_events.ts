import type { FileEvents } from "../events/file_events.ts";
import type { KeptPlace } from "../home.ts";
import type { TurnFacts } from "../policy/turn_facts.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import type { WaiterEvent } from "../waiter/page_layout.ts";
import type { TurnRecords } from "./turn_records.ts";

/** A turn's work on changes, and on files and ports that a start waits for: file_events.ts. Most daemons have none. */
export class TurnEvents {
  private events: FileEvents | undefined;

  constructor(
    private readonly place: KeptPlace,
    private readonly page: KeeperPage,
    private readonly records: TurnRecords,
  ) {}

  private get isUsed(): boolean {
    const { onChange, startsAfter } = this.records.settings;
    return onChange !== undefined || startsAfter !== undefined;
  }

  /** Of the events: a timer set for a look is only for that. Only before {@link look}. */
  othersOf(pending: readonly WaiterEvent[]): readonly WaiterEvent[] {
    const isLook = this.records.state.changes?.lookAt !== undefined;
    return isLook ? pending.filter((event) => event !== "timer") : pending;
  }

  /** What has changed, and whether a waiting start may continue. @param begun a keeper has just begun */
  async look(begun: boolean): Promise<Pick<TurnFacts, "changed" | "awaited">> {
    return this.isUsed ? (await this.get()).look(begun) : {};
  }

  /** Whether there is something to look at. Only after {@link look}. */
  hasNews(): boolean {
    return this.events?.hasNews() ?? false;
  }

  /** Before a start. @returns what it has to wait for, in a sentence */
  async waitsFor(): Promise<string | undefined> {
    return this.isUsed ? (await this.get()).waitsFor() : undefined;
  }

  /** Right before a start: the program will find all earlier changes. */
  forget(): void {
    this.events?.forget();
  }

  /** At the end of a turn: waiters watch for changes, or not until the timer fires. */
  tend(): void {
    this.events?.tend();
  }

  private async get(): Promise<FileEvents> {
    if (this.events) return this.events;
    const { FileEvents } = await import("../events/file_events.ts");
    return this.events = new FileEvents(this.place, this.page, this.records);
  }
}

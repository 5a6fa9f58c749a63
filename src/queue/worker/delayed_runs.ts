import type { QueueConnection } from "../connection/connection.ts";
import { decodeRunStart } from "../run_records.ts";
import { RunActions } from "../runs/run_actions.ts";
import { removeMessages } from "../runs/run_removal.ts";
import { RunReader } from "../runs/run_reader.ts";

/** A timer for a later time would be too long for the runtime; and clocks are set. */
const LONGEST_MS = 60_000;
/** Whoever brings jobs back may be killed: another worker goes on. */
const AGAIN_MS = 5000;
/** Its client may have put jobs aside until then that come after the others; later than this it says so itself. */
const LATE_MS = 2 * 60_000;

/** Brings back the jobs of runs that were not to begin before a time: any worker does so, and it has cost them no delivery. */
export class DelayedRuns {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private looking = false;
  /** Something was begun, or it is time, while it looked. */
  private again = false;
  private closed = false;
  private readonly reader: RunReader;
  private readonly actions: RunActions;

  constructor(connection: QueueConnection, queue: string) {
    this.reader = new RunReader(connection, queue);
    this.actions = new RunActions(this.reader);
  }

  /** Does what is to be done now, and looks again when it is time. Nobody waits for it. */
  look(): void {
    this.again = true;
    if (!this.looking) void this.lookNow();
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async lookNow(): Promise<void> {
    this.looking = true;
    let wait: number | undefined;
    while (this.again && !this.closed) {
      this.again = false;
      // Servers that do not answer now do so later.
      wait = await this.begun().catch(() => AGAIN_MS);
    }
    this.looking = false;
    clearTimeout(this.timer);
    if (wait !== undefined && !this.closed) this.timer = setTimeout(() => this.look(), wait);
  }

  /** @returns milliseconds to the next look; undefined: nothing is delayed */
  private async begun(): Promise<number | undefined> {
    const { connection: { manager }, streams, subjects } = this.reader;
    let wait = Infinity;
    const filter = { subjects_filter: subjects.run("*", "start") };
    const { state } = await manager.streams.info(streams.runs, filter);
    for (const subject of Object.keys(state.subjects ?? {})) {
      const found = await manager.streams.getMessage(streams.runs, { last_by_subj: subject });
      const start = found && decodeRunStart(found.data);
      if (!start) continue;
      const left = start.notBefore - Date.now();
      wait = Math.min(wait, left > 0 ? Math.min(left, LONGEST_MS) : AGAIN_MS);
      if (left <= 0) await this.begin(subject, -left > LATE_MS);
    }
    return wait === Infinity ? undefined : wait;
  }

  /** @param isLate nothing more comes that was put aside */
  private async begin(subject: string, isLate: boolean): Promise<void> {
    const { reader, actions } = this;
    const run = subject.split(".")[3];
    const known = (await reader.records(run)).get(run);
    // One that is paused is brought back by imp runs resume.
    if (known?.order === "pause") return;
    const setup = known?.setup;
    // Another worker may do so now.
    const moved = setup && await actions.bringBack({ run, setup }).catch(() => undefined);
    if (moved !== 0 && setup) return;
    if (isLate || !setup) {
      await removeMessages(reader.connection, reader.streams.runs, subject);
    }
  }
}

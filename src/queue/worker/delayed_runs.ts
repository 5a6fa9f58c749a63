import type { QueueConnection } from "../connection/connection.ts";
import { decodeRunStart } from "../run_records.ts";
import { RunActions } from "../runs/run_actions.ts";
import { removeMessages } from "../runs/run_removal.ts";
import { RunReader } from "../runs/run_reader.ts";

/** A later timer would be too long for the runtime; and clocks are set. */
const LONGEST_MS = 60_000;
/** A worker that brings jobs back may be killed: another one continues. */
const AGAIN_MS = 5000;
/** Its client may still be parking later jobs; after this time it announces that itself. */
const LATE_MS = 2 * 60_000;

/** Brings back the jobs of delayed runs when it is time: any worker does so, and it does not count as a delivery. */
export class DelayedRuns {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private looking = false;
  /** A run was started, or is due, while it looked. */
  private again = false;
  private closed = false;
  private readonly reader: RunReader;
  private readonly actions: RunActions;

  constructor(connection: QueueConnection, queue: string) {
    this.reader = new RunReader(connection, queue);
    this.actions = new RunActions(this.reader);
  }

  /** Does what is due now, and looks again when it is time. Nobody waits for it. */
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
      // Unresponsive servers are tried later.
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
      const left = start.notBefore - await this.reader.clock.now();
      wait = Math.min(wait, left > 0 ? Math.min(left, LONGEST_MS) : AGAIN_MS);
      if (left <= 0) await this.begin(subject, -left > LATE_MS);
    }
    return wait === Infinity ? undefined : wait;
  }

  /** @param isLate nothing more is being parked */
  private async begin(subject: string, isLate: boolean): Promise<void> {
    const { reader, actions } = this;
    const run = subject.split(".")[3];
    const known = (await reader.records(run)).get(run);
    // A paused one is brought back by imp runs resume.
    if (known?.order === "pause") return;
    const setup = known?.setup;
    // Another worker may be doing so now.
    const moved = setup && await actions.bringBack({ run, setup }).catch(() => undefined);
    if (moved !== 0 && setup) return;
    if (isLate || !setup) {
      await removeMessages(reader.connection, reader.streams.runs, subject);
    }
  }
}

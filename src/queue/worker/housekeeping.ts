import type { QueueConnection } from "../connection/connection.ts";
import { apiCode } from "../connection/failures.ts";
import { ERROR_CODE } from "../server_codes.ts";
import type { QueueSettings } from "../queue_settings.ts";
import { pruneRuns } from "../runs/pruning.ts";
import { RunReader } from "../runs/run_reader.ts";
import { settingsOf } from "../runs/settings_record.ts";

/** The interval of checking settings, besides when a change is announced. */
const LOOK_MS = 60_000;
/** The interval at which one worker of a queue removes what is too old or too much. */
const PRUNE_MS = 5 * 60_000;

interface HousekeepingEvents {
  /** The current settings. */
  set(settings: QueueSettings): void;
  tell(text: string): void;
  /** Other regular checks. @returns false if something of the queue is missing */
  look(): Promise<boolean>;
  /** Makes what is missing. */
  make(): Promise<void>;
}

/** A worker's duties for its whole queue: follows its settings, and keeps results from piling up. */
export class Housekeeping {
  private readonly reader: RunReader;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private looking = false;
  /** Settings changed while it looked. */
  private again = false;
  private closed = false;

  constructor(
    connection: QueueConnection,
    queue: string,
    private readonly events: HousekeepingEvents,
  ) {
    this.reader = new RunReader(connection, queue);
  }

  /** Looks now and regularly; not all workers at the same time. */
  async look(): Promise<void> {
    if (this.looking) this.again = true;
    if (this.looking || this.closed) return;
    this.looking = true;
    clearTimeout(this.timer);
    try {
      await this.lookOrMake();
      const settings = await settingsOf(this.reader);
      this.events.set(settings);
      const prunes = settings.keepAge !== undefined || settings.keepSize !== undefined;
      if (prunes && await this.isOurTurn()) await this.prune(settings);
    } catch {
      // The servers do not answer now: next time.
    }
    this.looking = false;
    if (this.again) {
      this.again = false;
      return this.look();
    }
    if (!this.closed) {
      this.timer = setTimeout(() => void this.look(), LOOK_MS * (0.5 + Math.random()));
    }
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  /** An administrator may have deleted the queue, or its servers have lost their store. */
  private async lookOrMake(): Promise<void> {
    const { events } = this;
    const isThere = await events.look().catch((error) => {
      if (apiCode(error) === ERROR_CODE.streamMissing) return false;
      throw error;
    });
    if (isThere) return;
    await events.make();
    await events.look();
  }

  private async prune(settings: QueueSettings): Promise<void> {
    await pruneRuns(this.reader, settings, (run, because) => {
      this.events.tell(`removed run ${run} because of its ${because}`);
    });
  }

  /** One of several workers claims the turn. */
  private async isOurTurn(): Promise<boolean> {
    const { connection: { manager, jetstream }, streams, subjects } = this.reader;
    const subject = subjects.own("pruned");
    const last = await manager.streams.getMessage(streams.runs, { last_by_subj: subject });
    if (last && await this.reader.clock.now() - last.time.getTime() < PRUNE_MS) return false;
    const expect = { lastSubjectSequence: last?.seq ?? 0 };
    return await jetstream.publish(subject, undefined, { expect }).then(() => true, () => false);
  }
}

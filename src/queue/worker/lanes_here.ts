import type { QueueConnection } from "../connection/connection.ts";
import { type Lane, lanesFor, USUAL_LANE } from "../lanes.ts";
import { laneOfWorkers, WORKERS, workersOf } from "../names.ts";
import type { NatsLink } from "../nats_link.ts";
import { SilenceWatch } from "../silence.ts";
import { LanePuller } from "./lane_puller.ts";
import { type JobSupply, Puller, type PullerEvents } from "./puller.ts";

/** Which of a worker's lanes a queue has, in order. Pure. @param consumers of the stream of jobs */
export function lanesServed(consumers: readonly string[], served: readonly Lane[]): Lane[] {
  const there = new Set(consumers.filter((name) => laneOfWorkers(name) !== undefined));
  return served.filter((lane) => there.has(workersOf(lane)));
}

/**
 * Jobs of the existing lanes; lanes may be added while the worker runs. A queue with only the usual lane is asked as if
 * there were none.
 */
export class LanesHere implements JobSupply {
  private readonly served: readonly Lane[];
  private there: readonly Lane[] = [USUAL_LANE];
  /** Undefined: nothing was requested yet. */
  private supply: JobSupply | undefined;
  private changing = false;
  private stopped = false;
  private readonly silence: SilenceWatch;

  /** @param tags of the worker @param note reports that servers answer nothing */
  constructor(
    private readonly link: NatsLink,
    private readonly stream: string,
    tags: readonly string[],
    private readonly untilEmpty: boolean,
    private readonly events: PullerEvents,
    note: (text: string) => void,
  ) {
    this.served = lanesFor(tags);
    const renew = () => this.replace();
    this.silence = new SilenceWatch(link, { what: "jobs", stream, note, renew });
  }

  /** Looks for the current lanes. @returns false if not even the usual one is there */
  async look({ manager }: Pick<QueueConnection, "manager">): Promise<boolean> {
    const names: string[] = [];
    for await (const { name } of manager.consumers.list(this.stream)) names.push(name);
    if (!names.includes(WORKERS)) return false;
    this.set(lanesServed(names, this.served));
    return true;
  }

  /** The consumers that deliver jobs. */
  get consumers(): readonly string[] {
    return this.there.map(workersOf);
  }

  pull(): void {
    if (this.changing || this.stopped) return;
    this.supply ??= this.made();
    this.supply.pull();
  }

  lost(): void {
    this.silence.lost();
    this.supply?.lost();
  }

  stop(done: () => void): void {
    this.stopped = true;
    if (this.supply) this.supply.stop(done);
    else done();
  }

  private set(lanes: readonly Lane[]): void {
    const key = (some: readonly Lane[]) => some.map(workersOf).join();
    if (this.stopped || this.changing || key(lanes) === key(this.there)) return;
    this.there = lanes;
    this.replace();
  }

  /** Another supply takes the place of this one, with other subjects for answers. */
  private replace(): void {
    if (!this.supply || this.changing || this.stopped) return;
    this.changing = true;
    // Earlier requests may still deliver.
    this.supply.stop(() => {
      this.changing = false;
      this.supply = undefined;
      this.pull();
    });
  }

  private made(): JobSupply {
    const { link, stream, untilEmpty, silence, there } = this;
    const events = { ...this.events, silence };
    const isUsual = there.length === 1 && there[0] === USUAL_LANE;
    return isUsual
      ? new Puller(link, stream, untilEmpty, events)
      : new LanePuller(link, stream, there, untilEmpty, events);
  }
}

// Pure: how to run a run's jobs here. Runs with the same setup share one child.
import type { WorkerSetup } from "../../hosts/greeting.ts";
import type { RunSetup } from "../run_records.ts";

/** Settings of this worker rather than the run. */
export interface OwnSetup {
  readonly slots: number;
  /** The name of this machine. */
  readonly host: string;
  /** Bytes of output that a child may be ahead. */
  readonly credit: number;
}

export class ChildSetups {
  private readonly known = new WeakMap<RunSetup, string>();

  constructor(private readonly own: OwnSetup) {}

  /** Equal for runs that one child can serve. */
  keyOf(setup: RunSetup): string {
    let key = this.known.get(setup);
    if (key === undefined) {
      const { slots, host, credit } = this.own;
      const mine = { slots: String(slots), firstSlot: 1, output: "group", credit };
      const workers = residentWorkersOf(setup);
      const at = workers && { workers: { ...workers, host, login: host } };
      key = JSON.stringify({ termSteps: [], ...setup.setup, ...at, ...mine });
      this.known.set(setup, key);
    }
    return key;
  }
}

/** The resident workers that a run asks for; undefined: its jobs are processes. */
export function residentWorkersOf({ setup }: RunSetup): WorkerSetup["workers"] {
  return (setup as Partial<WorkerSetup>).workers;
}

/** @param key from {@link ChildSetups.keyOf} @param source of the module that its workers call, if they do */
export function childSetup(key: string, source: string | undefined): WorkerSetup {
  const setup: WorkerSetup = JSON.parse(key);
  const { workers } = setup;
  if (!workers?.call || source === undefined) return setup;
  return { ...setup, workers: { ...workers, call: { ...workers.call, source } } };
}

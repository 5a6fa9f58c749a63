// A kept daemon of a test: its records are written here, to try everything that imp start has an option for, and more.
import { keptPlace, makeKeptPlace } from "../../src/keeper/home.ts";
import { raiseKeeper, type Waiters } from "../../src/keeper/waiter/raise.ts";
import { type Intent, nextIntent } from "../../src/keeper/records/intent.ts";
import {
  writeIntent,
  writeKeptEnvironment,
  writeKeptSettings,
} from "../../src/keeper/records/kept_records.ts";
import type { KeptSettings } from "../../src/keeper/records/kept_settings.ts";
import type { KeptPhase, KeptState } from "../../src/keeper/records/kept_state.ts";
import { readIntentRecord, readStateRecord } from "../../src/keeper/records/reading.ts";
import { settingsOf } from "../keeper/samples.ts";
import { eventually, impBinary, isAlive, type Sandbox, TAG } from "./harness.ts";

export class KeptDaemon {
  readonly home: string;
  readonly place;
  waiters: Waiters | undefined;

  constructor(private readonly box: Sandbox, readonly name = "web") {
    this.home = box.path("home");
    this.place = keptPlace(this.home, name);
    makeKeptPlace(this.place);
  }

  get log(): string {
    return this.box.path(`${this.name}.log`);
  }

  /** Writes settings and environment. */
  settle(changes: Partial<KeptSettings>, environment: readonly string[] = []): void {
    const { name, place } = this;
    const log = { keep: 1, format: "raw", target: "file", stdout: this.log } as const;
    writeKeptSettings(place, settingsOf({ name, log, ...changes }));
    const path = Deno.env.get("PATH") ?? "/usr/bin:/bin";
    writeKeptEnvironment(place, [`PATH=${path}`, `${TAG}=${this.box.tag}`, ...environment]);
  }

  want(wanted: "run" | "stop"): void {
    const { place, name } = this;
    const by = `imp ${wanted === "run" ? "start" : "stop"} ${name}`;
    writeIntent(place, nextIntent(this.intent(), { wanted, by, at: Date.now() }));
  }

  /** Records that it should run, and starts keepers. */
  start(changes: Partial<KeptSettings>, environment?: readonly string[]): Waiters {
    this.settle(changes, environment);
    this.want("run");
    return this.raise();
  }

  /** @param watched descriptors that its waiters get */
  raise(
    words = [impBinary(), "keeper-turn", this.place.directory],
    watched: readonly number[] = [],
  ): Waiters {
    const path = Deno.env.get("PATH") ?? "/usr/bin:/bin";
    const environment = [`PATH=${path}`, `${TAG}=${this.box.tag}`, `IMP_HOME=${this.home}`];
    return this.waiters = raiseKeeper(this.place, { words, environment, watched });
  }

  intent(): Intent | undefined {
    const reading = readIntentRecord(this.place.directory);
    return reading.is === "read" ? reading.value : undefined;
  }

  state(): KeptState | undefined {
    const reading = readStateRecord(this.place.directory);
    return reading.is === "read" ? reading.value : undefined;
  }

  get pid(): number {
    return this.state()?.program?.pid ?? 0;
  }

  /** Waits for a phase in which `also` holds. */
  async reaches(phase: KeptPhase, also: (state: KeptState) => boolean = () => true) {
    await eventually(
      () => {
        const state = this.state();
        return state !== undefined && state.phase === phase && also(state);
      },
      () => `not ${phase}: ${JSON.stringify(this.state())}\n${this.logText()}`,
      60_000,
    );
    return this.state()!;
  }

  logText(): string {
    try {
      return Deno.readTextFileSync(this.log);
    } catch {
      return "";
    }
  }

  wake(): void {
    this.signal("SIGUSR1");
  }

  signal(signal: Deno.Signal): void {
    const { keeper } = this.state() ?? {};
    Deno.kill(keeper?.pid ?? this.waiters!.keeper.pid, signal);
  }

  /** Waits until its keepers have left by themselves. */
  async isLeft(): Promise<void> {
    const { guard, keeper } = this.waiters!;
    const pids = [guard?.pid ?? 0, keeper.pid, this.state()?.guard?.pid ?? 0];
    await eventually(
      () => pids.every((pid) => pid === 0 || !isAlive(pid)),
      () => `the keepers are still there: ${JSON.stringify(this.state())}`,
      60_000,
    );
  }

  /** Makes its keeper stop it; the keeper then leaves. */
  async stop(): Promise<KeptState> {
    this.want("stop");
    this.wake();
    const state = await this.reaches("stopped");
    await this.isLeft();
    return state;
  }
}

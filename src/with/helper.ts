import { FLOOR } from "../libc/descriptors/reserved.ts";
import { EAGAIN, F_SETFL, O_NONBLOCK, O_RDWR } from "../libc/abi.ts";
import { closeFile, moveUp, openFile, readSome } from "../libc/descriptors/files.ts";
import type { AttemptListener } from "../libc/processes/attempts.ts";
import { libc } from "../libc/calling/load.ts";
import { openPipe } from "../libc/descriptors/pipe.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { makeProbe } from "../ready/make_probe.ts";
import type { Probe, Readiness } from "../ready/probe.ts";
import { describeRule } from "../ready/rule.ts";
import { runtime } from "../runtime/mod.ts";
import { LineSplitter } from "../base/line_splitter.ts";
import type { HelperSettings } from "./state.ts";
import { startHelper } from "./start_helper.ts";

/** How many of its last lines are kept for a report. */
const KEPT_LINES = 10;
/** More than any pipe holds, by a good margin: a process that goes on printing after that is cut off. */
const WHOLE_PIPE_READS = 32;

/** One helper of a run: its process, its output, its readiness. */
export class Helper {
  pid = 0;
  ready = false;
  ended = false;
  /** The read end of its output; -1 when it is closed. */
  output = -1;
  listener: AttemptListener | undefined;
  startedAt = 0;
  private probes: Probe[] = [];
  private readonly lines = new LineSplitter();
  private readonly decoder = new TextDecoder();
  private readonly last: Uint8Array[] = [];

  constructor(readonly settings: HelperSettings) {}

  get name(): string {
    return this.settings.name;
  }

  get isDaemon(): boolean {
    return this.settings.kind === "daemon";
  }

  /** @throws ImpError if it cannot be started, or its readiness could not be observed */
  start(environment: readonly Bytes[], noChildren: boolean): void {
    const { words, ready } = this.settings;
    const env = [...environment, ...this.settings.environment];
    const targets = ready.map((rule) => rule.kind === "fd" ? rule.fd : 2);
    const lowest = Math.max(FLOOR.job, ...targets.map((fd) => fd + 1));
    for (const rule of ready) this.probes.push(makeProbe(rule, env, lowest));
    const [readEnd, writeEnd] = outputPipe(lowest);
    const nothing = moveUp(openFile("/dev/null", O_RDWR), lowest);
    this.output = readEnd;
    // Both streams through one pipe, so that its lines stay in order.
    const { pid, listener } = startHelper({
      words,
      env: [...env, ...this.probes.flatMap(({ environment = [] }) => environment)],
      descriptors: [
        [nothing, 0],
        [writeEnd, 1],
        [writeEnd, 2],
        ...this.probes.flatMap(({ descriptors = [] }) => descriptors),
      ],
      noChildren: noChildren && this.isDaemon,
      lowest,
    });
    this.pid = pid;
    this.listener = listener;
    this.startedAt = runtime.now();
    for (const probe of this.probes) probe.started(pid, this.startedAt);
  }

  /** Descriptors that announce news about its readiness. */
  get readyFds(): number[] {
    return this.probes.flatMap(({ fd }) => fd === undefined ? [] : [fd]);
  }

  /**
   * Reads what it has printed.
   * @param how `some`: more at once would keep the loop from looking at anything else. `all`: everything in the pipe
   * @returns whole lines
   */
  read(how: "some" | "all"): Uint8Array[] {
    const lines: Uint8Array[] = [];
    const most = how === "some" ? 1 : WHOLE_PIPE_READS;
    for (let i = 0; i < most && this.output >= 0; i++) {
      const bytes = readSome(this.output);
      if (bytes === -EAGAIN) break;
      const end = typeof bytes === "number" || bytes.length === 0;
      for (const line of end ? this.lines.end() : this.lines.take(bytes)) lines.push(line);
      if (end) this.closeOutput();
    }
    this.hear(lines);
    return lines;
  }

  /** A last line without a line break, once nothing more can come. */
  rest(): Uint8Array[] {
    return this.lines.end();
  }

  /** The last lines it printed, including an incomplete one. */
  get lastLines(): string[] {
    const begun = this.lines.begun;
    const last = begun.length > 0 ? [...this.last, begun] : this.last;
    return last.slice(-KEPT_LINES).map((line) => this.decoder.decode(line));
  }

  childEnded(...of: Parameters<NonNullable<Probe["childEnded"]>>): void {
    for (const probe of this.probes) probe.childEnded?.(...of);
  }

  /** Checks whether it is ready: when all its rules hold. */
  look(now: number): Readiness {
    let until = Infinity;
    for (const [i, probe] of [...this.probes.entries()]) {
      const look = probe.look(now);
      if (look === "ready") {
        probe.close();
        this.probes[i] = HELD;
      } else if ("failed" in look) return look;
      else until = Math.min(until, look.until);
    }
    if (this.probes.some((probe) => probe !== HELD)) return { until };
    this.ready = true;
    return "ready";
  }

  /** What is being waited for, as a phrase. */
  get awaited(): string {
    const open = this.settings.ready.filter((_, i) => this.probes[i] !== HELD);
    return open.map(describeRule).join(" and ");
  }

  closeProbes(): void {
    for (const probe of this.probes) probe.close();
    this.probes = [];
  }

  closeListener(): void {
    this.listener?.close();
    this.listener = undefined;
  }

  closeOutput(): void {
    if (this.output >= 0) closeFile(this.output);
    this.output = -1;
  }

  private hear(lines: readonly Uint8Array[]): void {
    this.last.push(...lines.slice(-KEPT_LINES));
    this.last.splice(0, Math.max(0, this.last.length - KEPT_LINES));
    const listeners = this.ready ? [] : this.probes.filter(({ heard }) => heard !== undefined);
    if (listeners.length === 0) return;
    for (const line of lines) {
      const text = this.decoder.decode(line);
      for (const probe of listeners) probe.heard!(text);
    }
  }
}

/** Replaces a rule that has held once. */
const HELD: Probe = { started: () => {}, look: () => "ready", close: () => {} };

/** Its read end does not block. */
function outputPipe(lowest: number): [readEnd: number, writeEnd: number] {
  const ends = openPipe(lowest);
  libc("fcntl").fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return ends;
}

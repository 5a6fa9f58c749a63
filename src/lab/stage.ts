import { FLOOR } from "../libc/descriptors/reserved.ts";
import { ImpError } from "../base/errors.ts";
import { closeFile, writeAll } from "../libc/descriptors/files.ts";
import { systemError } from "../libc/calling/errno.ts";
import { openPipe } from "../libc/descriptors/pipe.ts";
import { nameOf } from "../libc/processes/process_image.ts";
import { ownPid } from "../libc/processes/process.ts";
import { findProgram } from "../libc/processes/program_file.ts";
import { sendSignal, signalName } from "../libc/processes/signals.ts";
import { type Bytes, spawn } from "../libc/processes/spawn.ts";
import { Witness } from "../libc/descriptors/witness.ts";
import { runtime } from "../runtime/mod.ts";
import type { Facts, LabEvent, What } from "./rules.ts";
import { momentNow, type Observation, ProcessObserver, SocketLines } from "./observer.ts";
import { programWords, SECOND_VARIABLE } from "./program.ts";

/** Where a scenario is played. */
export interface StageSettings {
  readonly id: string;
  readonly names: readonly string[];
  /** Milliseconds per second of the documents. */
  readonly second: number;
  /** A directory for this scenario alone; it exists. */
  readonly directory: string;
  /** The environment of everything that is started. */
  readonly environment: readonly Bytes[];
  /** Whether children of known processes are discovered automatically. */
  readonly follow: boolean;
  /** Called at every step; throws if the play must stop. */
  check(): void;
}

export interface StartOptions {
  readonly who?: string;
  /** Words after the program's part. */
  readonly args?: readonly string[];
  /** In a new session. */
  readonly newSession?: boolean;
  /** A terminal that becomes its controlling one; with `newSession`. */
  readonly terminal?: string;
  /** Environment variables in addition to the common ones. */
  readonly variables?: Readonly<Record<string, string>>;
}

const STEP_MS = 4;
/** Time limit for things that do not depend on the speed: a loaded machine starts processes slowly. */
export const PATIENCE_MS = 15_000;
const UNKNOWN = "somebody";

/** Starts real processes and records what is seen of them. */
export class Stage {
  readonly events: LabEvent[] = [];
  readonly directory: string;
  private readonly began = runtime.now();
  private readonly watch = new ProcessObserver(ownPid());
  private readonly names = new Map<number, string>();
  private readonly witness = new Witness(FLOOR.scene);
  private readonly lines = new SocketLines();
  private readonly inputs = new Map<number, number>();
  private children = 0;
  private lookedAt = this.began;
  /** The longest time between two looks, milliseconds: the whole machine may have stalled for this long. */
  stall = 0;

  constructor(private readonly setting: StageSettings) {
    this.directory = setting.directory;
  }

  /** Milliseconds here for a number of seconds of the documents. */
  ms(seconds: number): number {
    return seconds * this.setting.second;
  }

  /** Starts a part of the scenario's own program; its output and its children's is captured. @returns its PID */
  start(part: string, options: StartOptions = {}): number {
    const words = programWords(this.setting.id, part, options.args);
    return this.run(words, { who: part, ...options });
  }

  /** Starts any program by its name or path. @throws ImpError */
  run(
    words: readonly string[],
    { who = words[0], newSession, terminal, variables = {} }: StartOptions,
  ): number {
    const more = { ...variables, [SECOND_VARIABLE]: String(this.setting.second) };
    const environment = [
      ...this.setting.environment.filter((word) => !Object.hasOwn(more, nameOf(word) ?? "")),
      ...Object.entries(more).map(([name, value]) => `${name}=${value}`),
    ];
    const path = findProgram(words[0], environment, "/");
    const [input, keyboard] = openPipe(FLOOR.scene);
    const { writer } = this.witness;
    const pid = spawn({
      path,
      argv: words,
      env: environment,
      newSession,
      terminal,
      descriptors: terminal ? [[writer, 1], [writer, 2]] : [[input, 0], [writer, 1], [writer, 2]],
    });
    closeFile(input);
    if (pid < 0) {
      closeFile(keyboard);
      throw systemError(-pid, "start", path);
    }
    this.inputs.set(pid, keyboard);
    this.observe(pid, who);
    return pid;
  }

  /** The environment of everything that is started here. */
  environment(): Record<string, string> {
    const decoder = new TextDecoder();
    const words = this.setting.environment.map((word) =>
      typeof word === "string" ? word : decoder.decode(word)
    );
    return Object.fromEntries(words.map((word) => [
      word.slice(0, word.indexOf("=")),
      word.slice(word.indexOf("=") + 1),
    ]));
  }

  /** Observes a process that would not be discovered automatically. */
  observe(pid: number, who: string): void {
    if (!this.names.has(pid)) this.names.set(pid, who);
    this.noteAll(this.watch.add(pid));
  }

  /** Records facts about a process that is over: /proc is no longer read. */
  showPast(pid: number, who: string, text: string, facts: Facts): void {
    this.names.set(pid, who);
    this.note({ pid, what: "shows", text, moment: null, facts });
  }

  /** Lets a program continue that waits for its turn. */
  next(pid: number): void {
    const keyboard = this.inputs.get(pid);
    if (keyboard === undefined) return;
    try {
      writeAll(keyboard, "\n", "a program's input");
    } catch (error) {
      // EPIPE: it has ended, which the rules judge.
      if (!(error instanceof ImpError)) throw error;
    }
  }

  /** Sends a signal and records it. */
  signal(pid: number, number: number): void {
    this.did(pid, `kill -${signalName(number)} ${pid}`);
    sendSignal(pid, number);
  }

  /** Records what the lab itself did to a process. */
  did(pid: number, text: string): void {
    this.note({ pid, what: "lab", text, moment: momentNow(pid) });
  }

  /** Records facts about a process. */
  show(pid: number, text: string, facts: Facts): void {
    this.note({ pid, what: "shows", text, moment: momentNow(pid), facts });
  }

  /** Looks until the condition holds. @returns false if it still does not after that time */
  async until(condition: () => boolean, ms = PATIENCE_MS): Promise<boolean> {
    const deadline = runtime.now() + ms;
    for (;;) {
      this.setting.check();
      this.look();
      if (condition()) return true;
      if (runtime.now() >= deadline) return false;
      await runtime.sleep(STEP_MS);
    }
  }

  /** Keeps looking for a while. */
  async rest(ms: number): Promise<void> {
    await this.until(() => false, ms);
  }

  /** Waits until the process has ended. @returns false if it does not */
  async ended(pid: number, ms = PATIENCE_MS): Promise<boolean> {
    return await this.until(() => !this.watch.isAlive(pid), ms);
  }

  /** Waits until all processes seen have ended. @returns false if one does not */
  async allEnded(ms = PATIENCE_MS): Promise<boolean> {
    return await this.until(() => this.watch.alive().length === 0, ms);
  }

  isAlive(pid: number): boolean {
    return this.watch.isAlive(pid);
  }

  /** Whether such an event has been observed. */
  has(pattern: (event: LabEvent) => boolean): boolean {
    return this.events.some(pattern);
  }

  /** PIDs by their name in the scenario, in order of appearance. */
  pids(who: string): number[] {
    return [...this.names].filter(([, name]) => name === who || name.startsWith(`${who} `))
      .map(([pid]) => pid);
  }

  /** The end of the play: takes in pending output, and reaps. */
  finish(): void {
    this.look();
    for (const { pid, text } of this.lines.rest()) this.hear(pid, text);
    for (const keyboard of this.inputs.values()) closeFile(keyboard);
    this.inputs.clear();
  }

  /** Stops observing. */
  close(): void {
    this.watch.reap();
    this.watch.close();
    this.witness.close();
  }

  /** Reaps what was started here and has been killed. */
  reap(): void {
    this.watch.reap();
  }

  /** Ends are detected first and recorded last, so that everything a process wrote before it ended precedes its end. */
  private look(): void {
    const now = runtime.now();
    this.stall = Math.max(this.stall, now - this.lookedAt);
    this.lookedAt = now;
    const changes = this.watch.changes(now);
    if (this.setting.follow) this.noteAll(this.watch.newcomers());
    for (const { pid, bytes } of this.witness.read()) {
      for (const { text } of this.lines.take(pid, bytes)) this.hear(pid, text);
    }
    this.noteAll(changes);
  }

  private hear(pid: number, text: string): void {
    if (!this.watch.knows(pid)) this.noteAll(this.watch.add(pid));
    this.note({ pid, what: "says", text, moment: momentNow(pid) });
  }

  private noteAll(findings: readonly Observation[]): void {
    for (const finding of findings) this.note(finding);
  }

  private note({ pid, what, text, moment, facts }: Observation): void {
    const at = Math.round(runtime.now() - this.began);
    const who = this.nameOf(pid, what);
    this.events.push({ at, pid, who, what, text, moment, ...(facts ? { facts } : {}) });
  }

  private nameOf(pid: number, what: What): string {
    const known = this.names.get(pid);
    if (known !== undefined) return known;
    // It ended before it was seen alive: which one it was is unknown.
    if (what !== "starts") return UNKNOWN;
    const name = this.setting.names[this.children] ?? `child ${this.children + 1}`;
    this.children++;
    this.names.set(pid, name);
    return name;
  }
}

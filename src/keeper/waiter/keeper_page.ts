import { O_RDONLY, O_RDWR, POLLIN } from "../../libc/abi.ts";
import { closeFile, tryOpen } from "../../libc/descriptors/files.ts";
import { createSharedMemory, mapShared } from "../../libc/descriptors/mapping.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { tryStatFd } from "../../libc/descriptors/stat.ts";
import { type Ending, endingOf } from "../../libc/processes/wait.ts";
import { ITIMERSPEC } from "../../libc/structs.ts";
import {
  END_RECORD,
  MOST_WATCHED,
  PAGE,
  PAGE_MAGIC,
  PAGE_VERSION,
  WAITER_EVENT,
  WAITER_FD,
  type WaiterEvent,
} from "./page_layout.ts";
import type { KeptEnd, TurnOutcome, WaiterCounts } from "./page_types.ts";

const EVENTS = Object.keys(WAITER_EVENT) as WaiterEvent[];

/** The page that waiters share with imp (page_layout.ts), typed. */
export class KeeperPage {
  private readonly words: Int32Array;
  private readonly view: DataView;
  private readonly bytes: Uint8Array;

  /** @param memory the page itself, or a copy of it */
  constructor(memory: ArrayBuffer) {
    this.words = new Int32Array(memory, 0, PAGE.bytes / 4);
    this.view = new DataView(memory, 0, PAGE.bytes);
    this.bytes = new Uint8Array(memory, 0, PAGE.bytes);
  }

  /** PID of the guard; 0 if there is none. */
  get guard(): number {
    return this.word(PAGE.guard);
  }

  /** PID of the keeper: the waiter that acts. */
  get keeper(): number {
    return this.word(PAGE.keeper);
  }

  /** PID of the program's main process; 0 if there is none. */
  get program(): number {
    return this.word(PAGE.program);
  }

  /** Must be set as soon as the PID is known: an earlier end is reported as {@link other}. */
  set program(pid: number) {
    this.put(PAGE.program, pid);
  }

  /** PID of the running turn; 0 if there is none. */
  get turn(): number {
    return this.word(PAGE.turn);
  }

  /** The waiters should exit when the turn has ended, or are about to. */
  get leave(): boolean {
    return this.word(PAGE.leave) !== 0;
  }

  /** How many turns in a row have failed. */
  get failures(): number {
    return this.word(PAGE.failures);
  }

  /** How the last turn ended, or the errno if it could not be forked. */
  get turnEnding(): Ending | { readonly how: "not forked"; readonly errno: number } {
    const status = this.word(PAGE.turnStatus);
    return status < 0 ? { how: "not forked", errno: -status } : endingOf(status);
  }

  /** Whether its waiters take plain pings themselves. */
  get takesPings(): boolean {
    return this.word(PAGE.pings) !== 0;
  }

  /** Milliseconds without a ping after which their timer expires. */
  get pingedWithin(): number {
    const { it_value } = ITIMERSPEC;
    const long = (at: number) => Number(this.view.getBigInt64(PAGE.pingTimer + at, true));
    return long(it_value) * 1000 + long(it_value + 8) / 1e6;
  }

  /** How many they have taken. */
  get pinged(): number {
    return this.word(PAGE.pinged);
  }

  /**
   * From now on, waiters take plain pings of the program themselves. While a turn runs they do not look.
   * @param timer descriptor of one of their timers, already set, which each ping restarts; -1: none
   */
  takePings(timer: number, within = 0): void {
    const { it_value } = ITIMERSPEC;
    const nanoseconds = BigInt(Math.ceil(within * 1000)) * 1000n;
    this.view.setBigInt64(PAGE.pingTimer + it_value, nanoseconds / 1_000_000_000n, true);
    this.view.setBigInt64(PAGE.pingTimer + it_value + 8, nanoseconds % 1_000_000_000n, true);
    this.put(PAGE.pings, timer);
  }

  /** Pings wake a turn again. */
  leavePings(): void {
    this.put(PAGE.pings, 0);
  }

  /** When the last health probe began, in milliseconds since boot; 0: never. */
  get probedAt(): number {
    return this.view.getFloat64(PAGE.probedAt, true);
  }

  set probedAt(ms: number) {
    this.view.setFloat64(PAGE.probedAt, ms, true);
  }

  /** The signal that raised `asked`. */
  get signal(): number {
    return this.word(PAGE.signal);
  }

  get raised(): WaiterCounts {
    return this.counts(PAGE.raised);
  }

  get seen(): WaiterCounts {
    return this.counts(PAGE.seen);
  }

  /** Events that have not been handled. */
  pending(): WaiterEvent[] {
    const { raised, seen } = this;
    return EVENTS.filter((event) => raised[event] !== seen[event]);
  }

  /**
   * Indexes of the watched descriptors that were ready since the last call. A turn calls it after it has read {@link
   * raised}.
   */
  takeReady(): number[] {
    const bits = Atomics.exchange(this.words, PAGE.ready / 4, 0);
    return Array.from({ length: MOST_WATCHED }, (_, i) => i).filter((i) => bits & (1 << i));
  }

  /** Whether a watched descriptor is polled: not after an error or a hang-up, or {@link unwatch}. */
  isWatched(index: number): boolean {
    return this.word(polledAt(index)) >= 0;
  }

  /** The waiters no longer poll a watched descriptor. */
  unwatch(index: number): void {
    this.put(polledAt(index), -1);
  }

  /** The waiters poll it again. */
  watchAgain(index: number): void {
    this.put(polledAt(index), WAITER_FD.watched + index);
  }

  /** How `program` ended; undefined before its first end. */
  ended(): KeptEnd | undefined {
    return this.end(PAGE.ended);
  }

  /** The last ended child that was neither turn nor waiter nor `program`. */
  other(): KeptEnd | undefined {
    return this.end(PAGE.other);
  }

  /** What an earlier turn could not write to the disk; undefined: nothing. */
  get text(): string | undefined {
    const length = this.word(PAGE.textLength);
    if (length <= 0 || length > PAGE.bytes - PAGE.text) return undefined;
    return new TextDecoder().decode(this.bytes.slice(PAGE.text, PAGE.text + length));
  }

  /** Leaves a text for the next turn. @returns false if it is too long: then nothing is left */
  leaveText(text: string | undefined): boolean {
    // A turn killed during this has left nothing.
    this.put(PAGE.textLength, 0);
    const bytes = new TextEncoder().encode(text);
    if (bytes.length > PAGE.bytes - PAGE.text) return false;
    this.bytes.set(bytes, PAGE.text);
    this.put(PAGE.textLength, bytes.length);
    return true;
  }

  /** The last act of a turn before it exits with 0. */
  finish({ handled, leave, pair }: TurnOutcome): void {
    for (const event of EVENTS) this.put(PAGE.seen + 4 * WAITER_EVENT[event], handled[event]);
    this.put(PAGE.leave, leave ? 1 : 0);
    this.put(PAGE.pair, pair ? 1 : 0);
    this.put(PAGE.done, 1);
  }

  /** Turns a zeroed page into that of waiters that are about to be started. */
  begin(program: number, watched: number, held = 0): void {
    this.put(PAGE.magic, PAGE_MAGIC);
    this.put(PAGE.version, PAGE_VERSION);
    this.put(PAGE.program, program);
    this.put(PAGE.polledCount, 2 + watched);
    this.put(PAGE.held, held);
    this.put(PAGE.polled, WAITER_FD.signals);
    this.put(PAGE.polled + 8, WAITER_FD.timer);
    for (let i = 0; i < 2 + MOST_WATCHED; i++) this.put(PAGE.polled + 8 * i + 4, POLLIN);
    for (let i = 0; i < MOST_WATCHED; i++) {
      this.put(polledAt(i), i < watched ? WAITER_FD.watched + i : -1);
    }
  }

  private counts(at: number): WaiterCounts {
    const entries = EVENTS.map((event) => [event, this.word(at + 4 * WAITER_EVENT[event])]);
    return Object.fromEntries(entries);
  }

  private end(record: number): KeptEnd | undefined {
    const pid = this.word(record + END_RECORD.pid);
    if (pid === 0) return undefined;
    const long = (at: number) => Number(this.view.getBigInt64(record + at, true));
    // struct rusage: two times of seconds and microseconds, then longs; ru_maxrss in KiB is the first of these.
    const time = (at: number) => long(at) * 1000 + long(at + 8) / 1000;
    const { usage, at } = END_RECORD;
    return {
      pid,
      ending: endingOf(this.word(record + END_RECORD.status)),
      at: long(at) * 1000 + long(at + 8) / 1e6,
      cpuMs: time(usage) + time(usage + 16),
      maxRssBytes: long(usage + 32) * 1024,
    };
  }

  private word(at: number): number {
    return Atomics.load(this.words, at / 4);
  }

  private put(at: number, value: number): void {
    Atomics.store(this.words, at / 4, value);
  }
}

function polledAt(index: number): number {
  return PAGE.polled + 8 * (2 + index);
}

/** A new page, zeroed, and its descriptor, close-on-exec. @throws ImpError */
export function createKeeperPage(): { page: KeeperPage; fd: number } {
  const fd = createSharedMemory(PAGE.bytes, "imp-keeper");
  return { page: new KeeperPage(mapShared(fd, PAGE.bytes)), fd };
}

/** The page of the waiter that started this turn; undefined if this is not a turn. */
export function turnsPage(): KeeperPage | undefined {
  return isPage(WAITER_FD.page) ? new KeeperPage(mapShared(WAITER_FD.page, PAGE.bytes)) : undefined;
}

/** A copy of a waiter's current page; undefined if there is no such waiter, or it may not be examined. */
export function readKeeperPage(waiter: number): KeeperPage | undefined {
  return withPage(waiter, O_RDONLY, (fd) => {
    const bytes = readAt(fd, 0, PAGE.bytes);
    return typeof bytes === "number" ? undefined : new KeeperPage(bytes.slice().buffer);
  });
}

/** A waiter's page itself, for writing; undefined as above. Under Deno its mapping stays until this process ends. */
export function openKeeperPage(waiter: number): KeeperPage | undefined {
  return withPage(waiter, O_RDWR, (fd) => new KeeperPage(mapShared(fd, PAGE.bytes)));
}

function withPage<T>(waiter: number, flags: number, use: (fd: number) => T): T | undefined {
  const fd = tryOpen(`/proc/${waiter}/fd/${WAITER_FD.page}`, flags);
  if (fd < 0) return undefined;
  try {
    return isPage(fd) ? use(fd) : undefined;
  } finally {
    closeFile(fd);
  }
}

/** Checks size, magic and version: accessing a mapping beyond the end of its file raises SIGBUS. */
function isPage(fd: number): boolean {
  const status = tryStatFd(fd);
  if (status?.kind !== "file" || status.size !== PAGE.bytes) return false;
  const head = readAt(fd, 0, 8);
  const [magic, version] = typeof head === "number" ? [] : new Int32Array(head.slice().buffer);
  return magic === PAGE_MAGIC && version === PAGE_VERSION;
}

import { POSIX_SPAWN_SETPGROUP, POSIX_SPAWN_SETSIGDEF, POSIX_SPAWN_SETSIGMASK } from "../abi.ts";
import { isIgnoredByCaller, RUNTIME_IGNORES } from "./dispositions.ts";
import { POSIX_SPAWN_ACTIONS_BYTES, POSIX_SPAWNATTR_BYTES } from "../structs.ts";
import { libc } from "../calling/load.ts";
import { allocate, allocateForGood, type Block, cString, cStrings } from "../calling/memory.ts";
import { signalSet } from "./signals.ts";
import { addForeground, type Bytes } from "./spawn.ts";

const c = libc(
  "posix_spawn",
  "posix_spawnattr_init",
  "posix_spawnattr_setflags",
  "posix_spawnattr_setpgroup",
  "posix_spawnattr_setsigdefault",
  "posix_spawnattr_setsigmask",
  "posix_spawn_file_actions_init",
  "posix_spawn_file_actions_destroy",
  "posix_spawn_file_actions_adddup2",
);

const MOST_ACTIONS = 256;
/** glibc's posix_spawn leaves its own two signals ignored, and children would inherit what the runtime ignores. */
const LIBC_IGNORES = [32, 33];

/** Not what the caller ignores too. */
function toReset(): number[] {
  return [...RUNTIME_IGNORES.filter((n) => !isIgnoredByCaller(n)), ...LIBC_IGNORES];
}

/** Linux takes no more than 6 MiB of arguments and environment, whatever the stack limit: exec(2). */
const MOST_BYTES = 6 << 20;
/** Up to this length a loop is faster than a bulk call. */
const SHORT = 64;

/**
 * Starts one program again and again: attributes and environment are prepared once and argument memory is reused, so a
 * start takes some microseconds of this process' time and memory does not grow. Signals that imp's caller ignored stay
 * ignored.
 */
export class Spawner {
  private readonly path: number;
  private readonly attributes = allocate(POSIX_SPAWNATTR_BYTES);
  /** Prepared file actions by their descriptors: glibc queries a limit twice for each adddup2. */
  private readonly actions = new Map<number, number>();
  private readonly pid = allocate(4);
  private readonly environment: number;
  /** Variables with a number that differs for each process, in the order of their names. */
  private readonly numbers: readonly NumberVariable[];
  private vector = allocate(8 * 64);
  private words: Block = allocate(1 << 14);
  private readonly encoder = new TextEncoder();

  /**
   * @param foregroundOf the terminal in whose foreground the next process starts, by its descriptor, which never
   * changes
   */
  constructor(
    path: Bytes,
    environment: readonly Bytes[],
    private readonly foregroundOf: (() => number | undefined) | undefined,
    variables: readonly string[],
  ) {
    this.path = cString(path);
    this.numbers = variables.map((name) => new NumberVariable(name));
    this.environment = cStrings([...environment, ...this.numbers.map(({ address }) => address)]);
    const { address } = this.attributes;
    c.posix_spawnattr_init(address);
    c.posix_spawnattr_setsigdefault(address, signalSet(toReset()).address);
    c.posix_spawnattr_setsigmask(address, signalSet("none").address);
    c.posix_spawnattr_setpgroup(address, 0);
    c.posix_spawnattr_setflags(
      address,
      POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK,
    );
  }

  /** Lays out the words for the next start. A word with a NUL in it would end there. */
  prepare(argv: readonly (Bytes | WordBlock)[]): "ready" | "too long" | "NUL" {
    if (!this.makeRoom(argv)) return "too long";
    const { bytes, address } = this.words;
    let at = 0;
    let count = 0;
    for (let i = 0; i < argv.length; i++) {
      const word = argv[i];
      if (isBlock(word)) {
        if (word.holdsNul) return "NUL";
        at = this.putBlock(word, at, count);
        count += word.count;
        continue;
      }
      this.setPointer(count++, address + at);
      at = this.put(bytes, at, word);
      if (at < 0) return "NUL";
    }
    this.setPointer(count, 0);
    return "ready";
  }

  /** Sets these variables for later starts. */
  number(values: readonly number[]): void {
    for (let i = 0; i < this.numbers.length; i++) this.numbers[i].set(values[i] ?? 0);
  }

  /**
   * Starts the program with the prepared words as leader of a new process group. A descriptor equal to its target stays
   * open.
   * @returns the PID, or -errno
   */
  start(stdin: number, stdout: number, stderr: number): number {
    const code = c.posix_spawn(
      this.pid.address,
      this.path,
      this.redirections(stdin, stdout, stderr),
      this.attributes.address,
      this.vector.address,
      this.environment,
    );
    return code === 0 ? this.pid.view.getInt32(0, true) : -code;
  }

  /** Few combinations occur, because descriptors are reused. */
  private redirections(stdin: number, stdout: number, stderr: number): number {
    const terminal = this.foregroundOf?.();
    const given = terminal === undefined ? 0 : 1;
    const key = ((stdin * 2 ** 16 + stdout) * 2 ** 16 + stderr) * 2 + given;
    const known = this.actions.get(key);
    if (known !== undefined) return known;
    const address = this.room();
    c.posix_spawn_file_actions_init(address);
    if (terminal !== undefined) addForeground(address, terminal);
    c.posix_spawn_file_actions_adddup2(address, stdin, 0);
    c.posix_spawn_file_actions_adddup2(address, stdout, 1);
    c.posix_spawn_file_actions_adddup2(address, stderr, 2);
    this.actions.set(key, address);
    return address;
  }

  /** Memory for one more, reusing the oldest when full. */
  private room(): number {
    if (this.actions.size < MOST_ACTIONS) return allocate(POSIX_SPAWN_ACTIONS_BYTES).address;
    const [oldest] = this.actions;
    this.actions.delete(oldest[0]);
    c.posix_spawn_file_actions_destroy(oldest[1]);
    return oldest[1];
  }

  /** @returns false if it exceeds what exec takes */
  private makeRoom(argv: readonly (Bytes | WordBlock)[]): boolean {
    let most = 0;
    let count = 0;
    for (const word of argv) {
      count += isBlock(word) ? word.count : 1;
      most += roomOf(word);
    }
    if (most > 3 * MOST_BYTES) return false;
    if (most > this.words.bytes.length) this.words = allocate(2 * most);
    if (8 * (count + 1) > this.vector.bytes.length) this.vector = allocate(16 * (count + 1));
    return true;
  }

  /** Writes the words of a block. @returns where the next one goes */
  private putBlock({ bytes: from, count }: WordBlock, at: number, first: number): number {
    const { bytes, address } = this.words;
    bytes.set(from, at);
    for (let i = 0, start = 0; i < count; i++) {
      this.setPointer(first + i, address + at + start);
      while (from[start] !== 0) start++;
      start++;
    }
    return at + from.length;
  }

  /** Writes a word and its NUL. @returns where the next one goes; -1 if it contains a NUL */
  private put(bytes: Uint8Array, at: number, word: Bytes): number {
    if (typeof word === "string") {
      if (word.includes("\0")) return -1;
      at += this.encoder.encodeInto(word, bytes.subarray(at)).written;
    } else if (word.length > SHORT) {
      if (word.includes(0)) return -1;
      bytes.set(word, at);
      at += word.length;
    } else {
      for (let i = 0; i < word.length; i++) {
        if (word[i] === 0) return -1;
        bytes[at++] = word[i];
      }
    }
    bytes[at] = 0;
    return at + 1;
  }

  /** Two halves, because a BigInt would be an allocation for each word. */
  private setPointer(i: number, address: number): void {
    this.vector.view.setUint32(8 * i, address % 2 ** 32, true);
    this.vector.view.setUint32(8 * i + 4, Math.floor(address / 2 ** 32), true);
  }
}

const ZERO = 0x30;
/** Of the largest safe integer. */
const MOST_DIGITS = 16;

/** `NAME=123` in memory, whose digits are overwritten in place. */
class NumberVariable {
  private readonly block: Block;
  private readonly at: number;

  constructor(name: string) {
    const head = new TextEncoder().encode(`${name}=`);
    this.at = head.length;
    this.block = allocateForGood(head.length + MOST_DIGITS + 1);
    this.block.bytes.set(head);
  }

  get address(): number {
    return this.block.address;
  }

  set(value: number): void {
    const { bytes } = this.block;
    let end = this.at + 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
    bytes[end] = 0;
    for (let at = end - 1, rest = value; at >= this.at; at--, rest = Math.floor(rest / 10)) {
      bytes[at] = ZERO + rest % 10;
    }
  }
}

/** An upper bound on its bytes. */
function roomOf(word: Bytes | WordBlock): number {
  if (isBlock(word)) return word.bytes.length;
  // A UTF-16 unit takes up to three bytes of UTF-8.
  return (typeof word === "string" ? 3 * word.length : word.length) + 1;
}

/** Words for an argument list in one piece of memory: a hundred thousand objects would take many times as much. */
export interface WordBlock {
  /** Each word followed by a NUL. */
  readonly bytes: Uint8Array;
  /** How many words. */
  readonly count: number;
  /** Some word contains a NUL itself, which an argument cannot. */
  readonly holdsNul: boolean;
  /** Each word by itself, as a view. */
  words(): Uint8Array[];
}

/** Whether this is a block of words rather than one word. */
export function isBlock(word: string | Uint8Array | WordBlock): word is WordBlock {
  return typeof word === "object" && "holdsNul" in word;
}

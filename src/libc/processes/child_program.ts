import { EINVAL } from "../abi.ts";
import { IFF_UP, MOUNT_ATTR_RDONLY } from "../abi_mounts.ts";
import { IFREQ, MOUNT_ATTR } from "../structs.ts";
import { systemError } from "../calling/errno.ts";
import { limitStruct } from "../users/limits.ts";
import { noChildrenOperands } from "./no_children.ts";
import { allocate, type Block, cString, cStrings } from "../calling/memory.ts";
import type { Limit } from "../users/limits.ts";
import { preparePidVariable } from "./child_record.ts";
import { nameOf } from "./process_image.ts";
import type { Bytes } from "./spawn.ts";

/**
 * What a forked child does, step by step, before it executes a program. It is data because nothing may allocate in the
 * child of a process with threads: fork.ts compiles it to numbers, and the child only follows these.
 */
export type ChildStep =
  | { readonly do: "setsid" }
  /** Makes a process group and leads it. */
  | { readonly do: "own-group" }
  /** Continues in a child of the child; the one in between exits. */
  | { readonly do: "fork" }
  | { readonly do: "umask"; readonly mask: number }
  | { readonly do: "chroot"; readonly path: string }
  | { readonly do: "chdir"; readonly path: string }
  | { readonly do: "fchdir"; readonly fd: number }
  /** `from` must differ from `to`: dup2 would leave it close-on-exec. */
  | { readonly do: "dup2"; readonly from: number; readonly to: number }
  /** Makes the terminal that of the child's session, which the child leads and which has none. */
  | { readonly do: "controlling-terminal"; readonly fd: number }
  /** Clears close-on-exec. */
  | { readonly do: "keep"; readonly fd: number }
  /** Resets every disposition to the default, except signals that stay ignored, and empties the mask. */
  | { readonly do: "reset-signals"; readonly keepIgnored?: readonly number[] }
  | { readonly do: "nice"; readonly value: number }
  | { readonly do: "limit"; readonly resource: number; readonly limit: Limit }
  | { readonly do: "groups"; readonly gids: readonly number[] }
  | { readonly do: "gid"; readonly gid: number }
  | { readonly do: "uid"; readonly uid: number }
  /**
   * Has the kernel signal the program when the thread that forked ends. Not after a `fork`: the parent would be the one
   * in between. A set-user-ID program clears it, prctl(2).
   */
  | { readonly do: "parent-death"; readonly signal: number; readonly parent: number }
  /**
   * The program may start threads but no processes: no_children.ts. Must come last: nothing can fork after it.
   * @field tellOn the child's end of an AttemptChannel
   */
  | { readonly do: "no-children"; readonly tellOn?: number }
  /** Copies the child's /proc/self/stat to an open file, from byte `at` on; does nothing without /proc. */
  | { readonly do: "own-stat"; readonly to: number; readonly at: number }
  /**
   * Writes the child's PID and a newline to `working`, which is renamed when complete, replacing what has that name.
   * Whatever is called `working` is removed first.
   */
  | {
    readonly do: "own-pid";
    /** An open directory that holds both. */
    readonly directory: number;
    readonly working: string;
    readonly name: string;
  }
  /**
   * Sets this variable to the child's PID, as sd_listen_fds(3) requires.
   * @field env the same list as in the steps that execute; it has the variable
   */
  | { readonly do: "own-pid-variable"; readonly name: string; readonly env: readonly Bytes[] }
  /** Fails as execve(2) would if the child, with the user and directory it has by now, may not execute the file. */
  | { readonly do: "may-execute"; readonly path: string }
  /** Writes a text to an open file, whole. */
  | { readonly do: "write"; readonly fd: number; readonly text: string }
  /** Unshares namespaces, unshare(2). Not inside another root: the kernel refuses a user namespace there. */
  | { readonly do: "unshare"; readonly flags: number }
  /** Opens an existing file and writes all of a text to it. */
  | { readonly do: "write-file"; readonly path: string; readonly text: string }
  /** Later mounts in this mount namespace show nowhere else; what others mount shows here. */
  | { readonly do: "hide-mounts" }
  /** Makes a path a mount of its own, with everything below it. */
  | { readonly do: "bind"; readonly path: string }
  /** Makes all mounts from a path down read-only, or writable again. */
  | { readonly do: "read-only" | "writable"; readonly path: string }
  /** Mounts a tmpfs. @field options as for mount(8) */
  | { readonly do: "memory-files"; readonly path: string; readonly options: string }
  /** Brings the loopback interface of its network namespace up. */
  | { readonly do: "loopback-up" }
  /** Empties an open file. */
  | { readonly do: "truncate"; readonly fd: number }
  /** Several in a row are tried in turn while the file is missing or may not be executed, as by execvp(3). */
  | {
    readonly do: "execute";
    readonly path: Bytes;
    readonly argv: readonly Bytes[];
    readonly env: readonly Bytes[];
  };

/** Opcodes of the compiled steps. */
export const OP = {
  setsid: 1,
  fork: 2,
  umask: 3,
  chroot: 4,
  chdir: 5,
  fchdir: 6,
  dup2: 7,
  keep: 8,
  "reset-signals": 9,
  nice: 10,
  limit: 11,
  groups: 12,
  gid: 13,
  uid: 14,
  execute: 15,
  "own-group": 16,
  "parent-death": 17,
  "no-children": 18,
  "own-stat": 19,
  "own-pid": 20,
  "may-execute": 21,
  truncate: 22,
  "own-pid-variable": 23,
  "controlling-terminal": 24,
  write: 25,
  unshare: 26,
  "write-file": 27,
  "hide-mounts": 28,
  bind: 29,
  "read-only": 30,
  writable: 31,
  "memory-files": 32,
  "loopback-up": 33,
} as const satisfies Record<ChildStep["do"], number>;

/** Numbers in a compiled step: the opcode and up to three operands. */
export const WIDTH = 4;

/** Compiles steps to numbers in C memory, with their strings and structs beside them. */
export function compileSteps(steps: readonly ChildStep[]): Float64Array {
  const shared = new Map<unknown, number>();
  const rows = steps.map((step) => [OP[step.do], ...operands(step, shared)]);
  const block: Block = allocate(8 * WIDTH * rows.length);
  const program = new Float64Array(block.bytes.buffer, block.bytes.byteOffset, WIDTH * rows.length);
  rows.forEach((row, i) => program.set(row, i * WIDTH));
  return program;
}

function operands(step: ChildStep, shared: Map<unknown, number>): number[] {
  switch (step.do) {
    case "umask":
      return [step.mask];
    case "chroot":
    case "chdir":
    case "may-execute":
      return [cString(step.path)];
    case "fchdir":
    case "keep":
    case "controlling-terminal":
    case "truncate":
      return [step.fd];
    case "unshare":
      return [step.flags];
    case "write-file":
      return [cString(step.path), cString(step.text), step.text.length];
    case "hide-mounts":
      return [cString("/")];
    case "bind":
      return [cString(step.path)];
    case "read-only":
    case "writable":
      return [cString(step.path), mountAttributes(step.do)];
    case "memory-files":
      return [cString(step.path), cString("tmpfs"), cString(step.options)];
    case "loopback-up":
      return [loopbackFlags()];
    case "write":
      return [step.fd, cString(step.text), step.text.length];
    case "own-stat":
      return [step.to, step.at];
    case "own-pid":
      return [step.directory, cString(step.working), cString(step.name)];
    case "own-pid-variable":
      shared.set(step.env, cStrings(withPidVariable(step.env, step.name)));
      return [];
    case "dup2":
      if (step.from === step.to) throw systemError(EINVAL, "duplicate", `descriptor ${step.from}`);
      return [step.from, step.to];
    case "nice":
      return [step.value];
    case "reset-signals":
      return maskWords(step.keepIgnored ?? []);
    case "parent-death":
      return [step.signal, step.parent];
    case "no-children":
      return noChildrenOperands(step.tellOn);
    case "limit":
      return [step.resource, limitStruct(step.limit)];
    case "groups":
      return [step.gids.length, gidVector(step.gids)];
    case "gid":
      return [step.gid];
    case "uid":
      return [step.uid];
    case "execute":
      return [cString(step.path), once(shared, step.argv), once(shared, step.env)];
    default:
      return [];
  }
}

/** One copy of a vector that several steps share: an environment may be large. */
function once(shared: Map<unknown, number>, words: readonly Bytes[]): number {
  const known = shared.get(words);
  if (known !== undefined) return known;
  const address = cStrings(words);
  shared.set(words, address);
  return address;
}

/** The child writes into that one word. */
function withPidVariable(env: readonly Bytes[], name: string): (Bytes | number)[] {
  return env.map((word) => nameOf(word) === name ? preparePidVariable(name) : word);
}

function mountAttributes(wanted: "read-only" | "writable"): number {
  const { address, view } = allocate(MOUNT_ATTR.bytes);
  const at = wanted === "read-only" ? MOUNT_ATTR.attr_set : MOUNT_ATTR.attr_clr;
  view.setBigUint64(at, BigInt(MOUNT_ATTR_RDONLY), true);
  return address;
}

function loopbackFlags(): number {
  const { address, bytes, view } = allocate(IFREQ.bytes);
  bytes.set(new TextEncoder().encode("lo"), IFREQ.ifr_name);
  view.setInt16(IFREQ.ifr_flags, IFF_UP, true);
  return address;
}

/** Signals 1 to 32 and 33 to 64 as bits. */
function maskWords(numbers: readonly number[]): [low: number, high: number] {
  const words: [number, number] = [0, 0];
  for (const n of numbers) words[(n - 1) >> 5] |= 1 << ((n - 1) & 31);
  return words;
}

function gidVector(gids: readonly number[]): number {
  const { address, view } = allocate(4 * Math.max(1, gids.length));
  gids.forEach((gid, i) => view.setUint32(4 * i, gid, true));
  return address;
}

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
 * What a forked child does, step by step, before it executes a program. It is data, because in the child of a process
 * with threads nothing may allocate: fork.ts turns it into numbers first and the child only follows these.
 */
export type ChildStep =
  | { readonly do: "setsid" }
  /** A process group of its own, whose leader it is. */
  | { readonly do: "own-group" }
  /** Goes on in a child of the child; the one in between exits. */
  | { readonly do: "fork" }
  | { readonly do: "umask"; readonly mask: number }
  | { readonly do: "chroot"; readonly path: string }
  | { readonly do: "chdir"; readonly path: string }
  | { readonly do: "fchdir"; readonly fd: number }
  /** `from` must be another number than `to`: dup2 would leave it close-on-exec. */
  | { readonly do: "dup2"; readonly from: number; readonly to: number }
  /** The terminal becomes that of the session, which the child leads and which has none. */
  | { readonly do: "controlling-terminal"; readonly fd: number }
  /** Clears close-on-exec. */
  | { readonly do: "keep"; readonly fd: number }
  /** Every disposition is the default one, but for what is to stay ignored; the mask is empty. */
  | { readonly do: "reset-signals"; readonly keepIgnored?: readonly number[] }
  | { readonly do: "nice"; readonly value: number }
  | { readonly do: "limit"; readonly resource: number; readonly limit: Limit }
  | { readonly do: "groups"; readonly gids: readonly number[] }
  | { readonly do: "gid"; readonly gid: number }
  | { readonly do: "uid"; readonly uid: number }
  /**
   * The kernel sends the program a signal when the thread that forked has ended. Not behind a `fork`: the parent would be
   * the one in between. A set-user-ID program takes it off, prctl(2).
   */
  | { readonly do: "parent-death"; readonly signal: number; readonly parent: number }
  /**
   * The program may start threads but no process: no_children.ts. Comes last, since nothing can be forked behind it.
   * @field tellOn the child's end of an AttemptChannel
   */
  | { readonly do: "no-children"; readonly tellOn?: number }
  /** Copies what /proc says of the child to an open file, from byte `at` on; without /proc it does nothing. */
  | { readonly do: "own-stat"; readonly to: number; readonly at: number }
  /**
   * Writes the child's PID and a newline to a file `working`, which gets its name when it is complete, in the place of
   * what has it. Whatever is called `working` is removed.
   */
  | {
    readonly do: "own-pid";
    /** An open directory, where both are. */
    readonly directory: number;
    readonly working: string;
    readonly name: string;
  }
  /**
   * Sets the variable of that name to the child's PID, as sd_listen_fds(3) wants it.
   * @field env of the steps that execute: the same list, which has the variable
   */
  | { readonly do: "own-pid-variable"; readonly name: string; readonly env: readonly Bytes[] }
  /** Fails as execve(2) would where the child, being who and where it is by now, may not execute the file. */
  | { readonly do: "may-execute"; readonly path: string }
  /** Writes a text to an open file, whole. */
  | { readonly do: "write"; readonly fd: number; readonly text: string }
  /** Leaves namespaces for new ones of its own, unshare(2). Not inside another root: the kernel refuses a user namespace there. */
  | { readonly do: "unshare"; readonly flags: number }
  /** Opens a file that is there, and writes a text to it, whole. */
  | { readonly do: "write-file"; readonly path: string; readonly text: string }
  /** What is mounted in its mount namespace from now on shows nowhere else; what others mount shows here. */
  | { readonly do: "hide-mounts" }
  /** A place becomes a mount of its own, with all below it. */
  | { readonly do: "bind"; readonly path: string }
  /** All mounts from a place on may not be written to, or may be again. */
  | { readonly do: "read-only" | "writable"; readonly path: string }
  /** A file system in memory. @field options as mount(8) has them */
  | { readonly do: "memory-files"; readonly path: string; readonly options: string }
  /** Its network namespace's loopback interface is up. */
  | { readonly do: "loopback-up" }
  /** Empties an open file. */
  | { readonly do: "truncate"; readonly fd: number }
  /** Several in a row are tried in turn while the file is missing or may not be executed, as execvp(3) does. */
  | {
    readonly do: "execute";
    readonly path: Bytes;
    readonly argv: readonly Bytes[];
    readonly env: readonly Bytes[];
  };

/** Numbers of the steps in the compiled form. */
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

/** Numbers that a compiled step takes: the operation and up to three operands. */
export const WIDTH = 4;

/** Steps as numbers in C memory; strings and structs lie beside them. */
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
      if (step.from === step.to) throw systemError(22, "duplicate", `descriptor ${step.from}`);
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

/** The child writes to the memory of that one word. */
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

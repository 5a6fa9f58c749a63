import { bytesFromText, textFromBytes } from "../../base/byte_text.ts";
import { runtime } from "../../runtime/mod.ts";

/**
 * Memory that C may read and write. All of it lies in arenas over explicit ArrayBuffers that are never released,
 * because an address must stay valid while the collector and the optimising compiler move everything else.
 */
export interface Block {
  /** Address for C; 0 would be NULL and never occurs. */
  readonly address: number;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

const ARENA_BYTES = 1 << 18;
const ALIGNMENT = 16;
const PAGE = 4096;

interface Arena {
  readonly buffer: ArrayBuffer;
  readonly address: number;
  used: number;
}

let arena: Arena | undefined;
/** Arenas that the innermost scratch has begun; undefined outside one. */
let scopeArenas: Arena[] | undefined;
/** Arenas that a scratch has given back. */
const spare: Arena[] = [];

/** Zeroed memory for the life of the process, or of the enclosing {@link scratch}. */
export function allocate(size: number): Block {
  const { buffer, address, offset } = reserve(size);
  const bytes = new Uint8Array(buffer, offset, size);
  bytes.fill(0);
  return { address: address + offset, bytes, view: new DataView(buffer, offset, size) };
}

/** Zeroed memory for the life of the process, even when a {@link scratch} is the first to need it. */
export function allocateForGood(size: number): Block {
  const { buffer, address } = runtime.allocate(size);
  return { address, bytes: new Uint8Array(buffer), view: new DataView(buffer) };
}

/** A NUL-terminated copy of text (its bytes, see base/byte_text.ts) or bytes. @returns its address */
export function cString(text: string | Uint8Array): number {
  const source = typeof text === "string" ? bytesFromText(text) : text;
  const { buffer, address, offset } = reserve(source.length + 1);
  const target = new Uint8Array(buffer, offset, source.length + 1);
  target.set(source);
  target[source.length] = 0;
  return address + offset;
}

/**
 * A NULL-terminated vector of C strings, as argv and envp are. @returns its address
 * @param texts a number is the address of one that lies in memory already
 */
export function cStrings(texts: readonly (string | Uint8Array | number)[]): number {
  const vector = allocate(8 * (texts.length + 1));
  texts.forEach((text, i) => {
    const address = typeof text === "number" ? text : cString(text);
    vector.view.setBigUint64(8 * i, BigInt(address), true);
  });
  return vector.address;
}

/**
 * Runs `work`, then frees what it allocated here. Nothing that C keeps may be allocated inside. Arenas begun inside are
 * reused by the next scratch.
 */
export function scratch<T>(work: () => T): T {
  const before = arena;
  const mark = arena?.used ?? 0;
  const begun = scopeArenas;
  scopeArenas = [];
  try {
    return work();
  } finally {
    for (const one of scopeArenas) {
      one.used = 0;
      spare.push(one);
    }
    scopeArenas = begun;
    arena = before;
    if (arena) arena.used = mark;
  }
}

/** The text of a NUL-terminated string in `block`. */
export function textIn({ bytes }: Block): string {
  const end = bytes.indexOf(0);
  return textFromBytes(bytes.slice(0, end < 0 ? undefined : end));
}

/** The NUL-terminated text at an address that C returned. */
export function textAt(address: number): string {
  let text = "";
  // One decoder for the whole text: a character may span two pages.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  for (let at = address;;) {
    // Page by page: the string may end right before memory that is not mapped.
    const bytes = runtime.copyFrom(at, PAGE - (at % PAGE));
    const end = bytes.indexOf(0);
    if (end >= 0) return text + decoder.decode(bytes.subarray(0, end));
    text += decoder.decode(bytes, { stream: true });
    at += bytes.length;
  }
}

function reserve(size: number): { buffer: ArrayBuffer; address: number; offset: number } {
  if (!arena || arena.used + size > arena.buffer.byteLength) {
    arena = sparedFor(size) ?? begin(size);
    scopeArenas?.push(arena);
  }
  const offset = arena.used;
  arena.used = (offset + size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
  return { buffer: arena.buffer, address: arena.address, offset };
}

/** The smallest one with room: large ones are left for large requests. */
function sparedFor(size: number): Arena | undefined {
  let best = -1;
  for (let i = 0; i < spare.length; i++) {
    const { byteLength } = spare[i].buffer;
    if (byteLength >= size && (best < 0 || byteLength < spare[best].buffer.byteLength)) best = i;
  }
  return best < 0 ? undefined : spare.splice(best, 1)[0];
}

function begin(size: number): Arena {
  // Powers of two, so that requests that grow a little each time do not need a new arena each time.
  const bytes = 2 ** Math.ceil(Math.log2(size + ALIGNMENT));
  const { buffer, address } = runtime.allocate(Math.max(ARENA_BYTES, bytes));
  return { buffer, address, used: 0 };
}

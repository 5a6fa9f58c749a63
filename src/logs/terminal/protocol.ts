// The protocol between attached clients, a keeper's turn and the process that serves terminals: packets, with a kind as
// first byte. Pure.
import type { WindowSize } from "../../libc/descriptors/tty.ts";

/** The socket's name in the directory of all of a user's kept daemons. */
export const TERMINAL_SOCKET = "watch.sock";
/** Maximum output or input per packet. */
export const PART_BYTES = 4000;

const KIND = {
  /** To the server. `here`: a terminal, with its master; `want`: requests the master. */
  here: 1,
  want: 2,
  attach: 3,
  input: 4,
  size: 5,
  /** Everything typed before must reach the program first. */
  leave: 6,
  /** From the server. `given`: with the master; `over`: nothing follows. */
  given: 16,
  welcome: 17,
  output: 18,
  missed: 19,
  story: 20,
  over: 21,
  refused: 22,
} as const;

export interface AttachWish {
  readonly name: string;
  readonly readOnly: boolean;
  /** The client's terminal size; undefined: it has none, and nothing is redrawn. */
  readonly size?: WindowSize;
}

export type TerminalMessage =
  | { readonly is: "here" | "want" | "story" | "over" | "refused"; readonly text: string }
  | { readonly is: "attach"; readonly wish: AttachWish }
  | { readonly is: "input" | "output"; readonly bytes: Uint8Array }
  | { readonly is: "size"; readonly size: WindowSize }
  | { readonly is: "missed"; readonly count: number }
  | { readonly is: "leave" | "given" | "welcome" };

/** @returns at most {@link PART_BYTES} plus one byte; longer texts are cut */
export function packetOf(message: TerminalMessage): Uint8Array {
  const kind = KIND[message.is];
  switch (message.is) {
    case "input":
    case "output":
      return joined(kind, message.bytes);
    case "attach":
      return joined(kind, encode(JSON.stringify(message.wish)));
    case "size":
      return joined(kind, encode(JSON.stringify(message.size)));
    case "missed":
      return joined(kind, encode(String(message.count)));
    case "leave":
    case "given":
    case "welcome":
      return Uint8Array.of(kind);
    default:
      return joined(kind, encode(message.text));
  }
}

/** @returns undefined if invalid in this version */
export function messageOf(packet: Uint8Array): TerminalMessage | undefined {
  const is = (Object.keys(KIND) as (keyof typeof KIND)[]).find((one) => KIND[one] === packet[0]);
  const rest = packet.subarray(1);
  switch (is) {
    case undefined:
      return undefined;
    case "input":
    case "output":
      return { is, bytes: rest };
    case "attach": {
      const wish = wishOf(parsed(rest));
      return wish && { is, wish };
    }
    case "size": {
      const size = sizeOf(parsed(rest));
      return size && { is, size };
    }
    case "missed":
      return { is, count: Number(new TextDecoder().decode(rest)) || 0 };
    case "leave":
    case "given":
    case "welcome":
      return { is };
    default:
      return { is, text: new TextDecoder().decode(rest) };
  }
}

function wishOf(value: unknown): AttachWish | undefined {
  const { name, readOnly, size } = (value ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || typeof readOnly !== "boolean") return undefined;
  return { name, readOnly, size: sizeOf(size) };
}

/** Values that fit struct winsize and make sense to a program. */
function sizeOf(value: unknown): WindowSize | undefined {
  const { rows, columns } = (value ?? {}) as Record<string, unknown>;
  const isLength = (one: unknown): one is number =>
    Number.isInteger(one) && (one as number) > 0 && (one as number) < 1 << 16;
  return isLength(rows) && isLength(columns) ? { rows, columns } : undefined;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

function joined(kind: number, bytes: Uint8Array): Uint8Array {
  const packet = new Uint8Array(1 + Math.min(bytes.length, PART_BYTES));
  packet[0] = kind;
  packet.set(bytes.subarray(0, PART_BYTES), 1);
  return packet;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

// What an attached client, a turn of a keeper and the process that serves terminals say to each other: packets, the first byte of
// which says what they are. Pure.
import type { WindowSize } from "../../libc/descriptors/tty.ts";

/** The name of the socket in the directory of all kept daemons of a user. */
export const TERMINAL_SOCKET = "watch.sock";
/** Of output or input in one packet. */
export const PART_BYTES = 4000;

const KIND = {
  /** To the server. `here`: a terminal, whose master comes along; `want`: the master is asked for. */
  here: 1,
  want: 2,
  attach: 3,
  input: 4,
  size: 5,
  /** Everything that was typed before is to be with the program first. */
  leave: 6,
  /** From the server. `given`: the master comes along; `over`: nothing follows. */
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
  /** Of the client's terminal; undefined: it has none, and nothing is shown again. */
  readonly size?: WindowSize;
}

export type TerminalMessage =
  | { readonly is: "here" | "want" | "story" | "over" | "refused"; readonly text: string }
  | { readonly is: "attach"; readonly wish: AttachWish }
  | { readonly is: "input" | "output"; readonly bytes: Uint8Array }
  | { readonly is: "size"; readonly size: WindowSize }
  | { readonly is: "missed"; readonly count: number }
  | { readonly is: "leave" | "given" | "welcome" };

/** @returns at most {@link PART_BYTES} and one byte more; texts are cut there */
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

/** @returns undefined for what nobody says who speaks this version */
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

/** What struct winsize can hold and a program can use. */
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

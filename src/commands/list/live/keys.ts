// Pure: turns terminal input into keys.

export type LiveKey =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "home"
  | "end"
  | "enter"
  | "escape"
  | "backspace"
  | { readonly char: string };

const SEQUENCES: Record<string, LiveKey> = {
  "[A": "up",
  "[B": "down",
  "OA": "up",
  "OB": "down",
  "[5~": "page-up",
  "[6~": "page-down",
  "[H": "home",
  "[F": "end",
  "OH": "home",
  "OF": "end",
  "[1~": "home",
  "[4~": "end",
  "[7~": "home",
  "[8~": "end",
};
const CONTROLS: Record<string, LiveKey> = {
  "\r": "enter",
  "\n": "enter",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x02": "page-up",
  "\x06": "page-down",
  "\x0e": "down",
  "\x10": "up",
};
/** Longer sequences are not keys. */
const LONGEST = 32;

/** Takes bytes as they come; sequences may be split anywhere. */
export class LiveKeys {
  private readonly decoder = new TextDecoder();
  private pending = "";

  /** Whether a sequence has begun, or the escape key was pressed: time tells. */
  get isWaiting(): boolean {
    return this.pending !== "";
  }

  take(bytes: Uint8Array): LiveKey[] {
    const keys: LiveKey[] = [];
    for (const character of this.decoder.decode(bytes, { stream: true })) {
      if (character === "\x1b") {
        if (this.pending !== "") keys.push("escape");
        this.pending = "\x1b";
      } else if (this.pending !== "") {
        this.pending += character;
        if (!isWhole(this.pending)) continue;
        const key = SEQUENCES[this.pending.slice(1)];
        if (key !== undefined) keys.push(key);
        this.pending = "";
      } else keys.push(CONTROLS[character] ?? { char: character });
    }
    return keys;
  }

  /** Nothing has followed for a while: it was the escape key. */
  waited(): LiveKey[] {
    const alone = this.pending === "\x1b";
    this.pending = "";
    return alone ? ["escape"] : [];
  }
}

function isWhole(pending: string): boolean {
  if (pending.length > LONGEST) return true;
  if (pending[1] === "O") return pending.length > 2;
  if (pending[1] !== "[") return true;
  return pending.length > 2 && /[@-~]$/.test(pending);
}

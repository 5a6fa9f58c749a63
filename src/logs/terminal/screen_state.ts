// Pure: what a program has switched on at its terminal, so that a later client gets it too, and a leaving one gets it
// switched off.

const ESC = 0x1b;
/** A longer sequence is none of these. */
const LONGEST = 64;
/** DEC private modes that outlast the program, in the order to switch them on. */
const MODES: readonly { readonly mode: number; readonly usually: boolean }[] = [
  // The alternate screen, in its three forms, before everything drawn on it.
  ...[47, 1047, 1049].map((mode) => ({ mode, usually: false })),
  // Cursor keys, line wrap, the cursor itself.
  ...[{ mode: 1, usually: false }, { mode: 7, usually: true }, { mode: 25, usually: true }],
  // Mouse, focus, bracketed paste.
  ...[9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 2004].map((mode) => ({
    mode,
    usually: false,
  })),
];
const OTHER_SCREENS = [47, 1047, 1049];

/** Follows output as it is written; sequences may be split anywhere. */
export class ScreenState {
  private readonly changed = new Set<number>();
  private keypad = false;
  private pending = "";

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.pending === "") {
        at = bytes.indexOf(ESC, at);
        if (at < 0) return;
      }
      this.pending += String.fromCharCode(bytes[at++]);
      if (this.isWhole()) {
        this.apply(this.pending);
        // An escape within a sequence begins a new one.
        this.pending = bytes[at - 1] === ESC && this.pending.length > 1 ? "\x1b" : "";
      }
    }
  }

  /** Whether the alternate screen is shown, as by full-screen programs. */
  get isOther(): boolean {
    return OTHER_SCREENS.some((mode) => this.changed.has(mode));
  }

  /** Sequences that bring an ordinary terminal into this state. */
  get entering(): string {
    const modes = MODES.filter(({ mode }) => this.changed.has(mode));
    return modes.map(({ mode, usually }) => `\x1b[?${mode}${usually ? "l" : "h"}`).join("") +
      (this.keypad ? "\x1b=" : "");
  }

  /** Sequences that restore an ordinary terminal; colours are always reset. */
  get leaving(): string {
    const modes = MODES.filter(({ mode }) => this.changed.has(mode)).reverse();
    return "\x1b[0m" + (this.keypad ? "\x1b>" : "") +
      modes.map(({ mode, usually }) => `\x1b[?${mode}${usually ? "h" : "l"}`).join("");
  }

  private isWhole(): boolean {
    const { pending } = this;
    const last = pending.charCodeAt(pending.length - 1);
    if (pending.length === 1) return false;
    if (pending.length > LONGEST || last === ESC) return true;
    if (pending[1] !== "[") return true;
    return pending.length > 2 && last >= 0x40 && last <= 0x7e;
  }

  private apply(sequence: string): void {
    if (sequence === "\x1bc") {
      this.changed.clear();
      this.keypad = false;
    } else if (sequence === "\x1b=" || sequence === "\x1b>") this.keypad = sequence === "\x1b=";
    else {
      // deno-lint-ignore no-control-regex
      const [, numbers, end] = /^\x1b\[\?([\d;]+)([hl])$/.exec(sequence) ?? [];
      if (numbers !== undefined) this.switch(numbers.split(";").map(Number), end === "h");
    }
  }

  private switch(modes: readonly number[], on: boolean): void {
    for (const mode of modes) {
      const known = MODES.find((one) => one.mode === mode);
      if (!known) continue;
      if (on === known.usually) this.changed.delete(mode);
      else this.changed.add(mode);
      // Each of the three resets the others.
      if (OTHER_SCREENS.includes(mode) && !on) {
        for (const other of OTHER_SCREENS) this.changed.delete(other);
      }
    }
  }
}

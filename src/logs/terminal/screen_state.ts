// Pure: what a program has switched on at its terminal, so that who comes later gets it too, and who leaves has it off again.

const ESC = 0x1b;
/** A sequence that goes on for longer is none that is meant here. */
const LONGEST = 64;
/** DEC private modes that change the terminal for whoever comes next, in the order in which they are switched on. */
const MODES: readonly { readonly mode: number; readonly usually: boolean }[] = [
  // The other screen, in its three forms, before all that is drawn on it.
  ...[47, 1047, 1049].map((mode) => ({ mode, usually: false })),
  // Cursor keys, lines that go on at the margin, the cursor itself.
  ...[{ mode: 1, usually: false }, { mode: 7, usually: true }, { mode: 25, usually: true }],
  // The mouse, focus, pasted text in brackets.
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
        // An escape in the middle of another one begins a new one.
        this.pending = bytes[at - 1] === ESC && this.pending.length > 1 ? "\x1b" : "";
      }
    }
  }

  /** Whether the other screen is shown, as full-screen programs use it. */
  get isOther(): boolean {
    return OTHER_SCREENS.some((mode) => this.changed.has(mode));
  }

  /** What brings a usual terminal into this state. */
  get entering(): string {
    const modes = MODES.filter(({ mode }) => this.changed.has(mode));
    return modes.map(({ mode, usually }) => `\x1b[?${mode}${usually ? "l" : "h"}`).join("") +
      (this.keypad ? "\x1b=" : "");
  }

  /** What makes a usual terminal of one in this state; colours are always taken back. */
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
      // Each of the three takes back the others.
      if (OTHER_SCREENS.includes(mode) && !on) {
        for (const other of OTHER_SCREENS) this.changed.delete(other);
      }
    }
  }
}

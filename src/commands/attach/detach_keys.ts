// Pure: the keys that end an attachment.
import { UsageError } from "../../base/errors.ts";

export const USUAL_DETACH_KEYS = "ctrl-\\,d";
const HINT =
  "write keys with commas between them: ctrl-p,ctrl-q; ctrl-\\,d; ctrl-a,d; none for no such keys";

/** `ctrl-p,ctrl-q` as bytes, as in docker; `^p` is ctrl-p too, and `none` nothing. @throws UsageError */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === "none") return new Uint8Array(0);
  return Uint8Array.from(text.split(","), (word) => keyByte(word, text));
}

function keyByte(word: string, text: string): number {
  const control = /^(?:ctrl-|\^)([a-z@[\\\]^_])$/i.exec(word)?.[1];
  if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
  if (/^[\x21-\x7e]$/.test(word)) return word.charCodeAt(0);
  throw new UsageError(`'${word}' in --detach-keys '${text}' is not a key`, HINT);
}

/** Which of some typed bytes go to the program. */
export interface TypedKeys {
  readonly send: Uint8Array;
  readonly detach: boolean;
}

/** Finds the keys among typed input. A possible beginning of them waits for what follows. */
export class DetachKeys {
  private held = 0;

  constructor(private readonly keys: Uint8Array) {}

  take(typed: Uint8Array): TypedKeys {
    const { keys } = this;
    if (keys.length === 0) return { send: typed, detach: false };
    const send: number[] = [];
    for (const byte of typed) {
      if (byte === keys[this.held]) {
        if (++this.held < keys.length) continue;
        this.held = 0;
        return { send: Uint8Array.from(send), detach: true };
      }
      const again = this.held === 1 && byte === keys[0];
      send.push(...keys.subarray(0, this.held));
      this.held = 0;
      // The first of them typed twice means itself, as with screen and tmux.
      if (again) continue;
      if (byte === keys[0]) this.held = 1;
      else send.push(byte);
    }
    return { send: Uint8Array.from(send), detach: false };
  }
}

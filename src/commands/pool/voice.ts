import { warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { bytesOf } from "../../pool/bytes.ts";
import type { Naming } from "../../pool/failures.ts";

/** What a pool says on stderr. */
export class Voice {
  /** Which failures are named; records of `--json` tell of them anyway. */
  readonly naming: Naming;
  readonly quiet: boolean;
  /** Clears the line of `--progress`, where it stands. */
  makeRoom: () => void = () => {};

  /** @param failures whose exit status it is decides which failures need a word */
  constructor({ quiet, json }: { quiet: boolean; json?: boolean }, failures: Naming) {
    this.quiet = quiet;
    this.naming = quiet || json ? "none" : failures;
  }

  readonly warn = (text: string): void => {
    this.makeRoom();
    warn(message(text));
  };

  readonly line = (text: string): Uint8Array => bytesOf(`${message(text)}\n`);
}

/** Items and words of jobs may be anybody's: they must not write on the reader's screen. */
function message(text: string): string {
  return `imp pool: ${text.split("\n").map(printable).join("\n")}`;
}

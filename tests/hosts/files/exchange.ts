// A sender and a receiver that a test advances step by step, with everything in transit as bytes.
import {
  decodeFileMessage,
  encodeFileMessage,
  type FileMessage,
} from "../../../src/hosts/files/messages.ts";
import { type FileTarget, Receiver } from "../../../src/hosts/files/receiver.ts";
import {
  type Found,
  Sender,
  type SendingRules,
  type SentEntry,
} from "../../../src/hosts/files/sender.ts";

export const RULES: SendingRules = { window: 4, tries: 3, stopsAtTrouble: true };

export class Exchange {
  readonly sender: Sender;
  readonly receiver: Receiver;
  readonly settled: SentEntry[] = [];
  private readonly there: Uint8Array[] = [];
  private readonly back: Uint8Array[] = [];

  constructor(
    walk: Iterator<Found, void>,
    target: FileTarget,
    roots = 1,
    rules: Partial<SendingRules> = {},
  ) {
    this.sender = new Sender(walk, { ...RULES, ...rules }, (entry) => this.settled.push(entry));
    this.receiver = new Receiver(target, roots);
  }

  /** @returns whether anything happened */
  step(move: "send" | "receive" | "hear"): boolean {
    if (move === "send") {
      const message = this.sender.next();
      if (message) this.there.push(encodeFileMessage(message).slice());
      return message !== undefined;
    }
    const bytes = (move === "receive" ? this.there : this.back).shift();
    if (!bytes) return false;
    const message = decodeFileMessage(bytes);
    if (move === "hear") this.sender.take(message as FileMessage & { is: "answer" });
    else {
      const answer = this.receiver.take(message as FileMessage & { is: "offer" });
      if (answer) this.back.push(encodeFileMessage(answer).slice());
    }
    return true;
  }

  /** Runs until the sender knows the outcome. */
  finish(): void {
    while (!this.sender.over) {
      const moved = [this.step("send"), this.step("receive"), this.step("hear")];
      if (!moved.includes(true)) throw new Error("nobody has anything to say, and it is not over");
    }
  }
}

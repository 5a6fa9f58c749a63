import { encodeFileMessage, type FileMessage } from "./messages.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";
import { unexpected } from "./trouble.ts";

/** How far a {@link Sender} goes ahead of the answers, and its number of attempts. */
export const SENDING = { window: 8, tries: 3 } as const;

/** A peer offers only a few files ahead, for each of its jobs. */
const MOST_ANSWERS = 100_000;

/** A message about a job's files: the payload of a FILE frame. */
export interface FilePayload {
  readonly job: number;
  readonly payload: Uint8Array;
}

/** What both ends of a connection have in common: the senders and receivers of their jobs. */
export class FileTraffic {
  readonly senders = new Map<number, Sender>();
  readonly receivers = new Map<number, Receiver>();
  /** Sent before anything else, at most as many as the peer has caused. */
  private readonly answers: FilePayload[] = [];

  /** @throws ProtocolError if the peer causes more answers than it reads */
  say(job: number, message: FileMessage): void {
    if (this.answers.length >= MOST_ANSWERS) throw unexpected("offers without end");
    this.answers.push({ job, payload: encodeFileMessage(message) });
  }

  /** The next message, when there is room for one; undefined if there is none now. */
  next(): FilePayload | undefined {
    const answer = this.answers.shift();
    if (answer) return answer;
    for (const [job, sender] of this.senders) {
      const message = sender.next();
      if (message) return { job, payload: encodeFileMessage(message) };
    }
    return undefined;
  }

  /** Delivers a message. Late messages about a finished job are ignored. */
  take(job: number, message: FileMessage): void {
    if (message.is === "plan") return;
    if (message.is === "answer" || message.is === "received") {
      this.senders.get(job)?.take(message);
      return;
    }
    const answer = this.receivers.get(job)?.take(message);
    if (answer) this.say(job, answer);
  }

  /** Stops work on a job's files; incomplete ones are removed. */
  close(job: number): void {
    this.senders.get(job)?.close();
    this.senders.delete(job);
    this.receivers.get(job)?.close();
    this.receivers.delete(job);
  }

  closeAll(): void {
    for (const job of [...this.senders.keys(), ...this.receivers.keys()]) this.close(job);
    this.answers.length = 0;
  }
}

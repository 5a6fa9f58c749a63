import { encodeFileMessage, type FileMessage } from "./messages.ts";
import type { Receiver } from "./receiver.ts";
import type { Sender } from "./sender.ts";
import { unexpected } from "./trouble.ts";

/** How far a {@link Sender} goes ahead of the answers, and how often it tries. */
export const SENDING = { window: 8, tries: 3 } as const;

/** A peer offers only some ahead, for each job that it has. */
const MOST_ANSWERS = 100_000;

/** A message about a job's files on its way: the payload of a FILE frame. */
export interface FilePayload {
  readonly job: number;
  readonly payload: Uint8Array;
}

/** What both ends of a connection have in common: the senders and receivers of their jobs. */
export class FileTraffic {
  readonly senders = new Map<number, Sender>();
  readonly receivers = new Map<number, Receiver>();
  /** Said before anything else: no more than the peer has made necessary. */
  private readonly answers: FilePayload[] = [];

  /** @throws ProtocolError where the peer makes us say more than it listens to */
  say(job: number, message: FileMessage): void {
    if (this.answers.length >= MOST_ANSWERS) throw unexpected("offers without end");
    this.answers.push({ job, payload: encodeFileMessage(message) });
  }

  /** The next message, for whoever has room for one; undefined when there is none now. */
  next(): FilePayload | undefined {
    const answer = this.answers.shift();
    if (answer) return answer;
    for (const [job, sender] of this.senders) {
      const message = sender.next();
      if (message) return { job, payload: encodeFileMessage(message) };
    }
    return undefined;
  }

  /** Gives a message to whom it is for. What is said of a job that is over was under way meanwhile, and is passed over. */
  take(job: number, message: FileMessage): void {
    if (message.is === "plan") return;
    if (message.is === "answer" || message.is === "received") {
      this.senders.get(job)?.take(message);
      return;
    }
    const answer = this.receivers.get(job)?.take(message);
    if (answer) this.say(job, answer);
  }

  /** Nothing more is done about a job's files; of those under way nothing is left. */
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

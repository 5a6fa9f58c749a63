import type { Answer, EntryFacts, FileMessage } from "./messages.ts";
import { type Trouble, troubleOf, unexpected } from "./trouble.ts";

/** An open file of a tree being sent. */
export interface OpenEntry {
  /** For errors. */
  readonly name: string;
  /** Restarts at the beginning, with the current facts. */
  rewind(): EntryFacts;
  /** The next bytes; none at the end. @throws ImpError */
  read(): Uint8Array;
  /** Whether it is still as {@link rewind} reported. */
  isUnchanged(): boolean;
  /** May be called again. */
  close(): void;
}

/** Results of walking a job's trees, one after the other. */
export type Found =
  | {
    readonly found: "entry";
    readonly root: number;
    readonly path: string;
    readonly facts: EntryFacts;
    readonly target: string;
    /** If it is a file. */
    readonly file?: OpenEntry;
  }
  | { readonly found: "trouble"; readonly root: number; readonly trouble: Trouble };

/** The outcome for an entry. */
export interface SentEntry {
  readonly root: number;
  readonly path: string;
  readonly facts: EntryFacts;
  /** `want`: it was sent; `have`: it existed already. */
  readonly answer: Answer;
}

export interface SendingRules {
  /** Maximum unanswered offers: each may hold a file open. */
  readonly window: number;
  /** How often a file that changes while being read is sent at most. */
  readonly tries: number;
  /** Offers nothing more after a failure. */
  readonly stopsAtTrouble: boolean;
}

interface Offered {
  readonly entry: number;
  readonly what: Found & { found: "entry" };
  answer?: Answer;
}

/**
 * Sends a job's trees: entries are offered some ahead, answered in order, and wanted ones follow. It sends nothing by
 * itself: the caller takes the next message when there is room.
 */
export class Sender {
  private readonly offered: Offered[] = [];
  private sending: Offered | undefined;
  private tries = 0;
  private facts: EntryFacts | undefined;
  private count = 0;
  private ended = false;
  private failed = false;
  private doneSaid = false;
  /** Sent before anything else. */
  private pending: FileMessage | undefined;
  /** The peer has everything, or its first trouble. */
  over = false;
  /** The first trouble on either side. */
  trouble: Trouble | undefined;

  /** @param settled is told of each entry once it needs no more */
  constructor(
    private readonly walk: Iterator<Found, void>,
    private readonly rules: SendingRules,
    private readonly settled: (entry: SentEntry) => void = () => {},
  ) {}

  /** The next message; undefined if there is none before the peer has answered. */
  next(): FileMessage | undefined {
    if (this.doneSaid) return undefined;
    const { pending } = this;
    this.pending = undefined;
    return pending ?? this.offer() ?? this.proceed() ?? this.finish();
  }

  /** Handles a message. @throws ProtocolError for an invalid one */
  take(message: FileMessage & { is: "answer" | "received" }): void {
    if (message.is === "received") {
      if (!this.doneSaid || this.over) throw unexpected("received");
      this.trouble ??= message.trouble;
      this.over = true;
      return;
    }
    if (message.trouble) this.fail(message.trouble);
    // A refusal that crosses with the end of the file is repeated in `received`.
    if (message.answer === "refused" && this.refusesSent(message.entry)) return;
    const offered = this.offered.find(({ answer }) => answer === undefined);
    if (offered?.entry !== message.entry) throw unexpected("answer");
    offered.answer = message.answer;
    if (message.answer !== "want" || offered.what.facts.kind !== "file") this.drop(offered);
  }

  /** Sends nothing more. */
  close(): void {
    for (const { what } of this.offered) what.file?.close();
    this.sending?.what.file?.close();
    this.offered.length = 0;
    this.sending = undefined;
    this.walk.return?.();
    this.doneSaid = true;
    this.over = true;
  }

  private offer(): FileMessage | undefined {
    if (this.stops) this.endWalk();
    if (this.ended || this.offered.length >= this.rules.window) return undefined;
    const next = this.walk.next();
    if (next.done) return this.endWalk();
    const what = next.value;
    if (what.found === "trouble") {
      this.fail(what.trouble);
      return { is: "unreadable", root: what.root, trouble: what.trouble };
    }
    this.offered.push({ entry: this.count++, what });
    const { root, path, facts, target } = what;
    return { is: "offer", root, path, facts, target };
  }

  private endWalk(): undefined {
    if (!this.ended) this.walk.return?.();
    this.ended = true;
  }

  private get stops(): boolean {
    return this.failed && this.rules.stopsAtTrouble;
  }

  private proceed(): FileMessage | undefined {
    if (this.sending) return this.send(this.sending);
    const first = this.offered[0];
    if (first?.answer !== "want") return undefined;
    this.offered.shift();
    if (this.stops) {
      this.settle(first, "refused");
      return this.proceed();
    }
    this.sending = first;
    this.tries = 1;
    this.facts = first.what.file!.rewind();
    return { is: "begin", entry: first.entry };
  }

  private send(offered: Offered): FileMessage {
    const file = offered.what.file!;
    const facts = this.facts!;
    try {
      const bytes = file.read();
      if (bytes.length > 0) return { is: "data", bytes };
      if (file.isUnchanged()) {
        this.settle(offered, "want");
        return { is: "end", end: "whole", facts };
      }
      if (this.tries++ < this.rules.tries) {
        this.facts = file.rewind();
        return { is: "end", end: "again", facts };
      }
      this.break(offered, changing(file.name, this.rules.tries));
    } catch (error) {
      this.break(offered, troubleOf(error));
    }
    return { is: "end", end: "failed", facts };
  }

  private finish(): FileMessage | undefined {
    if (!this.ended || this.offered.length > 0 || this.sending) return undefined;
    this.doneSaid = true;
    return { is: "done" };
  }

  /** An entry being sent, or already sent, for which the peer has no room. */
  private refusesSent(entry: number): boolean {
    if (this.sending?.entry === entry) {
      this.settle(this.sending, "refused");
      return true;
    }
    return !this.offered.some((one) => one.entry === entry) && entry < this.count;
  }

  private drop(offered: Offered): void {
    this.offered.splice(this.offered.indexOf(offered), 1);
    this.settle(offered, offered.answer!);
  }

  private settle(offered: Offered, answer: Answer): void {
    const { root, path, facts, file } = offered.what;
    file?.close();
    if (this.sending === offered) this.sending = undefined;
    this.settled({ root, path, facts, answer });
  }

  /** An entry cannot be read to its end. */
  private break(offered: Offered, trouble: Trouble): void {
    this.fail(trouble);
    this.settle(offered, "refused");
    this.pending = { is: "unreadable", root: offered.what.root, trouble };
  }

  private fail(trouble: Trouble): void {
    this.trouble ??= trouble;
    this.failed = true;
  }
}

function changing(name: string, tries: number): Trouble {
  const text = `cannot read ${name}: it changed each of the ${tries} times that it was read`;
  return { errno: "EAGAIN", text };
}

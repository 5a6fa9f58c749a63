import type { Answer, EntryFacts, FileMessage } from "./messages.ts";
import { type Trouble, troubleOf, unexpected } from "./trouble.ts";

/** An open file of a tree that is sent. */
export interface OpenEntry {
  /** For errors. */
  readonly name: string;
  /** From the beginning, as it is now. */
  rewind(): EntryFacts;
  /** The next bytes; none at the end. @throws ImpError */
  read(): Uint8Array;
  /** Whether it is still what {@link rewind} has told. */
  isUnchanged(): boolean;
  /** May be called again. */
  close(): void;
}

/** What a walk through the trees of a job finds, one after the other. */
export type Found =
  | {
    readonly found: "entry";
    readonly root: number;
    readonly path: string;
    readonly facts: EntryFacts;
    readonly target: string;
    /** Of a file. */
    readonly file?: OpenEntry;
  }
  | { readonly found: "trouble"; readonly root: number; readonly trouble: Trouble };

/** What became of an entry. */
export interface SentEntry {
  readonly root: number;
  readonly path: string;
  readonly facts: EntryFacts;
  /** `want`: it has been sent; `have`: it was there already. */
  readonly answer: Answer;
}

export interface SendingRules {
  /** Entries that are offered and not answered, at most: each may hold a file open. */
  readonly window: number;
  /** A file that changes while it is read is sent so often at most. */
  readonly tries: number;
  /** Nothing more is offered once something has failed. */
  readonly stopsAtTrouble: boolean;
}

interface Offered {
  readonly entry: number;
  readonly what: Found & { found: "entry" };
  answer?: Answer;
}

/**
 * Sends the trees of a job: entries are offered some ahead, the answers come in the same order, and what is wanted follows. It says
 * nothing by itself: whoever has room for a message takes the next one.
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
  /** Said before anything else. */
  private pending: FileMessage | undefined;
  /** The peer has all, or its first trouble. */
  over = false;
  /** The first trouble on this side, or on the other. */
  trouble: Trouble | undefined;

  /** @param settled is told of each entry once it needs no more */
  constructor(
    private readonly walk: Iterator<Found, void>,
    private readonly rules: SendingRules,
    private readonly settled: (entry: SentEntry) => void = () => {},
  ) {}

  /** The next message; undefined when there is none before the peer has answered. */
  next(): FileMessage | undefined {
    if (this.doneSaid) return undefined;
    const { pending } = this;
    this.pending = undefined;
    return pending ?? this.offer() ?? this.proceed() ?? this.finish();
  }

  /** Takes what the peer says. @throws ProtocolError for what no peer says */
  take(message: FileMessage & { is: "answer" | "received" }): void {
    if (message.is === "received") {
      if (!this.doneSaid || this.over) throw unexpected("received");
      this.trouble ??= message.trouble;
      this.over = true;
      return;
    }
    if (message.trouble) this.fail(message.trouble);
    // What comes too late, the end of a file being under way to the peer, is told again by `received`.
    if (message.answer === "refused" && this.refusesSent(message.entry)) return;
    const offered = this.offered.find(({ answer }) => answer === undefined);
    if (offered?.entry !== message.entry) throw unexpected("answer");
    offered.answer = message.answer;
    if (message.answer !== "want" || offered.what.facts.kind !== "file") this.drop(offered);
  }

  /** Nothing is sent any more. */
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

  /** An entry whose bytes are being sent, or have been: the peer has no room for it. */
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

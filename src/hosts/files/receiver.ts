import type { Answer, EntryFacts, FileMessage } from "./messages.ts";
import { staysBelow } from "./places.ts";
import { type Trouble, troubleOf, unexpected } from "./trouble.ts";

/** Where a job's trees are written. All methods throw ImpError on failure. */
export interface FileTarget {
  /**
   * Creates a directory or a link, or checks whether a file already exists.
   * @returns `want`: created, or its bytes are needed; `have`: it existed
   */
  offer(entry: OfferedEntry): "want" | "have";
  /** Creates an unnamed file. */
  open(entry: OfferedEntry): NewFile;
  /** Nothing more comes: sets directories' modes and times. */
  finish(): void;
}

/** A file without a name until it is complete. */
export interface NewFile {
  write(bytes: Uint8Array): void;
  /** Starts over. */
  restart(): void;
  /** Gives it its name, replacing whatever has that. */
  keep(facts: EntryFacts): void;
  /** Removes it. May be called again, and after {@link keep}. */
  drop(): void;
}

export interface OfferedEntry {
  readonly root: number;
  readonly path: string;
  readonly facts: EntryFacts;
  readonly target: string;
}

type FromSender = FileMessage & {
  is: "offer" | "begin" | "data" | "end" | "unreadable" | "done";
};

/** How far offers may be ahead of the bytes: a peer that offers more is not ours. */
const MOST_WANTED = 1024;

/** Receives a job's trees. Its answers go to the peer in that order. */
export class Receiver {
  /** Files whose bytes are expected, by entry number. */
  private readonly wanted = new Map<number, OfferedEntry>();
  private current: { readonly entry: number; readonly file?: NewFile } | undefined;
  private count = 0;
  /** The peer has said that nothing more comes. */
  over = false;
  /** The first trouble on either side. */
  trouble: Trouble | undefined;

  /** @param roots maximum number of trees */
  constructor(private readonly target: FileTarget, private readonly roots: number) {}

  /** @returns an immediate answer. @throws ProtocolError for an invalid message */
  take(message: FromSender): FileMessage | undefined {
    if (this.over) throw unexpected(message.is);
    switch (message.is) {
      case "offer":
        return this.offered(message);
      case "begin":
        return this.begin(message.entry);
      case "data":
        return this.onto((file) => file.write(message.bytes));
      case "end":
        return this.end(message);
      case "unreadable":
        this.trouble ??= message.trouble;
        return undefined;
      case "done":
        return this.done();
    }
  }

  /** Removes what is incomplete. */
  close(): void {
    this.current?.file?.drop();
    this.current = undefined;
    this.wanted.clear();
    this.over = true;
  }

  private offered(offer: FileMessage & { is: "offer" }): FileMessage {
    const entry = this.count++;
    if (offer.root >= this.roots || !staysBelow(offer.path)) throw unexpected("a path outside");
    if (this.wanted.size >= MOST_WANTED) throw unexpected("too many offers");
    let answer: Answer;
    try {
      answer = this.target.offer(offer);
    } catch (error) {
      return this.refuse(entry, error);
    }
    if (answer === "want" && offer.facts.kind === "file") this.wanted.set(entry, offer);
    return { is: "answer", entry, answer };
  }

  private begin(entry: number): FileMessage | undefined {
    const offered = this.wanted.get(entry);
    if (!offered) throw unexpected("begin");
    this.wanted.delete(entry);
    // A refused one has no end.
    this.current?.file?.drop();
    this.current = { entry };
    try {
      this.current = { entry, file: this.target.open(offered) };
    } catch (error) {
      return this.refuse(entry, error);
    }
    return undefined;
  }

  /** Applies `work` to the current file, unless it was given up. */
  private onto(work: (file: NewFile) => void): FileMessage | undefined {
    if (!this.current) throw unexpected("data");
    const { entry, file } = this.current;
    if (!file) return undefined;
    try {
      work(file);
    } catch (error) {
      file.drop();
      this.current = { entry };
      return this.refuse(entry, error);
    }
    return undefined;
  }

  private end({ end, facts }: FileMessage & { is: "end" }): FileMessage | undefined {
    if (end === "again") return this.onto((file) => file.restart());
    const answer = this.onto((file) => end === "whole" ? file.keep(facts) : file.drop());
    this.current = undefined;
    return answer;
  }

  private done(): FileMessage {
    this.current?.file?.drop();
    this.current = undefined;
    this.wanted.clear();
    this.over = true;
    try {
      this.target.finish();
    } catch (error) {
      this.trouble ??= troubleOf(error);
    }
    return { is: "received", trouble: this.trouble };
  }

  private refuse(entry: number, error: unknown): FileMessage {
    const trouble = troubleOf(error);
    this.trouble ??= trouble;
    return { is: "answer", entry, answer: "refused", trouble };
  }
}

import type { Answer, EntryFacts, FileMessage } from "./messages.ts";
import { staysBelow } from "./places.ts";
import { type Trouble, troubleOf, unexpected } from "./trouble.ts";

/** Where the trees of a job are put. All of it throws ImpError when it fails. */
export interface FileTarget {
  /**
   * Makes a directory or a link, or says whether a file is there already.
   * @returns `want`: made, or its bytes are needed; `have`: it was there
   */
  offer(entry: OfferedEntry): "want" | "have";
  /** A file is made that has no name yet. */
  open(entry: OfferedEntry): NewFile;
  /** Nothing more comes: directories get the modes and times that were told. */
  finish(): void;
}

/** A file that has no name before it is whole. */
export interface NewFile {
  write(bytes: Uint8Array): void;
  /** From the beginning. */
  restart(): void;
  /** Gives it its name, in place of what has it. */
  keep(facts: EntryFacts): void;
  /** Nothing is left of it. May be called again, and after {@link keep}. */
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

/** Offers may be so many ahead of the bytes: a peer that offers more is none of ours. */
const MOST_WANTED = 1024;

/** Takes the trees of a job. What it answers goes to the peer in that order. */
export class Receiver {
  /** Files whose bytes are to come, by the numbers of their entries. */
  private readonly wanted = new Map<number, OfferedEntry>();
  private current: { readonly entry: number; readonly file?: NewFile } | undefined;
  private count = 0;
  /** The peer has said that nothing more comes. */
  over = false;
  /** The first trouble on this side, or on the other. */
  trouble: Trouble | undefined;

  /** @param roots how many trees come at most */
  constructor(private readonly target: FileTarget, private readonly roots: number) {}

  /** @returns what is answered at once. @throws ProtocolError for what no peer says */
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

  /** Nothing of what is under way is left. */
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
    // One that was refused has no end.
    this.current?.file?.drop();
    this.current = { entry };
    try {
      this.current = { entry, file: this.target.open(offered) };
    } catch (error) {
      return this.refuse(entry, error);
    }
    return undefined;
  }

  /** Does something with the file under way, if it has not been given up. */
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

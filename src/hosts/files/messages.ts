// Messages about files in FILE frames: the frame has the job's number, the payload begins with the kind of message.
import { PayloadReader, PayloadWriter } from "./payload.ts";
import { ProtocolError } from "../frames.ts";
import type { Trouble } from "./trouble.ts";

/** Kinds of entries that are transferred. */
export type EntryKind = "file" | "directory" | "link";

/** Facts transferred with an entry. */
export interface EntryFacts {
  readonly kind: EntryKind;
  /** Permission bits, without set-id and sticky. */
  readonly mode: number;
  /** Last modification: whole seconds since 1970, and nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly size: number;
  /** Equal for the same file reached by another path; 0 for unknown. */
  readonly inode: number;
  /** It was modified a moment ago, by the sender's clock: another write might leave the same time. */
  readonly isRecent: boolean;
}

/** A job's directory and files on its host, sent before the job. */
export interface HostPlan {
  /** What its relative paths are relative to, starting from the worker's directory; empty: that directory. */
  readonly workdir: string;
  /** It gets a directory of its own instead, removed afterwards. */
  readonly own: boolean;
  /** Sent and returned files are removed afterwards, with directories made for them. */
  readonly cleanup: boolean;
  /** It is not a job: its files are for all later jobs of the connection. */
  readonly stays: boolean;
  /** Places of sent files, and an identity of each source. */
  readonly sent: readonly { readonly place: string; readonly source: string }[];
  /** Places of returned files. */
  readonly returned: readonly string[];
}

/** An answer to an offer, or later during the transfer. */
export type Answer = "want" | "have" | "refused";
/** The end of a file's bytes: complete, changed and sent again, or unreadable. */
export type FileEnd = "whole" | "again" | "failed";

export type FileMessage =
  /** To the worker: the job's files. */
  | { readonly is: "plan"; readonly plan: HostPlan }
  /** From the sender: an entry. Entries are numbered from 0 per job and direction. */
  | {
    readonly is: "offer";
    readonly root: number;
    /** Relative to the root's place; empty for the root itself. */
    readonly path: string;
    readonly facts: EntryFacts;
    /** Of a link. */
    readonly target: string;
  }
  /** From the sender: the bytes of that entry follow. */
  | { readonly is: "begin"; readonly entry: number }
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | { readonly is: "end"; readonly end: FileEnd; readonly facts: EntryFacts }
  /** From the sender: something is unreadable. */
  | { readonly is: "unreadable"; readonly root: number; readonly trouble: Trouble }
  /** From the sender: the end of this job's files. */
  | { readonly is: "done" }
  /** From the receiver. */
  | {
    readonly is: "answer";
    readonly entry: number;
    readonly answer: Answer;
    readonly trouble?: Trouble;
  }
  /** From the receiver, after `done`: every file has its name, or the first trouble. */
  | { readonly is: "received"; readonly trouble?: Trouble };

const KINDS = [
  "plan",
  "offer",
  "begin",
  "data",
  "end",
  "unreadable",
  "done",
  "answer",
  "received",
] as const;
const ENTRY_KINDS: readonly EntryKind[] = ["file", "directory", "link"];
const ANSWERS: readonly Answer[] = ["want", "have", "refused"];
const ENDS: readonly FileEnd[] = ["whole", "again", "failed"];
/** Besides the permission bits. */
const RECENT = 0o1000;
/** Flags of a plan. */
const OWN = 1, CLEANUP = 2, STAYS = 4;

export function encodeFileMessage(message: FileMessage): Uint8Array {
  const out = new PayloadWriter();
  out.u8(KINDS.indexOf(message.is));
  switch (message.is) {
    case "plan":
      putPlan(out, message.plan);
      break;
    case "offer":
      out.u32(message.root);
      out.text(message.path);
      putFacts(out, message.facts);
      out.text(message.target);
      break;
    case "begin":
      out.u32(message.entry);
      break;
    case "data":
      out.rest(message.bytes);
      break;
    case "end":
      out.u8(ENDS.indexOf(message.end));
      putFacts(out, message.facts);
      break;
    case "unreadable":
      out.u32(message.root);
      putTrouble(out, message.trouble);
      break;
    case "answer":
      out.u32(message.entry);
      out.u8(ANSWERS.indexOf(message.answer));
      putTrouble(out, message.trouble);
      break;
    case "received":
      putTrouble(out, message.trouble);
      break;
  }
  return out.whole();
}

/** @throws ProtocolError for an invalid message; the bytes of `data` are a view */
export function decodeFileMessage(payload: Uint8Array): FileMessage {
  const from = new PayloadReader(payload);
  const is = choice(KINDS, from.u8());
  switch (is) {
    case "plan":
      return { is, plan: takePlan(from) };
    case "offer":
      return {
        is,
        root: from.u32(),
        path: from.text(),
        facts: takeFacts(from),
        target: from.text(),
      };
    case "begin":
      return { is, entry: from.u32() };
    case "data":
      return { is, bytes: from.rest() };
    case "end":
      return { is, end: choice(ENDS, from.u8()), facts: takeFacts(from) };
    case "unreadable":
      return { is, root: from.u32(), trouble: takeTrouble(from) ?? NO_REASON };
    case "done":
      return { is };
    case "answer":
      return {
        is,
        entry: from.u32(),
        answer: choice(ANSWERS, from.u8()),
        trouble: takeTrouble(from),
      };
    case "received":
      return { is, trouble: takeTrouble(from) };
  }
}

const NO_REASON: Trouble = { errno: "EIO", text: "it cannot be read" };

function putPlan(out: PayloadWriter, plan: HostPlan): void {
  out.u8((plan.own ? OWN : 0) | (plan.cleanup ? CLEANUP : 0) | (plan.stays ? STAYS : 0));
  out.text(plan.workdir);
  out.u32(plan.sent.length);
  for (const { place, source } of plan.sent) {
    out.text(place);
    out.text(source);
  }
  out.u32(plan.returned.length);
  for (const place of plan.returned) out.text(place);
}

function takePlan(from: PayloadReader): HostPlan {
  const flags = from.u8();
  const workdir = from.text();
  const sent = from.list(() => ({ place: from.text(), source: from.text() }));
  const returned = from.list(() => from.text());
  return {
    workdir,
    own: (flags & OWN) !== 0,
    cleanup: (flags & CLEANUP) !== 0,
    stays: (flags & STAYS) !== 0,
    sent,
    returned,
  };
}

function putFacts(out: PayloadWriter, facts: EntryFacts): void {
  out.u8(ENTRY_KINDS.indexOf(facts.kind));
  out.u32(facts.isRecent ? facts.mode | RECENT : facts.mode);
  out.number(facts.seconds);
  out.u32(facts.nanoseconds);
  out.number(facts.size);
  out.number(facts.inode);
}

function takeFacts(from: PayloadReader): EntryFacts {
  const kind = choice(ENTRY_KINDS, from.u8());
  const mode = from.u32();
  return {
    kind,
    mode: mode & 0o777,
    seconds: from.number(),
    nanoseconds: from.u32(),
    size: from.number(),
    inode: from.number(),
    isRecent: (mode & RECENT) !== 0,
  };
}

function putTrouble(out: PayloadWriter, trouble: Trouble | undefined): void {
  out.text(trouble?.errno ?? "");
  out.text(trouble?.text ?? "");
}

function takeTrouble(from: PayloadReader): Trouble | undefined {
  const errno = from.text();
  const text = from.text();
  return errno === "" ? undefined : { errno, text };
}

function choice<T>(of: readonly T[], number: number): T {
  if (number < of.length) return of[number];
  throw new ProtocolError(
    `a message about files holds ${number} where ${of.length - 1} is the most`,
  );
}

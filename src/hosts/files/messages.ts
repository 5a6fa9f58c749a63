// What is said about files in FILE frames: the job is named by the frame, the payload begins with the kind of message.
import { PayloadReader, PayloadWriter } from "./payload.ts";
import { ProtocolError } from "../frames.ts";
import type { Trouble } from "./trouble.ts";

/** What an entry of a tree can be that travels. */
export type EntryKind = "file" | "directory" | "link";

/** Facts that travel with an entry. */
export interface EntryFacts {
  readonly kind: EntryKind;
  /** Permission bits, without set-id and sticky. */
  readonly mode: number;
  /** Last modification: whole seconds since 1970, and the rest in nanoseconds. */
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly size: number;
  /** The same file, seen by another way, has the same one; 0 for unknown. */
  readonly inode: number;
  /** It was modified a moment ago, by the clock of who says so: written to again it might have the same time. */
  readonly isRecent: boolean;
}

/** What a job has on its host, told before the job. */
export interface HostPlan {
  /** Where its relative paths begin, from where the worker started; empty: there. */
  readonly workdir: string;
  /** It gets a directory of its own instead, which is removed behind it. */
  readonly own: boolean;
  /** What was sent or returned is removed behind it, with directories made for it. */
  readonly cleanup: boolean;
  /** It is no job: its files are there for all jobs that are told later, as long as the connection is there. */
  readonly stays: boolean;
  /** Places of what is sent, and what tells its source from others. */
  readonly sent: readonly { readonly place: string; readonly source: string }[];
  /** Places of what is returned. */
  readonly returned: readonly string[];
}

/** An answer to an offer, or later while its bytes come. */
export type Answer = "want" | "have" | "refused";
/** How the bytes of a file end: all have come, it has changed and comes again, or it cannot be read. */
export type FileEnd = "whole" | "again" | "failed";

export type FileMessage =
  /** To the worker: what comes and goes with the job. */
  | { readonly is: "plan"; readonly plan: HostPlan }
  /** From who sends: an entry. Entries are counted from 0, in each job and direction. */
  | {
    readonly is: "offer";
    readonly root: number;
    /** Below the place of the root; empty for itself. */
    readonly path: string;
    readonly facts: EntryFacts;
    /** Of a link. */
    readonly target: string;
  }
  /** From who sends: the bytes of that entry come. */
  | { readonly is: "begin"; readonly entry: number }
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | { readonly is: "end"; readonly end: FileEnd; readonly facts: EntryFacts }
  /** From who sends: something cannot be read. */
  | { readonly is: "unreadable"; readonly root: number; readonly trouble: Trouble }
  /** From who sends: no more of this job. */
  | { readonly is: "done" }
  /** From who receives. */
  | {
    readonly is: "answer";
    readonly entry: number;
    readonly answer: Answer;
    readonly trouble?: Trouble;
  }
  /** From who receives, behind `done`: everything stands under its name, or the first trouble. */
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
/** Beside the permission bits. */
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

/** @throws ProtocolError for what no peer says; the bytes of `data` are a view */
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

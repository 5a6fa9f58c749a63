import fc from "fast-check";
import { ProtocolError } from "../../../src/hosts/frames.ts";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import type { EntryFacts, EntryKind } from "../../../src/hosts/files/messages.ts";
import {
  type FileTarget,
  type NewFile,
  type OfferedEntry,
  Receiver,
} from "../../../src/hosts/files/receiver.ts";
import { type Found, type OpenEntry, Sender } from "../../../src/hosts/files/sender.ts";
import { Exchange, RULES } from "./exchange.ts";
import { runs } from "../../property_runs.ts";

/** What happens to a file of the sender's, and in the place of the receiver. */
interface Fate {
  readonly size: number;
  /** It changes during so many readings. */
  readonly changes: number;
  readonly breaks: boolean;
  readonly there: boolean;
  readonly room: boolean;
  readonly name: boolean;
}

const fate: fc.Arbitrary<Fate> = fc.record({
  size: fc.nat(10),
  changes: fc.nat(4),
  breaks: fc.boolean(),
  there: fc.boolean(),
  room: fc.boolean(),
  name: fc.boolean(),
});
const kind: fc.Arbitrary<EntryKind> = fc.constantFrom("file", "file", "file", "directory", "link");
const facts: EntryFacts = {
  kind: "file",
  mode: 0o644,
  seconds: 1,
  nanoseconds: 0,
  size: 0,
  inode: 1,
  isRecent: false,
};

class SimulatedFile implements OpenEntry {
  at = 0;
  readings = 0;
  isOpen = true;

  constructor(readonly name: string, private readonly fate: Fate) {}

  rewind(): EntryFacts {
    assert(this.isOpen);
    this.at = 0;
    this.readings++;
    return { ...facts, size: this.fate.size };
  }

  read(): Uint8Array {
    assert(this.isOpen);
    if (this.fate.breaks && this.at === 2) throw failure("EIO");
    const bytes = this.at < this.fate.size ? Uint8Array.of(this.at) : new Uint8Array(0);
    this.at += bytes.length;
    return bytes;
  }

  isUnchanged(): boolean {
    return this.readings > this.fate.changes;
  }

  close(): void {
    this.isOpen = false;
  }
}

/** A place in memory. */
class SimulatedTarget implements FileTarget {
  readonly kept = new Map<string, number[]>();
  readonly made: string[] = [];
  unfinished = 0;
  finished = false;

  constructor(private readonly fates: readonly Fate[]) {}

  offer({ path, facts }: OfferedEntry): "want" | "have" {
    const { there, room } = this.fates[Number(path)];
    if (there) return "have";
    if (facts.kind === "file") return "want";
    if (!room) throw failure("ENOSPC");
    this.made.push(path);
    return "want";
  }

  open({ path }: OfferedEntry): NewFile {
    const { room, name } = this.fates[Number(path)];
    const bytes: number[] = [];
    this.unfinished++;
    let open = true;
    const drop = () => {
      if (open) this.unfinished--;
      open = false;
    };
    return {
      write: (more) => {
        if (!room && bytes.length > 3) throw failure("ENOSPC");
        bytes.push(...more);
      },
      restart: () => bytes.length = 0,
      keep: () => {
        if (!name) throw failure("EISDIR");
        this.kept.set(path, bytes);
        drop();
      },
      drop,
    };
  }

  finish(): void {
    this.finished = true;
  }
}

function failure(errno: string): ImpError {
  return new ImpError({ action: "write", object: "x", errno });
}

function* found(kinds: readonly EntryKind[], files: SimulatedFile[]): Generator<Found, void> {
  for (let i = 0; i < kinds.length; i++) {
    const entry = { found: "entry", root: 0, path: `${i}`, target: "" } as const;
    const file = kinds[i] === "file" ? files[i] : undefined;
    yield { ...entry, facts: { ...facts, kind: kinds[i] }, file };
  }
}

const job = fc.array(fc.tuple(kind, fate), { maxLength: 12 });
const moves = fc.infiniteStream(fc.constantFrom("send", "receive", "hear"));

Deno.test("whatever happens to the files: what stands under its name is whole, and nothing is left open or half", () => {
  fc.assert(
    fc.property(job, moves, fc.boolean(), (job, moves, stopsAtTrouble) => {
      const fates = job.map(([, fate]) => fate);
      const files = fates.map((fate, i) => new SimulatedFile(`${i}`, fate));
      const target = new SimulatedTarget(fates);
      const exchange = new Exchange(found(job.map(([kind]) => kind), files), target, 1, {
        stopsAtTrouble,
      });
      for (let i = 0; i < 60; i++) exchange.step(moves.next().value as "send");
      exchange.finish();
      const { sender, receiver, settled } = exchange;
      for (const [path, bytes] of target.kept) {
        assertEquals(bytes, Array.from({ length: fates[Number(path)].size }, (_, i) => i));
      }
      assertEquals([receiver.over, target.finished, target.unfinished], [true, true, 0]);
      assert(
        job.every(([kind], i) => kind !== "file" || !files[i].isOpen || files[i].readings === 0),
      );
      const outcome = (i: number) => settled.find(({ path }) => path === `${i}`)?.answer;
      let failed = false;
      job.forEach(([kind, fate], i) => {
        const isFile = kind === "file";
        const good = fate.there ||
          (isFile
            ? fate.name && (fate.room || fate.size <= 4) && !(fate.breaks && fate.size >= 2) &&
              fate.changes < RULES.tries
            : fate.room);
        failed ||= !good;
        if (good && !stopsAtTrouble) {
          assertEquals(outcome(i), fate.there ? "have" : "want");
          if (isFile) assertEquals(target.kept.has(`${i}`), !fate.there);
        }
        if (!good) assert(!target.kept.has(`${i}`) && !target.made.includes(`${i}`));
      });
      // A file whose offer was answered and that needed nothing else may hide a later failure, at which everything stops.
      if (!stopsAtTrouble) assertEquals(sender.trouble !== undefined, failed);
      if (!failed) assertEquals([sender.trouble, receiver.trouble], [undefined, undefined]);
      else assert(sender.trouble !== undefined);
    }),
    runs(500),
  );
});

Deno.test("cut at any moment, nothing is left open or half", () => {
  fc.assert(
    fc.property(job, moves, fc.nat(40), (job, moves, steps) => {
      const fates = job.map(([, fate]) => fate);
      const files = fates.map((fate, i) => new SimulatedFile(`${i}`, fate));
      const target = new SimulatedTarget(fates);
      const exchange = new Exchange(found(job.map(([kind]) => kind), files), target);
      for (let i = 0; i < steps && !exchange.sender.over; i++) {
        exchange.step(moves.next().value as "send");
      }
      exchange.sender.close();
      exchange.receiver.close();
      assertEquals(target.unfinished, 0);
      assertEquals(exchange.sender.next(), undefined);
      assert(files.every((file) => !file.isOpen || file.readings === 0));
    }),
  );
});

Deno.test("a peer that says what it may not say is found out", () => {
  const receiver = () => new Receiver(new SimulatedTarget([]), 1);
  const offer = { is: "offer", root: 0, path: "0", facts, target: "" } as const;
  assertThrows(() => receiver().take({ ...offer, root: 1 }), ProtocolError, "outside");
  assertThrows(() => receiver().take({ ...offer, path: "../0" }), ProtocolError, "outside");
  assertThrows(() => receiver().take({ is: "begin", entry: 0 }), ProtocolError);
  assertThrows(() => receiver().take({ is: "data", bytes: new Uint8Array(1) }), ProtocolError);
  assertThrows(() => receiver().take({ is: "end", end: "whole", facts }), ProtocolError);
  const over = receiver();
  over.take({ is: "done" });
  assertThrows(() => over.take({ is: "done" }), ProtocolError);
  const sender = new Sender(found([], []), RULES);
  assertThrows(() => sender.take({ is: "received" }), ProtocolError);
  assertThrows(() => sender.take({ is: "answer", entry: 0, answer: "want" }), ProtocolError);
});

Deno.test("a file that changes each time is given up, and told by its name", () => {
  const fate = { size: 3, changes: 9, breaks: false, there: false, room: true, name: true };
  const file = new SimulatedFile("log", fate);
  const exchange = new Exchange(found(["file"], [file]), new SimulatedTarget([fate]));
  exchange.finish();
  const text = "cannot read log: it changed each of the 3 times that it was read";
  assertEquals(exchange.sender.trouble, { errno: "EAGAIN", text });
  assertEquals(exchange.receiver.trouble, { errno: "EAGAIN", text });
});

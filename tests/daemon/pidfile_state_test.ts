import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../base/any_text.ts";
import {
  formatNoteHead,
  type Identity,
  judgeIdentity,
  judgeUnlocked,
  parseIdentity,
  parseNote,
  parsePid,
  type PidfileState,
  type UnlockedEvidence,
} from "../../src/daemon/pidfile_state.ts";

const BOOT = "0b9c2a4e-0000-4000-8000-123456789abc";
const EARLIER_BOOT = "ffffffff-0000-4000-8000-123456789abc";
const WRITTEN = 1_700_000_000_000;

const kept: Identity = { pid: 412, startTicks: 5000, bootId: BOOT };
const alive = { state: "S", startTicks: 5000, startedAt: WRITTEN - 10 };

/** Evidence for a daemon that runs, with something else about it. */
const evidence = (other: Partial<UnlockedEvidence>): UnlockedEvidence => ({
  text: "412\n",
  modified: WRITTEN,
  kept,
  process: alive,
  bootId: BOOT,
  ...other,
});

const stale = (because: string): PidfileState => ({ is: "stale", because });
const GONE = stale("no process 412 exists");
const ENDED = stale("process 412 has ended");
const REUSED = stale("PID 412 was given to another process since");
const REBOOTED = stale("it was written before the machine was booted");
const YOUNGER = stale("PID 412 was given to a process that is younger than the file");
const CERTAIN: PidfileState = { is: "running", pid: 412, certain: true };
const LIKELY: PidfileState = { is: "running", pid: 412, certain: false };
const EMPTY = stale("it is empty");

const TEXTS = {
  whole: "412\n",
  empty: "",
  blank: " \n",
  garbage: "web is running\n",
};

const KEPT = {
  same: kept,
  "of another start": { ...kept, startTicks: 4000 },
  "of another boot": { ...kept, bootId: EARLIER_BOOT },
  "of another PID": { ...kept, pid: 99 },
  nothing: undefined,
};

const PROCESSES = {
  running: alive,
  "started just after": { ...alive, startedAt: WRITTEN + 1999 },
  "started later": { ...alive, startTicks: 9000, startedAt: WRITTEN + 60_000 },
  zombie: { ...alive, state: "Z" },
  dead: { ...alive, state: "X" },
  nothing: undefined,
};

/** What a file with a whole PID stands for, by what was kept beside it and by the process. */
const VERDICTS: Record<keyof typeof KEPT, Record<keyof typeof PROCESSES, PidfileState>> = {
  same: {
    running: CERTAIN,
    "started just after": CERTAIN,
    "started later": REUSED,
    zombie: ENDED,
    dead: ENDED,
    nothing: GONE,
  },
  "of another start": {
    running: REUSED,
    "started just after": REUSED,
    "started later": REUSED,
    zombie: ENDED,
    dead: ENDED,
    nothing: GONE,
  },
  "of another boot": {
    running: REBOOTED,
    "started just after": REBOOTED,
    "started later": REBOOTED,
    zombie: ENDED,
    dead: ENDED,
    nothing: GONE,
  },
  // What is kept says nothing about this PID: as if it were not there.
  "of another PID": {
    running: LIKELY,
    "started just after": LIKELY,
    "started later": YOUNGER,
    zombie: ENDED,
    dead: ENDED,
    nothing: GONE,
  },
  nothing: {
    running: LIKELY,
    "started just after": LIKELY,
    "started later": YOUNGER,
    zombie: ENDED,
    dead: ENDED,
    nothing: GONE,
  },
};

Deno.test("a pidfile that nobody locks: every combination of evidence", () => {
  for (const [text, content] of Object.entries(TEXTS)) {
    for (const identity of Object.keys(KEPT) as (keyof typeof KEPT)[]) {
      for (const process of Object.keys(PROCESSES) as (keyof typeof PROCESSES)[]) {
        const judged = judgeUnlocked(
          evidence({ text: content, kept: KEPT[identity], process: PROCESSES[process] }),
        );
        const expected = text === "whole"
          ? VERDICTS[identity][process]
          : text === "garbage"
          ? { is: "foreign" }
          : EMPTY;
        assertEquals(judged, expected, `text ${text}, kept ${identity}, process ${process}`);
      }
    }
  }
});

Deno.test("without a boot id the start time alone must tell", () => {
  assertEquals(judgeUnlocked(evidence({ bootId: undefined })), CERTAIN);
  assertEquals(
    judgeUnlocked(evidence({ bootId: undefined, kept: KEPT["of another start"] })),
    REUSED,
  );
});

Deno.test("no verdict ever says that an ended or missing process runs, or that text of others is ours", () => {
  const process = fc.option(
    fc.record({
      state: fc.constantFrom("R", "S", "D", "T", "Z", "X"),
      startTicks: fc.nat(),
      startedAt: fc.nat(),
    }),
    { nil: undefined },
  );
  const identity = fc.option(
    fc.record({ pid: fc.nat(), startTicks: fc.nat(), bootId: fc.constantFrom(BOOT, EARLIER_BOOT) }),
    { nil: undefined },
  );
  const text = fc.oneof(fc.nat().map((pid) => `${pid}\n`), anyText());
  const all = fc.record({
    text,
    modified: fc.nat(),
    kept: identity,
    process,
    bootId: fc.constant(BOOT),
  });
  fc.assert(fc.property(all, (given) => {
    const state = judgeUnlocked(given);
    if (state.is === "running") {
      assertEquals("RSDT".includes(given.process?.state ?? "?"), true);
      assertEquals(state.pid, parsePid(given.text));
      assertEquals(state.certain, given.kept?.pid === state.pid);
    }
    if (given.text.trim() !== "" && parsePid(given.text) === undefined) {
      assertEquals(state.is, "foreign");
    }
  }));
});

Deno.test("a PID is one positive decimal number with white space around it", () => {
  const table: [text: string, pid: number | undefined][] = [
    ["1", 1],
    ["412\n", 412],
    [" 412 \n\n", 412],
    ["0412\n", 412],
    ["4194304", 4_194_304],
    ["", undefined],
    ["\n", undefined],
    ["0", undefined],
    ["-412", undefined],
    ["412 413", undefined],
    ["412\n413\n", undefined],
    ["412x", undefined],
    ["4.12", undefined],
    ["0x19c", undefined],
    ["99999999999", undefined],
    ["４１２", undefined],
  ];
  for (const [text, pid] of table) assertEquals(parsePid(text), pid, JSON.stringify(text));
});

const identities = fc.record({
  pid: fc.integer({ min: 1, max: 2 ** 22 }),
  startTicks: fc.integer({ min: 0, max: 2 ** 45 }),
  bootId: fc.uuid(),
});

/** What a daemon copies from /proc before it becomes its program. */
const stat = ({ pid, startTicks }: Identity, comm = "imp") =>
  `${pid} (${comm}) R 1 2 2 0 -1 4194368 45 0 0 0 0 0 0 0 20 0 1 0 ${startTicks} 6565 2625 0\n`;

Deno.test("a note is read back as imp and the daemon wrote it", () => {
  const comm = anyText().filter((text) => !text.includes("\0"));
  fc.assert(fc.property(identities, comm, (identity, comm) => {
    const head = formatNoteHead(identity.bootId);
    assertEquals(parseNote(head + stat(identity, comm)), { is: "imp's", identity });
    assertEquals(parseNote(head), { is: "imp's" });
  }));
  assertEquals(parseNote(""), { is: "empty" });
});

Deno.test("a note that was cut off is imp's and names nobody, or is not imp's", () => {
  fc.assert(fc.property(identities, fc.nat(), (identity, at) => {
    const text = formatNoteHead(identity.bootId) + stat(identity);
    // Up to the start time: what comes behind it says nothing.
    const cut = text.slice(0, at % (text.indexOf(` ${identity.startTicks} `) + 1));
    const note = parseNote(cut);
    if (note.is === "imp's") assertEquals(note.identity, undefined);
  }));
});

Deno.test("what others wrote is not imp's", () => {
  for (
    const text of [
      "412\n",
      "\n",
      " ",
      "imp daemon lock 1",
      "imp daemon lock 10\n-\n",
      "buy milk\n",
      "imp daemon",
    ]
  ) {
    assertEquals(parseNote(text), { is: "foreign" }, JSON.stringify(text));
  }
  fc.assert(fc.property(anyText(), (text) => {
    if (!text.startsWith("imp daemon lock 1\n") && text !== "") {
      assertEquals(parseNote(text), { is: "foreign" });
    }
  }));
});

Deno.test("what imp 0.1 kept beside a pidfile is read, and nothing that was cut off or written over", () => {
  fc.assert(fc.property(identities, fc.nat(), (identity, at) => {
    const text = `${identity.pid} ${identity.startTicks} ${identity.bootId}\n`;
    assertEquals(parseIdentity(text), identity);
    assertEquals(parseIdentity(text.slice(0, at % text.length)), undefined);
    assertEquals(parseIdentity(text + text), undefined);
    assertEquals(parseIdentity(`${text}x`), undefined);
    assertEquals(parseIdentity(` ${text}`), undefined);
  }));
  for (const text of ["", "\n", "412\n", "412 5000\n", "412 x y\n"]) {
    assertEquals(parseIdentity(text), undefined);
  }
});

Deno.test("a noted start alone tells whether its process is there", () => {
  const table: [process: keyof typeof PROCESSES, bootId: string | undefined, PidfileState][] = [
    ["running", BOOT, CERTAIN],
    ["running", undefined, CERTAIN],
    ["running", EARLIER_BOOT, REBOOTED],
    ["started later", BOOT, REUSED],
    ["zombie", BOOT, ENDED],
    ["nothing", BOOT, GONE],
  ];
  for (const [process, bootId, expected] of table) {
    assertEquals(judgeIdentity(kept, PROCESSES[process], bootId), expected, process);
  }
});

import fc from "fast-check";
import { assert, assertEquals } from "@std/assert";
import {
  lastRun,
  parseLastRun,
  parseStatus,
  readStatus,
  signalsInMask,
  threadTime,
} from "../../src/procfs/status.ts";
import { Unreadable } from "../../src/procfs/read.ts";
import { anyText } from "../base/any_text.ts";

const TEXT = `Name:\tsleep
Umask:\t0027
State:\tS (sleeping)
Tgid:\t4242
Ngid:\t0
Pid:\t4243
PPid:\t4000
TracerPid:\t77
Uid:\t1000\t0\t1001\t0
Gid:\t100\t100\t100\t100
FDSize:\t64
Groups:\t4 24 27
NSpid:\t4243\t5
Threads:\t3
SigQ:\t0/31441
SigPnd:\t0000000000000001
ShdPnd:\t0000000000004000
SigBlk:\t0000000000010000
SigIgn:\t0000000000001001
SigCgt:\t8000000180000002
CapEff:\t000001ffffffffff
NoNewPrivs:\t1
Seccomp:\t2
`;

Deno.test("every field that imp uses", () => {
  assertEquals(parseStatus(TEXT), {
    tgid: 4242,
    pid: 4243,
    tracer: 77,
    uids: { real: 1000, effective: 0, saved: 1001, fileSystem: 0 },
    gids: { real: 100, effective: 100, saved: 100, fileSystem: 100 },
    groups: [4, 24, 27],
    umask: 0o27,
    threads: 3,
    namespacePids: [4243, 5],
    signals: { pending: [1, 15], blocked: [17], ignored: [1, 13], caught: [2, 32, 33, 64] },
    capabilities: 0x1ffffffffffn,
    noNewPrivs: true,
    seccomp: "filter",
  });
});

Deno.test("a zombie's has no umask, an old kernel's no seccomp", () => {
  const text = TEXT.split("\n").filter((line) => !/^(Umask|Seccomp|NSpid)/.test(line)).join("\n");
  const status = parseStatus(text);
  assertEquals([status?.umask, status?.seccomp], [undefined, "off"]);
  assertEquals(status?.namespacePids, [4243]);
});

Deno.test("a name cannot pass for fields: the kernel escapes its newlines", () => {
  fc.assert(fc.property(anyText(15), (name) => {
    const escaped = name.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    const status = parseStatus(TEXT.replace("Name:\tsleep", () => `Name:\t${escaped}`));
    assertEquals(status, parseStatus(TEXT));
  }));
});

Deno.test("half a text is none", () => {
  fc.assert(fc.property(fc.nat(TEXT.indexOf("SigCgt") - 1), (length) => {
    assertEquals(parseStatus(TEXT.slice(0, length)), undefined);
  }));
});

Deno.test("no text at all is a failure", () => {
  fc.assert(fc.property(anyText(), (text) => {
    parseStatus(text);
  }));
});

Deno.test("masks and numbers of signals say the same", () => {
  fc.assert(fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 64 })), (numbers) => {
    const mask = numbers.reduce((bits, number) => bits | 1n << BigInt(number - 1), 0n);
    assertEquals(signalsInMask(mask), numbers.toSorted((a, b) => a - b));
  }));
});

Deno.test("of this process and of none", () => {
  const own = readStatus(Deno.pid);
  assertEquals(own instanceof Unreadable ? own.errno : own.uids.real, Deno.uid());
  const none = readStatus(2 ** 22 + 1);
  assertEquals(none instanceof Unreadable && none.gone, true);
});

const SCHED = (name: string) =>
  `${name} (4242, #threads: 1)
-------------------------------------------------------------------
se.exec_start                                :       4026829.034197
se.vruntime                                  :           232.056437
`;

Deno.test("parseLastRun: milliseconds, whatever the name looks like", () => {
  assertEquals(parseLastRun(SCHED("sleep")), 4026829.034197);
  assertEquals(parseLastRun(SCHED("x\nse.exec_start : 1.5")), 4026829.034197);
  assertEquals(parseLastRun(""), undefined);
  fc.assert(fc.property(anyText(15), (name) => {
    assertEquals(parseLastRun(SCHED(name)), 4026829.034197);
  }));
});

Deno.test("lastRun: of this process, if the kernel has it", () => {
  const ran = lastRun("self");
  assert(ran === undefined || ran > 0);
});

Deno.test("threadTime: of a thread of this process, if the kernel counts it", () => {
  // Deno runs tests in a thread that need not be the first one.
  const self = Number(Deno.readLinkSync("/proc/thread-self").split("/").at(-1));
  const first = threadTime(self);
  if (first !== undefined) {
    assert(first > 0);
    const end = performance.now() + 120_000;
    while (threadTime(self)! <= first) assert(performance.now() < end, "it does not grow");
  }
  assertEquals(threadTime(2 ** 30), undefined);
});

import { createKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { readPageWords } from "../../src/keeper/waiter/page_words.ts";
import { closeFile } from "../../src/libc/descriptors/files.ts";
import { makePrivate } from "../../src/libc/descriptors/directory.ts";
import { directoryMayHold, linkCount, listDirectory } from "../../src/libc/descriptors/stat.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { cpuTime } from "../../src/procfs/boot.ts";
import { readStat } from "../../src/procfs/stat.ts";
import { processCpuMs, readChildren, residentPages } from "../../src/procfs/usage.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { eventually, withDirectory } from "./support.ts";

function start(path: string, ...words: string[]): number {
  const pid = spawn({ path, argv: [path, ...words], env: [] });
  assert(pid > 0);
  return pid;
}

test("processCpuMs: what /proc tells too, exactly; nothing of who is not there", () => {
  const pid = start("/bin/sh", "-c", "while :; do :; done");
  try {
    while ((processCpuMs(pid) ?? 0) < 30);
    const before = cpuTime(readStat(pid)!);
    const exact = processCpuMs(pid)!;
    const after = cpuTime(readStat(pid)!);
    // /proc counts in ticks of 10 ms, user and system time apart.
    assert(exact >= before - 20 && exact <= after + 20, `${before} ${exact} ${after}`);
  } finally {
    sendSignal(pid, 9);
    waitFor(pid);
  }
  assertEquals(processCpuMs(pid), undefined);
  assertEquals(residentPages(pid), undefined);
  assertEquals(readChildren(pid), []);
});

test("residentPages: as stat has it; none of a zombie", async () => {
  assert(residentPages(ownPid())! > 100);
  const pid = start("/bin/true");
  await eventually(() => readStat(pid)?.state === "Z", "a zombie");
  assertEquals(residentPages(pid), 0);
  waitFor(pid);
});

test("readChildren: those of all threads, zombies too", async () => {
  const one = start("/bin/sleep", "60"), other = start("/bin/true");
  try {
    await eventually(() => readStat(other)?.state === "Z", "a zombie");
    // The runtime has threads; which one forked is up to it.
    const children = readChildren(ownPid())!;
    assert(children.includes(one) && children.includes(other), String(children));
    assertEquals(readChildren(one), []);
    assertEquals(readChildren(one, true), []);
    assertEquals(linkCount(`/proc/${one}/task`), 3);
    assertEquals(linkCount("/nowhere"), 0);
  } finally {
    sendSignal(one, 9);
    waitFor(one);
    waitFor(other);
  }
});

test("directoryMayHold: a part of a name, among more names than one call gives", async () => {
  await withDirectory((folder) => {
    for (let i = 0; i < 1500; i++) makePrivate(`${folder}/some-name-that-is-long-${i}`);
    makePrivate(`${folder}/web@2`);
    assertEquals(listDirectory(folder).length, 1501);
    assert(directoryMayHold(folder, "web@"));
    assert(!directoryMayHold(folder, "api@"));
    assert(!directoryMayHold(`${folder}/nowhere`, "web@"));
  });
});

test("readPageWords: the page of a waiter, and nothing of who has none", () => {
  const { page, fd } = createKeeperPage();
  page.begin(4711, 0);
  const pid = spawn({ path: "/bin/sleep", argv: ["sleep", "60"], env: [], descriptors: [[fd, 5]] });
  const other = start("/bin/sleep", "60");
  try {
    assertEquals(readPageWords(pid), { program: 4711, failures: 0, text: undefined });
    page.program = 4712;
    assertEquals(readPageWords(pid)?.program, 4712);
    assertEquals(readPageWords(other), undefined);
  } finally {
    for (const one of [pid, other]) {
      sendSignal(one, 9);
      waitFor(one);
    }
    closeFile(fd);
  }
});

import {
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
  RLIMIT_NOFILE,
} from "../../src/libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../src/libc/machine.ts";
import { ImpError } from "../../src/base/errors.ts";
import {
  closeFile,
  isOpen,
  moveUp,
  openFile,
  readFile,
  readFileOrNothing,
  readLink,
  readRecord,
  readSome,
  readTextOrNothing,
  readToEnd,
  tryOpen,
  writeAll,
} from "../../src/libc/descriptors/files.ts";
import { getLimit, setLimit } from "../../src/libc/users/limits.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate, scratch } from "../../src/libc/calling/memory.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows, test } from "./harness.ts";
import { interrupted } from "./interrupts.ts";
import {
  descriptors,
  output,
  perform,
  playRole,
  SHELL,
  start,
  text,
  told,
  withDirectory,
} from "./support.ts";

const CHUNK = 1 << 16;
const LARGE = 5_000_000;

await playRole({
  /** Reads and writes while a signal interrupts every call that waits. */
  "interrupted input and output": () =>
    interrupted(() => {
      const slowly = "for i in 1 2 3 4 5 6 7 8; do sleep 0.02; printf x; done";
      const [from, into] = pipe();
      const writer = start({ argv: [SHELL, "-c", slowly], descriptors: [[into, 1]] });
      closeFile(into);
      const read = text(readToEnd(from, "a pipe"));
      waitFor(writer);
      const [source, sink] = pipe();
      const counting = "sleep 0.1; while dd bs=4096 count=1 2>&1 | grep -q '^1+0'; do :; done";
      const reader = start({ argv: [SHELL, "-c", counting], descriptors: [[source, 0]] });
      closeFile(source);
      writeAll(sink, new Uint8Array(40 * 4096));
      closeFile(sink);
      return { read, reader: waitFor(reader)?.ending };
    }),
});

function pipe(flags = 0): [from: number, into: number] {
  const O_CLOEXEC = 0o2000000;
  const ends = allocate(8);
  assertEquals(libc("pipe2").pipe2(ends.address, O_CLOEXEC | flags), 0);
  return [ends.view.getInt32(0, true), ends.view.getInt32(4, true)];
}

/** Bytes without a period that a lost or doubled chunk could hide in. */
function pattern(length: number): Uint8Array {
  return new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8) * 17 + (i >> 16)) & 255);
}

function assertSame(actual: Uint8Array, expected: Uint8Array): void {
  assertEquals(actual.length, expected.length);
  const at = actual.findIndex((byte, i) => byte !== expected[i]);
  assertEquals(at, -1, `byte ${at} differs`);
}

function failure(work: () => unknown): ImpError {
  return assertThrows(work, ImpError) as ImpError;
}

// This one comes first: it is about the very first use.
test("files: the buffer for reading outlives a scratch in which it was first used", () => {
  scratch(() => readFile("/proc/self/comm"));
  const { bytes } = allocate(CHUNK);
  bytes.fill(7);
  readFile("/proc/self/comm");
  assert(bytes.every((byte) => byte === 7));
});

test("files: large data is written and read whole, in chunks of any length", async () => {
  await withDirectory((at) => {
    for (const length of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, LARGE]) {
      const data = pattern(length);
      const fd = openFile(`${at}/data`, O_RDWR | O_CREAT | O_TRUNC);
      writeAll(fd, data);
      closeFile(fd);
      assertSame(readFile(`${at}/data`), data);
    }
  });
});

test("files: what was read is the caller's own and does not change", async () => {
  await withDirectory((at) => {
    for (const [name, byte] of [["a", 1], ["b", 2]] as const) {
      const fd = openFile(`${at}/${name}`, O_WRONLY | O_CREAT);
      writeAll(fd, new Uint8Array(100).fill(byte));
      closeFile(fd);
    }
    const first = readFile(`${at}/a`);
    readFile(`${at}/b`);
    assert(first.every((byte) => byte === 1));
  });
});

test("files: text is written as UTF-8", async () => {
  await withDirectory((at) => {
    const fd = openFile(`${at}/text`, O_WRONLY | O_CREAT);
    writeAll(fd, "größe 守护 🙂\n");
    closeFile(fd);
    assertEquals(readTextOrNothing(`${at}/text`), "größe 守护 🙂\n");
  });
});

test("files: a slow reader of a non-blocking pipe gets every byte", async () => {
  await withDirectory((at) => {
    const [from, into] = pipe();
    const F_SETFL = 4;
    libc("fcntl").fcntl(into, F_SETFL, O_NONBLOCK);
    const sink = openFile(`${at}/sink`, O_WRONLY | O_CREAT);
    const reader = start({
      argv: [SHELL, "-c", "sleep 0.3; exec cat"],
      descriptors: [[from, 0], [sink, 1]],
    });
    closeFile(from);
    closeFile(sink);
    const data = pattern(3_000_000);
    writeAll(into, data);
    closeFile(into);
    assertEquals(waitFor(reader)?.ending, { how: "exit", code: 0 });
    assertSame(readFile(`${at}/sink`), data);
  });
});

test("files: reading a non-blocking pipe that is empty says so; its end is no bytes", () => {
  const [from, into] = pipe(O_NONBLOCK);
  const EAGAIN = 11;
  assertEquals(readSome(from), -EAGAIN);
  writeAll(into, "ab");
  assertEquals(text(readSome(from) as Uint8Array), "ab");
  closeFile(into);
  assertEquals((readSome(from) as Uint8Array).length, 0);
  closeFile(from);
});

test("files: signals interrupt waiting, and nobody notices", async () => {
  const { interruptions, result } = told(
    await perform(import.meta, "interrupted input and output"),
  ) as { interruptions: number; result: unknown };
  assert(interruptions > 0, "no call was ever interrupted");
  assertEquals(result, { read: "xxxxxxxx", reader: { how: "exit", code: 0 } });
});

test("files: a full disk, a reader that went away, a closed descriptor", () => {
  const full = openFile("/dev/full", O_WRONLY);
  const noSpace = failure(() => writeAll(full, "x", "the log"));
  assertEquals(noSpace.message, "cannot write to the log: ENOSPC (no space left on device)");
  closeFile(full);
  const [from, into] = pipe();
  closeFile(from);
  assertEquals(failure(() => writeAll(into, "x")).errno, "EPIPE");
  closeFile(into);
  const closed = failure(() => writeAll(into, "x"));
  assertEquals([closed.errno, closed.parts.object], ["EBADF", `descriptor ${into}`]);
});

test("files: errors of opening and reading name the file", async () => {
  await withDirectory((at) => {
    const fd = openFile(`${at}/file`, O_WRONLY | O_CREAT | O_EXCL);
    closeFile(fd);
    const table: [work: () => unknown, message: RegExp][] = [
      [() => openFile(`${at}/missing`, O_RDONLY), /^cannot open \/.*\/missing: ENOENT \(/],
      [() => openFile(`${at}/file`, O_WRONLY | O_CREAT | O_EXCL), /^cannot create .*: EEXIST \(/],
      [() => openFile(`${at}/file/x`, O_RDONLY), /: ENOTDIR \(/],
      [() => openFile(at, O_WRONLY), /: EISDIR \(/],
      [() => readFile(at), /^cannot read \/.*: EISDIR \(/],
      [() => readFile(`${at}/missing`), /: ENOENT \(/],
    ];
    for (const [work, message] of table) assertMatch(failure(work).message, message);
    assertEquals(tryOpen(`${at}/missing`, O_RDONLY), -2);
    assertEquals(readFileOrNothing(at), undefined);
    assertEquals(readTextOrNothing(`${at}/missing`), undefined);
  });
});

test("files: flags and modes mean what they say", async () => {
  await withDirectory((at) => {
    const umask = libc("umask").umask(0o022);
    const fd = openFile(`${at}/new`, O_WRONLY | O_CREAT | O_EXCL, 0o666);
    libc("umask").umask(umask);
    writeAll(fd, "one\n");
    closeFile(fd);
    const more = openFile(`${at}/new`, O_WRONLY | O_APPEND);
    writeAll(more, "two\n");
    closeFile(more);
    assertEquals(readTextOrNothing(`${at}/new`), "one\ntwo\n");
    closeFile(openFile(`${at}/new`, O_WRONLY | O_TRUNC));
    assertEquals(readTextOrNothing(`${at}/new`), "");
    const directory = openFile(at, O_PATH | O_DIRECTORY);
    const inside = openFile("new", O_RDONLY, 0, directory);
    assert(isOpen(inside));
    const ENOTDIR = 20, ELOOP = 40;
    assertEquals(tryOpen("new", O_RDONLY | O_DIRECTORY, 0, directory), -ENOTDIR);
    assertEquals(tryOpen("/proc/self/cwd", O_RDONLY | O_NOFOLLOW), -ELOOP);
    closeFile(inside);
    closeFile(directory);
  });
});

test("files: every descriptor is close-on-exec, also one that was moved up", () => {
  const fd = openFile("/dev/null", O_RDWR);
  const moved = moveUp(openFile("/dev/null", O_RDWR), 300);
  assert(moved >= 300);
  assertEquals(moveUp(moved, 300), moved);
  for (const one of [fd, moved]) {
    const flags = readTextOrNothing(`/proc/thread-self/fdinfo/${one}`) ?? "";
    assertMatch(flags, /^flags:\s+02\d{6}$/m);
    closeFile(one);
    assertEquals(isOpen(one), false);
  }
});

test("files: a descriptor is moved as high as a low limit of open files allows", () => {
  const before = getLimit(RLIMIT_NOFILE);
  const fd = openFile("/dev/null", O_RDWR);
  const low = { soft: fd + 60, hard: before.hard };
  assertEquals(setLimit(RLIMIT_NOFILE, low), 0);
  const moved = moveUp(fd, 4 * low.soft);
  setLimit(RLIMIT_NOFILE, before);
  assert(moved > fd && moved < low.soft);
  closeFile(moved);
});

test("files: nothing stays open, whether reading succeeds or fails", async () => {
  await withDirectory((at) => {
    const before = Object.keys(descriptors("self")).length;
    for (let i = 0; i < 100; i++) {
      readFile("/proc/self/comm");
      readFileOrNothing(at);
      readTextOrNothing(`${at}/missing`);
      failure(() => readFile(at));
    }
    // The runtime may close some of its own meanwhile: pipes of a command that has ended.
    assert(Object.keys(descriptors("self")).length <= before);
  });
});

test("files: links are read whole, and what is none is nothing", async () => {
  await withDirectory(async (at) => {
    const long = "x".repeat(4000);
    await runtime.command(["ln", "-s", "größe 守护", `${at}/odd`]);
    await runtime.command(["ln", "-s", long, `${at}/long`]);
    assertEquals(readLink(`${at}/odd`), "größe 守护");
    assertEquals(readLink(`${at}/long`), long);
    assertEquals([readLink(at), readLink(`${at}/missing`)], [undefined, undefined]);
  });
});

test("records: one read, what is longer whole, errors by number", async () => {
  await withDirectory(async (at) => {
    const record = (path: string) => {
      const bytes = readRecord(path);
      return typeof bytes === "number" ? bytes : new TextDecoder().decode(bytes);
    };
    await output(
      "sh",
      "-c",
      'cd "$1" && printf short >a && head -c 200000 /dev/zero | tr "\\0" x >b && : >c',
      "sh",
      at,
    );
    assertEquals([record(`${at}/a`), record(`${at}/c`)], ["short", ""]);
    assertEquals(record(`${at}/b`), "x".repeat(200_000));
    assertEquals([record(`${at}/missing`), record(at)], [-2, -21]);
    assertEquals(record(`/${"x".repeat(5000)}`), -36);
    assertEquals(record("/proc/self/cmdline"), readTextOrNothing("/proc/self/cmdline"));
  });
});

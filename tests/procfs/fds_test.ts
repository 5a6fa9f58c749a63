import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { describeFile, parseFdFlags, readOpenFiles, targetKind } from "../../src/procfs/fds.ts";
import { Unreadable } from "../../src/procfs/read.ts";
import { anyText } from "../base/any_text.ts";

Deno.test("what a link leads to", () => {
  const kinds: [string, string][] = [
    ["/dev/pts/3", "terminal"],
    ["/dev/tty1", "terminal"],
    ["/dev/ttyS0", "terminal"],
    ["/dev/console", "terminal"],
    ["/dev/null", "null"],
    ["/dev/urandom", "device"],
    ["/dev/ptmx", "device"],
    ["/dev/shm/x", "file"],
    ["/dev/pts/3/x", "device"],
    ["/var/log/a pipe:[1]", "file"],
    ["/memfd:sealed", "memory"],
    ["pipe:[123]", "pipe"],
    ["socket:[123]", "socket"],
    ["anon_inode:[eventpoll]", "anonymous"],
    ["net:[4026531840]", "anonymous"],
  ];
  for (const [target, kind] of kinds) assertEquals(targetKind(target), kind, target);
});

Deno.test("a file that was removed, and one that is called so", () => {
  const removed = describeFile(5, "/tmp/x (deleted)", "flags:\t0102001\n", () => true);
  assertEquals([removed.target, removed.deleted], ["/tmp/x", true]);
  assertEquals([removed.mode, removed.flags], ["write", ["append"]]);
  const called = describeFile(5, "/tmp/x (deleted)", "", () => false);
  assertEquals([called.target, called.deleted], ["/tmp/x (deleted)", false]);
});

Deno.test("flags are octal and on a line of their own", () => {
  assertEquals(parseFdFlags("pos:\t0\nflags:\t02100002\nmnt_id:\t26\n"), 0o2100002);
  assertEquals(parseFdFlags("pos:\t0\nfla"), undefined);
  fc.assert(fc.property(fc.nat(0o7777777), fc.string(), (flags, rest) => {
    const text = `pos:\t0\nflags:\t0${flags.toString(8)}\n${rest.replaceAll("flags:", "")}`;
    assertEquals(parseFdFlags(text), flags);
  }));
  fc.assert(fc.property(anyText(), (text) => {
    parseFdFlags(text);
    targetKind(text);
  }));
});

Deno.test("descriptors of a process: modes, kinds, the limit", async () => {
  const path = await Deno.makeTempFile();
  const file = await Deno.open(path, { append: true });
  await Deno.remove(path);
  try {
    const open = readOpenFiles(Deno.pid, 1000);
    if (open instanceof Unreadable) throw new Error(open.errno);
    const found = open.files.find(({ target }) => target === path);
    assertEquals([found?.deleted, found?.kind, found?.mode], [true, "file", "write"]);
    assertEquals(found?.flags, ["append", "cloexec"]);
    const one = readOpenFiles(Deno.pid, 1);
    assertEquals(one instanceof Unreadable ? 0 : one.files.length, 1);
    assertEquals(!(one instanceof Unreadable) && one.count > 3, true);
  } finally {
    file.close();
  }
});

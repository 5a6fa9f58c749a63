import { O_NOCTTY, O_RDWR } from "../../src/libc/abi.ts";
import { assertEquals } from "@std/assert";
import { isTerminal, useColor } from "../../src/cli/output.ts";
import { closeFile, openFile } from "../../src/libc/descriptors/files.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";

const NEVER_OPEN = 999;

function withTerminal(body: (fd: number) => void): void {
  const { master, path } = openTerminal({ rows: 24, columns: 80 });
  const fd = openFile(path, O_RDWR | O_NOCTTY);
  try {
    body(fd);
  } finally {
    closeFile(fd);
    closeFile(master);
  }
}

function withEnvironment(values: Record<string, string | undefined>, body: () => void): void {
  const before = Object.keys(values).map((name) => [name, Deno.env.get(name)] as const);
  const set = (name: string, value: string | undefined) =>
    value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
  try {
    for (const [name, value] of Object.entries(values)) set(name, value);
    body();
  } finally {
    for (const [name, value] of before) set(name, value);
  }
}

Deno.test("a terminal is known by what the kernel says", () => {
  assertEquals(isTerminal(NEVER_OPEN), false);
  withTerminal((fd) => assertEquals(isTerminal(fd), true));
});

Deno.test("colours: by default only a terminal gets them, unless its user wants none", () => {
  withTerminal((fd) => {
    withEnvironment({ NO_COLOR: undefined, TERM: "xterm" }, () => {
      assertEquals([useColor(undefined, fd), useColor("auto", fd)], [true, true]);
      assertEquals([useColor(undefined, NEVER_OPEN), useColor("auto", NEVER_OPEN)], [false, false]);
    });
    // no-color.org: an empty value does not count.
    withEnvironment(
      { NO_COLOR: "", TERM: "xterm" },
      () => assertEquals(useColor("auto", fd), true),
    );
    withEnvironment({ NO_COLOR: "1", TERM: "xterm" }, () => {
      assertEquals(useColor("auto", fd), false);
    });
    withEnvironment({ NO_COLOR: undefined, TERM: "dumb" }, () => {
      assertEquals(useColor("auto", fd), false);
    });
  });
});

Deno.test("colours: --color decides before everything else", () => {
  withTerminal((fd) => {
    withEnvironment({ NO_COLOR: "1", TERM: "dumb" }, () => {
      assertEquals(useColor("always", fd), true);
      assertEquals(useColor("always", NEVER_OPEN), true);
    });
    withEnvironment({ NO_COLOR: undefined, TERM: "xterm" }, () => {
      assertEquals(useColor("never", fd), false);
    });
  });
});

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { closeFile } from "../../src/libc/descriptors/files.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";
import { statPath } from "../../src/libc/descriptors/stat.ts";
import { splitDevice, terminalName, ttyName } from "../../src/procfs/terminals.ts";
import { anyText } from "../base/any_text.ts";

const DRIVERS = `/dev/tty             /dev/tty        5       0 system:/dev/tty
serial               /dev/ttyS       4      64-95 serial
usbserial            /dev/ttyUSB   188 0-511 serial
pty_slave            /dev/pts      136 0-1048575 pty:slave
`;

/** As the kernel writes it into stat. */
function encode(major: number, minor: number): number {
  return ((minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12)) | 0;
}

Deno.test("numbers that the kernel puts together come apart", () => {
  const major = fc.integer({ min: 0, max: 0xfff });
  fc.assert(fc.property(major, fc.nat(0xfffff), (major, minor) => {
    assertEquals(splitDevice(encode(major, minor)), { major, minor });
  }));
});

Deno.test("names by number", () => {
  const name = (major: number, minor: number) => terminalName({ major, minor }, () => DRIVERS);
  assertEquals(name(136, 3), "/dev/pts/3");
  assertEquals(name(137, 3), "/dev/pts/259");
  assertEquals(name(136, 300), "/dev/pts/300");
  assertEquals(name(4, 1), "/dev/tty1");
  assertEquals(name(4, 64), "/dev/ttyS0");
  assertEquals(name(5, 0), "/dev/tty");
  assertEquals(name(5, 1), "/dev/console");
  assertEquals(name(188, 2), "/dev/ttyUSB2");
  assertEquals(name(250, 9), "250:9");
});

Deno.test("the drivers' text may be anything", () => {
  fc.assert(fc.property(anyText(), (text) => {
    terminalName({ major: 200, minor: 1 }, () => text);
  }));
});

Deno.test("a real terminal is found by its number, and nothing is called a terminal that is none", () => {
  const { master, path } = openTerminal({ rows: 24, columns: 80 });
  try {
    const status = statPath(path);
    const [major, minor] = typeof status === "string"
      ? [0, 0]
      : status.special.split(":").map(Number);
    assertEquals(ttyName(encode(major, minor)), path);
  } finally {
    closeFile(master);
  }
  assertEquals(ttyName(0), undefined);
});

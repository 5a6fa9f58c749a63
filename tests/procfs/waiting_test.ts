import { assertEquals } from "@std/assert";
import { parseSyscall } from "../../src/procfs/waiting.ts";

Deno.test("parseSyscall: the call and its first argument, by the numbers of the machine", () => {
  const line = "0 0x3 0x7ffc 0x400 0x0 0x0 0x0 0x7ffcd0a1b2c8 0x7f0011223344\n";
  assertEquals(parseSyscall(line, false), { number: 0, first: 3, syscall: "read" });
  const arm = line.replace(/^0/, "63");
  assertEquals(parseSyscall(arm, true), { number: 63, first: 3, syscall: "read" });
  // An int of -100, AT_FDCWD, in the lower half of a register.
  const open = line.replace("0 0x3", "257 0xffffff9c");
  assertEquals(parseSyscall(open, false), { number: 257, first: -100, syscall: "openat" });
});

Deno.test("parseSyscall: no call, none that is known, another kind of program", () => {
  assertEquals(parseSyscall("running\n"), {});
  assertEquals(parseSyscall("-1 0x7ffcd0a1b2c8 0x7f0011223344\n"), {});
  assertEquals(parseSyscall(""), {});
  const odd = "999 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffcd0a1b2c8 0x7f0011223344";
  assertEquals(parseSyscall(odd), { number: 999, first: 0 });
  // Of 32 bits: 3 is its read, and close of this machine.
  assertEquals(parseSyscall("3 0x0 0x0 0x0 0x0 0x0 0x0 0xffb8a2c8 0xf7f01122"), {});
});

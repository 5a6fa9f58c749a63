import { assertEquals } from "@std/assert";
import {
  denyingFilter,
  encodeFilter,
  type Instruction,
} from "../../../src/libc/processes/no_children_filter.ts";

const ALLOW = 0x7fff_0000, EPERM = 0x0005_0001, ENOSYS = 0x0005_0026, KILL = 0x8000_0000;
const ASKED = 0x7fc0_0000;
const X64 = 0xc000_003e, ARM64 = 0xc000_00b7, I386 = 0x4000_0003;
const THREAD = 0x3d0f00, FORK = 0x1200011, VFORK = 0x4111;

/** What the kernel would do: the few instructions that the filter uses. */
function judge(filter: readonly Instruction[], machine: number, call: number, first = 0): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setUint32(0, call, true);
  data.setUint32(4, machine, true);
  data.setBigUint64(16, BigInt(first), true);
  let word = 0;
  for (let i = 0;; i++) {
    const [code, whenTrue, whenFalse, operand] = filter[i];
    if (code === 0x06) return operand;
    if (code === 0x20) word = data.getUint32(operand, true);
    else {
      const holds = code === 0x15
        ? word === operand
        : code === 0x35
        ? word >= operand
        : (word & operand) !== 0;
      i += holds ? whenTrue : whenFalse;
    }
  }
}

for (const action of [EPERM, ASKED]) {
  Deno.test(`no-children filter: threads pass, processes get ${action.toString(16)}`, () => {
    const x64 = denyingFilter("x64", action);
    assertEquals(judge(x64, X64, 56, THREAD), ALLOW);
    assertEquals(judge(x64, X64, 56, FORK), action);
    assertEquals(judge(x64, X64, 56, VFORK), action);
    assertEquals([57, 58].map((fork) => judge(x64, X64, fork)), [action, action]);
    assertEquals(judge(x64, X64, 435), ENOSYS);
    // execve, exit_group, openat, the highest number in use
    assertEquals([59, 231, 257, 467].map((other) => judge(x64, X64, other)), Array(4).fill(ALLOW));
    const arm64 = denyingFilter("arm64", action);
    assertEquals(judge(arm64, ARM64, 220, THREAD), ALLOW);
    assertEquals(judge(arm64, ARM64, 220, FORK), action);
    assertEquals(judge(arm64, ARM64, 435), ENOSYS);
    // 57 and 58 are other calls there: close and vhangup
    assertEquals([57, 58, 221].map((other) => judge(arm64, ARM64, other)), Array(3).fill(ALLOW));
  });

  Deno.test(`no-children filter: no way round by another table (${action.toString(16)})`, () => {
    assertEquals(judge(denyingFilter("x64", action), I386, 2), KILL);
    assertEquals(judge(denyingFilter("arm64", action), I386, 2), KILL);
    // x32's fork, vfork, clone and everything else of it
    const x32 = [57, 58, 56, 0].map((call) => call + 0x4000_0000);
    const answers = x32.map((call) => judge(denyingFilter("x64", action), X64, call, THREAD));
    assertEquals(answers, Array(4).fill(EPERM));
  });
}

Deno.test("no-children filter: eight bytes an instruction, little end first", () => {
  const bytes = encodeFilter([[0x15, 1, 2, 0xc000_003e], [0x06, 0, 0, 0x7fff_0000]]);
  const expected = [0x15, 0, 1, 2, 0x3e, 0, 0, 0xc0, 0x06, 0, 0, 0, 0, 0, 0xff, 0x7f];
  assertEquals([...bytes], expected);
});

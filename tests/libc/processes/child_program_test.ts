import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { anyText } from "../../base/any_text.ts";
import { ImpError } from "../../../src/base/errors.ts";
import {
  type ChildStep,
  compileSteps,
  OP,
  WIDTH,
} from "../../../src/libc/processes/child_program.ts";
import { textAt } from "../../../src/libc/calling/memory.ts";

/** The operation and the operands of each step. */
function rows(steps: readonly ChildStep[]): number[][] {
  const program = compileSteps(steps);
  assertEquals(program.length, steps.length * WIDTH);
  return steps.map((_, i) => [...program.subarray(i * WIDTH, (i + 1) * WIDTH)]);
}

function bytesAt(address: number, length: number): DataView {
  const pointer = Deno.UnsafePointer.create(BigInt(address))!;
  return new DataView(new Deno.UnsafePointerView(pointer).getArrayBuffer(length));
}

function vectorAt(address: number): string[] {
  const words: string[] = [];
  for (let at = address;; at += 8) {
    const word = Number(bytesAt(at, 8).getBigUint64(0, true));
    if (word === 0) return words;
    words.push(textAt(word));
  }
}

Deno.test("steps in numbers: plain operands stand as they are", () => {
  assertEquals(
    rows([
      { do: "setsid" },
      { do: "fork" },
      { do: "umask", mask: 0o27 },
      { do: "fchdir", fd: 101 },
      { do: "dup2", from: 102, to: 0 },
      { do: "keep", fd: 7 },
      { do: "reset-signals" },
      { do: "nice", value: -5 },
      { do: "gid", gid: 4_294_967_294 },
      { do: "uid", uid: 65_534 },
    ]),
    [
      [OP.setsid, 0, 0, 0],
      [OP.fork, 0, 0, 0],
      [OP.umask, 0o27, 0, 0],
      [OP.fchdir, 101, 0, 0],
      [OP.dup2, 102, 0, 0],
      [OP.keep, 7, 0, 0],
      [OP["reset-signals"], 0, 0, 0],
      [OP.nice, -5, 0, 0],
      [OP.gid, 4_294_967_294, 0, 0],
      [OP.uid, 65_534, 0, 0],
    ],
  );
});

Deno.test("steps in numbers: signals that stay ignored are bits", () => {
  assertEquals(
    rows([
      { do: "own-group" },
      { do: "parent-death", signal: 9, parent: 4711 },
      { do: "reset-signals", keepIgnored: [1, 32, 33, 64] },
    ]),
    [
      [OP["own-group"], 0, 0, 0],
      [OP["parent-death"], 9, 4711, 0],
      [OP["reset-signals"], -0x7fff_ffff, -0x7fff_ffff, 0],
    ],
  );
});

Deno.test("steps in numbers: paths are C strings", () => {
  const [[chroot, root], [chdir, folder]] = rows([
    { do: "chroot", path: "/srv/jail" },
    { do: "chdir", path: "/größe" },
  ]);
  assertEquals([chroot, textAt(root)], [OP.chroot, "/srv/jail"]);
  assertEquals([chdir, textAt(folder)], [OP.chdir, "/größe"]);
});

Deno.test("steps in numbers: limits are a struct rlimit, none being all ones", () => {
  const [[, resource, address]] = rows([
    { do: "limit", resource: 7, limit: { soft: 1024, hard: Infinity } },
  ]);
  const struct = bytesAt(address, 16);
  assertEquals(resource, 7);
  assertEquals(struct.getBigUint64(0, true), 1024n);
  assertEquals(struct.getBigUint64(8, true), 0xffff_ffff_ffff_ffffn);
});

Deno.test("steps in numbers: groups are a vector with its length", () => {
  const [[, count, address], [, none]] = rows([
    { do: "groups", gids: [0, 33, 4_294_967_294] },
    { do: "groups", gids: [] },
  ]);
  const gids = bytesAt(address, 12);
  assertEquals([count, none], [3, 0]);
  assertEquals([0, 4, 8].map((at) => gids.getUint32(at, true)), [0, 33, 4_294_967_294]);
});

Deno.test("steps in numbers: candidates share one copy of arguments and environment", () => {
  const argv = ["server", "--größe", ""];
  const env = ["PATH=/bin", "EMPTY="];
  const [[, first, argv1, env1], [, second, argv2, env2]] = rows([
    { do: "execute", path: "/bin/server", argv, env },
    { do: "execute", path: "/usr/bin/server", argv, env },
  ]);
  assertEquals([textAt(first), textAt(second)], ["/bin/server", "/usr/bin/server"]);
  assertEquals([argv2, env2], [argv1, env1]);
  assertNotEquals(argv1, env1);
  assertEquals([vectorAt(argv1), vectorAt(env1)], [argv, env]);
});

Deno.test("steps in numbers: bytes that are not UTF-8 are passed as they are", () => {
  const [[, path, argv]] = rows([{
    do: "execute",
    path: new Uint8Array([0x2f, 0xff]),
    argv: [new Uint8Array([0xfe, 0x41])],
    env: [],
  }]);
  assertEquals([...new Uint8Array(bytesAt(path, 3).buffer)], [0x2f, 0xff, 0]);
  const word = Number(bytesAt(argv, 8).getBigUint64(0, true));
  assertEquals([...new Uint8Array(bytesAt(word, 3).buffer)], [0xfe, 0x41, 0]);
});

Deno.test("steps in numbers: what a child records, looks at and empties", () => {
  const [stat, pid, mayExecute, truncate] = rows([
    { do: "own-stat", to: 103, at: 45 },
    { do: "own-pid", directory: 105, working: "new", name: "größe" },
    { do: "may-execute", path: "/bin/sh" },
    { do: "truncate", fd: 106 },
  ]);
  assertEquals(stat, [OP["own-stat"], 103, 45, 0]);
  assertEquals(pid.slice(0, 2), [OP["own-pid"], 105]);
  assertEquals(pid.slice(2).map(textAt), ["new", "größe"]);
  assertEquals([mayExecute[0], textAt(mayExecute[1])], [OP["may-execute"], "/bin/sh"]);
  assertEquals(truncate, [OP.truncate, 106, 0, 0]);
});

Deno.test("steps in numbers: a descriptor on itself is refused, dup2 would do nothing", () => {
  assertThrows(() => compileSteps([{ do: "dup2", from: 4, to: 4 }]), ImpError, "descriptor 4");
});

Deno.test("steps in numbers: no two operations share a number, and none is 0", () => {
  const numbers = Object.values(OP);
  assertEquals(new Set(numbers).size, numbers.length);
  assertEquals(numbers.includes(0 as never), false);
});

Deno.test("steps in numbers: any strings come back, in order", () => {
  const word = anyText().filter((text) => !text.includes("\0"));
  fc.assert(fc.property(fc.array(word), fc.array(word), (argv, env) => {
    const [[, , first, second]] = rows([{ do: "execute", path: "/x", argv, env }]);
    assertEquals([vectorAt(first), vectorAt(second)], [argv, env]);
  }));
});

import { assertEquals, assertThrows } from "@std/assert";
import { findProgram, linkageTable, takeRoom } from "../../scripts/gate/places.ts";
import { section, UnknownLayout, word } from "../../scripts/lib/elf.ts";
import { cStringBytes, elf } from "./elf.ts";

const X86 = 62;
const ARM64 = 183;
const PLT = 0x5000, SLOTS = 0x8000, PROGRAM = 0x9000;
const STUBS = 0; // where .text lies: sections of elf() have no address of their own

const quad = (value: number) => [...word(value), 0, 0, 0, 0];
const LIBC = ["abort", "getcwd", "signal", "sigaction", "eventfd", "epoll_create1"];

interface Choice {
  machine?: number;
  stubs?: number;
  libc?: string[];
  headers?: number;
  size?: number;
}

/** What Bun makes, in small: imports, stubs, and a program whose address stands behind .data.rel.ro. */
function executable(
  { machine = X86, stubs = 130, libc = LIBC, headers = 1, size = 24 }: Choice = {},
): Uint8Array {
  const [bytes, every] = machine === X86 ? [14, 16] : [20, 32];
  const names = [...libc, ...Array.from({ length: stubs }, (_, i) => `uv_${i}`)];
  const dynstr = paddedStrings(names);
  const text = dynstr.map((code) => String.fromCharCode(code)).join("");
  const symbol = (name: string, i: number) => [
    ...word(text.indexOf(`\0${name}\0`) + 1),
    ...[0, 0, 0, 0],
    ...quad(i < libc.length ? 0 : STUBS + every * (i - libc.length)),
    ...quad(i < libc.length ? 0 : bytes),
  ];
  return elf({
    machine,
    rodata: [],
    text: Array(every * stubs).fill(0xcc),
    data: [1, 2, 3, 4, 5, 6, 7, 8],
    dynstr,
    more: [
      { name: ".data.rel.ro", address: 8 + dynstr.length, content: quad(1) },
      { name: "header", address: 0, content: Array(headers).fill(quad(PROGRAM)).flat() },
      { name: ".bun", address: PROGRAM, content: [...quad(size), ...Array(24).fill(9)] },
      { name: ".dynsym", address: 0, content: names.flatMap(symbol) },
      {
        name: ".rela.plt",
        address: 0,
        content: libc.flatMap((
          _,
          i,
        ) => [...quad(SLOTS + 8 * i), ...word(7), ...word(i), ...quad(0)]),
      },
      { name: ".plt", address: PLT, content: machine === X86 ? pltX86(libc) : pltArm64(libc) },
    ],
  });
}

/** A whole number of words, so that what follows is aligned. */
function paddedStrings(names: string[]): number[] {
  const bytes = cStringBytes(names);
  return [...bytes, ...Array(-bytes.length & 7).fill(0)];
}

/** The header, then jmp *slot(%rip); push $i; jmp for each function. */
function pltX86(libc: string[]): number[] {
  const entry = (i: number) => {
    const at = PLT + 16 + 16 * i;
    return [0xff, 0x25, ...word(SLOTS + 8 * i - at - 6), 0x68, ...word(i), 0xe9, 1, 2, 3, 4];
  };
  return [...Array(16).fill(0), ...libc.flatMap((_, i) => entry(i))];
}

/** The header, then adrp x16,#3 pages on; ldr x17,[x16,#offset]; add; br for each function. */
function pltArm64(libc: string[]): number[] {
  const entry = (i: number) =>
    [0xf0000010, 0xf9400211 | i << 10, 0x91000210, 0xd61f0220].flatMap(word);
  return [...Array(32).fill(0), ...libc.flatMap((_, i) => entry(i))];
}

Deno.test("the word that leads to the program becomes part of the section before it: strip leaves it", () => {
  const image = executable();
  assertEquals(findProgram(image), {
    header: 16 + section(image, ".dynstr").length,
    payload: PROGRAM,
    size: 24,
    trailer: PROGRAM + 24,
    magic: 0x0909090909090909n,
  });
  assertEquals(section(image, ".data.rel.ro").length, 16);
});

Deno.test("the stubs but the last make room, and their names lead to the last", () => {
  for (const [machine, every] of [[X86, 16], [ARM64, 32]]) {
    const image = executable({ machine });
    const room = takeRoom(image);
    assertEquals([room.address, room.bytes.length], [STUBS, every * 129]);
    const table = section(image, ".dynsym");
    const addresses = new DataView(table.buffer, table.byteOffset);
    for (let i = LIBC.length; i < LIBC.length + 129; i++) {
      assertEquals(addresses.getBigUint64(24 * i + 8, true), BigInt(STUBS + every * 129));
    }
  }
});

Deno.test("a function's entry of the linkage table becomes a jump, the rest stays", () => {
  const image = executable();
  const { getcwd } = linkageTable(image);
  assertEquals(getcwd.slot, SLOTS + 8);
  const before = pltX86(LIBC);
  getcwd.jumpTo(PLT);
  before.splice(32, 6, 0xe9, ...word(-32 - 5), 0x90);
  assertEquals([...section(image, ".plt")], before);
});

Deno.test("the same on arm64", () => {
  const image = executable({ machine: ARM64 });
  const { getcwd } = linkageTable(image);
  assertEquals(getcwd.slot, SLOTS + 8);
  const before = pltArm64(LIBC);
  getcwd.jumpTo(PLT);
  before.splice(48, 4, ...word(0x14000000 | -12 & 0x3ffffff));
  assertEquals([...section(image, ".plt")], before);
});

Deno.test("an unknown layout is refused", () => {
  const refused = (act: (image: Uint8Array) => unknown, choice: Choice, message: string) =>
    assertThrows(() => act(executable(choice)), UnknownLayout, message);
  refused(takeRoom, { stubs: 50 }, "49 stubs of libuv in a row");
  refused(linkageTable, { libc: ["abort"] }, "getcwd is not imported");
  refused(findProgram, { headers: 2 }, "occurs 2 times");
  refused(findProgram, { headers: 0 }, "occurs 0 times");
  refused(findProgram, { size: 25 }, "has 24 bytes and says 25");
  assertThrows(
    () => {
      const image = executable();
      section(image, ".plt").fill(0);
      linkageTable(image);
    },
    UnknownLayout,
    "not the expected one",
  );
});

import { assertEquals, assertThrows } from "@std/assert";
import { UnknownLayout, word } from "../../scripts/lib/elf.ts";
import { reserveLess } from "../../scripts/reservations.ts";
import { cStringBytes, elf } from "./elf.ts";

const X86 = 62;
const ARM64 = 183;
const RODATA = 0x213000;
const NAMES = ["arena_reserve", "use_numa_nodes"];

function poolX86(size: number): number[] {
  return [
    ...[0x8b, 0x05, 1, 2, 3, 4, 0x85, 0xc0, 0x41, 0xbe, ...word(size)],
    ...[0x44, 0x0f, 0x45, 0xf0, 0xe8],
  ];
}

function poolArm64(size: number): number[] {
  return [0x52a00009 | size >>> 16 << 5, 0xb94002a8, 0x7100011f, 0x1a880134].flatMap(word);
}

/** struct mi_option_desc_s for both options. */
function options(reserve: number, nodes: number): number[] {
  const rodata = cStringBytes(NAMES).map((code) => String.fromCharCode(code)).join("");
  return NAMES.flatMap((name, i) => [
    ...[...word([reserve, nodes][i]), ...word(0), ...word(0), ...word(i)],
    ...[...word(RODATA + rodata.indexOf(name)), ...word(0), ...word(0), ...word(0)],
  ]);
}

function executable(machine: number, text: number[], data: number[]): Uint8Array {
  const rodata = cStringBytes(NAMES);
  return elf({ machine, rodata, rodataAddress: RODATA, text, data, dynstr: [0] });
}

for (
  const [machine, pool, was] of [[X86, poolX86, 1 << 30], [ARM64, poolArm64, 1 << 29]] as const
) {
  const twice = (size: number) => [...pool(size), 0x90, 0x90, 0x90, 0x90, ...pool(size)];
  Deno.test(`machine ${machine}: 128 MiB for code, 128 MiB for each arena, one NUMA node`, () => {
    const image = executable(machine, twice(was), options(1 << 20, 0));
    reserveLess(image);
    assertEquals(image, executable(machine, twice(128 << 20), options(1 << 17, 1)));
  });

  Deno.test(`machine ${machine}: an unknown layout is refused`, () => {
    const refused = (text: number[], data: number[], message: string) =>
      assertThrows(() => reserveLess(executable(machine, text, data)), UnknownLayout, message);
    refused(pool(was), options(1 << 20, 0), "occurs 1 times, not twice");
    refused(twice(was), options(1, 0), "arena_reserve");
    refused(twice(was), options(1 << 20, 2), "use_numa_nodes");
  });
}

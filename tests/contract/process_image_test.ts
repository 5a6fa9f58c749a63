import { closeFile, readToEnd } from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate } from "../../src/libc/calling/memory.ts";
import { callersWords, rawEnvironment, rawWords } from "../../src/libc/processes/process_image.ts";
import type { Bytes } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { playRole, roleCommand, start, text } from "./support.ts";

/** Words as bytes in hexadecimal, so that JSON can carry them. */
const hex = (words: readonly Bytes[]) =>
  words.map((word) => {
    const bytes = typeof word === "string" ? new TextEncoder().encode(word) : word;
    return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  });

await playRole({
  words: () => hex(rawWords(callersWords())),
  environment: () => hex(rawEnvironment()),
});

/** Starts a role with bytes that no string could hold. */
function performRaw(role: string, words: readonly Bytes[], env: readonly Bytes[] = []): unknown {
  const command = roleCommand(import.meta, role);
  const ends = allocate(8);
  const O_CLOEXEC = 0o2000000;
  libc("pipe2").pipe2(ends.address, O_CLOEXEC);
  const [from, into] = [0, 4].map((at) => ends.view.getInt32(at, true));
  const inherited = Object.entries(command.env).map(([name, value]) => `${name}=${value}`);
  const pid = start({
    argv: [...command.argv, ...words],
    env: [...inherited, ...env],
    descriptors: [[into, 1]],
  });
  closeFile(into);
  const answer = text(readToEnd(from, "the answer"));
  closeFile(from);
  assertEquals(waitFor(pid)?.ending, { how: "exit", code: 0 });
  return JSON.parse(answer);
}

const bytes = (...numbers: number[]) => new Uint8Array(numbers);

/** Every byte except NUL occurs; it is not UTF-8. */
const BROKEN = [
  bytes(0xff),
  bytes(0x61, 0x80, 0x62),
  bytes(0xc3),
  bytes(0xed, 0xa0, 0x80),
  Uint8Array.from({ length: 255 }, (_, i) => i + 1),
];

test("words come byte for byte, whether they are UTF-8 or not", () => {
  for (const words of [["plain", "größe", "", "\uFFFD"], [...BROKEN], ["x", ...BROKEN, "", "y"]]) {
    assertEquals(performRaw("words", words), hex(words));
  }
});

test("the environment comes byte for byte", () => {
  const name = new TextEncoder().encode("ODD=");
  const odd = BROKEN.map((value) => Uint8Array.from([...name, ...value]));
  const words = performRaw("environment", [], [...odd, "EMPTY=", "no equals sign"]) as string[];
  const expected = hex([...odd, "EMPTY=", "no equals sign"]);
  assertEquals(words.slice(-expected.length), expected);
  assert(words.length > expected.length);
});

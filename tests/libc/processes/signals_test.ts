import { SIGRTMAX, SIGRTMIN } from "../../../src/libc/abi.ts";
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { signalName, signalNumber, standardSignals } from "../../../src/libc/processes/signals.ts";

/** Numbers by name, `TERM` without SIG, as bash knows them. */
function bashSignals(): Map<string, number> {
  const script = 'for n in {1..64}; do echo "$n $(kill -l $n 2>/dev/null)"; done';
  const { stdout } = new Deno.Command("bash", { args: ["-c", script] }).outputSync();
  const lines = new TextDecoder().decode(stdout).trim().split("\n").map((line) => line.split(" "));
  return new Map(lines.filter((words) => words[1]).map(([number, name]) => [name, Number(number)]));
}

Deno.test("signals: every name of bash's kill -l has its number here", () => {
  const known = bashSignals();
  // Numbers 32 and 33 belong to libc: no program may use them.
  assertEquals(known.size, 62);
  for (const [name, number] of known) {
    assertEquals(signalNumber(name), number, name);
    assertEquals(signalNumber(signalName(number)), number, name);
    if (number < SIGRTMIN) assertEquals(signalName(number), name);
  }
});

Deno.test("signals: a number leads to its name and back, with SIG or without, in any case", () => {
  const number = fc.integer({ min: 1, max: SIGRTMAX });
  const cased = fc.constantFrom(
    (name: string) => name,
    (name: string) => name.toLowerCase(),
    (name: string) => `SIG${name}`,
    (name: string) => `sig${name.toLowerCase()}`,
  );
  fc.assert(fc.property(number, cased, (n, write) => {
    const name = signalName(n);
    if (name !== String(n)) assertEquals(signalNumber(write(name)), n);
    assertEquals(signalNumber(String(n)), n);
  }));
});

Deno.test("signals: realtime ones count from both ends", () => {
  const names = [34, 35, 36, 49, 50, 63, 64].map(signalName);
  assertEquals(names, ["RTMIN", "RTMIN+1", "RTMIN+2", "RTMIN+15", "RTMIN+16", "RTMIN+29", "RTMAX"]);
  const table: [text: string, number: number | undefined][] = [
    ["RTMIN", 34],
    ["RTMIN+0", 34],
    ["SIGRTMIN+2", 36],
    ["rtmax-1", 63],
    ["RTMAX", 64],
    ["RTMAX-30", 34],
    ["RTMIN+30", 64],
    ["RTMIN+31", undefined],
    ["RTMAX-31", undefined],
    ["RTMIN-1", undefined],
    ["RTMAX+1", undefined],
    ["RTMIN+", undefined],
    ["RTMIN2", undefined],
  ];
  for (const [text, number] of table) assertEquals(signalNumber(text), number, text);
  assertEquals([SIGRTMIN, SIGRTMAX], [34, 64]);
});

Deno.test("signals: aliases lead to the usual name", () => {
  const names = ["IOT", "CLD", "POLL", "SIGUNUSED"].map((alias) =>
    signalName(signalNumber(alias)!)
  );
  assertEquals(names, ["ABRT", "CHLD", "IO", "SYS"]);
});

Deno.test("signals: anything else is not a signal", () => {
  const bad = ["", "SIG", "0", "65", "-9", "9 ", "9.0", "TERMS", "SIGSIGTERM", "EXIT", "NULL"];
  for (const text of [...bad, "constructor", "__proto__", "32x", "SIG9"]) {
    assertEquals(signalNumber(text), undefined, text);
  }
});

Deno.test("signals: any text is a signal from 1 to 64 or none", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const number = signalNumber(text);
    assertEquals(number === undefined || (number >= 1 && number <= SIGRTMAX), true);
  }));
});

Deno.test("signals: the standard ones are 31, in order of number", () => {
  const signals = standardSignals();
  assertEquals(signals.map(({ number }) => number), Array.from({ length: 31 }, (_, i) => i + 1));
  for (const { number, name } of signals) assertEquals(signalNumber(name), number);
});

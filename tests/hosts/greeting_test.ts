import { assert, assertEquals, assertThrows } from "@std/assert";
import { ProtocolError } from "../../src/hosts/frames.ts";
import { GreetingFinder, greetingLine } from "../../src/hosts/greeting.ts";

const FACTS = { pid: 5, host: "web1", cores: 1.5, memory: 2 ** 31, time: 1796084461614 };
const line = greetingLine(FACTS);
/** What has begun to greet and was cut off. */
const OTHER = 'imp-worker 1 {"version":"x';
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("greeting: is found behind what a login shell prints, in whatever pieces it comes", () => {
  for (
    const before of [
      "",
      "Welcome!\nYou have mail.\n",
      "no newline: ",
      "imp-worker of old\n",
      "\0\xffimp-worker 1 {}\n",
      OTHER,
    ]
  ) {
    for (const size of [1, 7, 1000]) {
      const all = new Uint8Array([...bytes(before), ...line, 1, 2, 3]);
      const finder = new GreetingFinder();
      let rest: number[] | undefined;
      for (let at = 0; at < all.length; at += size) {
        const chunk = all.subarray(at, at + size);
        if (rest) {
          rest.push(...chunk);
          continue;
        }
        const found = finder.push(chunk);
        if (!found) continue;
        const { version: _, ...said } = found.greeting;
        assertEquals(said, { protocol: 1, ...FACTS });
        rest = [...found.rest];
      }
      assertEquals(rest, [1, 2, 3]);
    }
  }
});

Deno.test("greeting: of another protocol, or none at all", () => {
  const other = new GreetingFinder();
  assertThrows(
    () => other.push(bytes('imp-worker 2 {"version":"9"}\n')),
    ProtocolError,
    "speaks version 2 of the protocol, and this imp version 1",
  );
  const none = new GreetingFinder();
  assertEquals(none.push(bytes("bash: imp: command not found\n")), undefined);
  assertEquals(none.before, "bash: imp: command not found");
  const endless = new GreetingFinder();
  assertThrows(() => {
    for (let i = 0; i < 10; i++) assert(!endless.push(new Uint8Array(10_000).fill(65)));
  }, ProtocolError);
});

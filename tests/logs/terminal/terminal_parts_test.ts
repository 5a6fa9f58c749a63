import { assertEquals } from "@std/assert";
import { OutputRing } from "../../../src/logs/terminal/output_ring.ts";
import { messageOf, packetOf, PART_BYTES } from "../../../src/logs/terminal/protocol.ts";
import { ScreenState } from "../../../src/logs/terminal/screen_state.ts";
import { newsOf } from "../../../src/logs/terminal/story.ts";
import { commonSize } from "../../../src/logs/terminal/terminal_size.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("output ring: the last bytes, at positions of the stream", () => {
  const ring = new OutputRing(8);
  const all = (from: number) => {
    let text = "";
    for (let at = from; at < ring.end;) {
      const part = ring.from(at, 100);
      text += decode(part);
      at += part.length;
    }
    return text;
  };
  ring.add(encode("abc"));
  assertEquals([ring.begin, ring.end, all(0)], [0, 3, "abc"]);
  ring.add(encode("defghij"));
  assertEquals([ring.begin, ring.end, all(2)], [2, 10, "cdefghij"]);
  ring.add(encode("0123456789ABCDEF"));
  assertEquals([ring.begin, ring.end, all(ring.begin)], [18, 26, "89ABCDEF"]);
  ring.add(encode(""));
  assertEquals(ring.end, 26);
});

Deno.test("output ring: where the last lines begin", () => {
  const ring = new OutputRing(16);
  assertEquals(ring.linesBefore(3), 0);
  ring.add(encode("one\ntwo\nthr"));
  assertEquals([1, 2, 3, 9].map((count) => ring.linesBefore(count)), [4, 0, 0, 0]);
  // What is older has gone, and a line is whole.
  ring.add(encode("ee\nfour\nfive\n"));
  assertEquals(ring.begin, 8);
  assertEquals([1, 2, 9].map((count) => ring.linesBefore(count)), [19, 14, 14]);
});

Deno.test("screen state: what is switched on is taken back, however the sequences are split", () => {
  const text =
    "a\x1b[?1049h\x1b[?25lb\x1b[31m\x1b[?1000;1006hc\x1b=\x1b[?2004h\x1b[?2004l\x1b]0;t\x07";
  for (let split = 0; split <= text.length; split++) {
    const screen = new ScreenState();
    screen.take(encode(text.slice(0, split)));
    screen.take(encode(text.slice(split)));
    assertEquals(screen.isOther, true);
    assertEquals(screen.entering, "\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b=");
    assertEquals(
      screen.leaving,
      "\x1b[0m\x1b>\x1b[?1006l\x1b[?1000l\x1b[?25h\x1b[?1049l",
    );
  }
  const screen = new ScreenState();
  screen.take(encode("\x1b[?1049h\x1b\x1b[?25l\x1b[?1049l\x1b[?25h"));
  assertEquals([screen.isOther, screen.entering, screen.leaving], [false, "", "\x1b[0m"]);
  screen.take(encode("\x1b[?7l\x1bc"));
  assertEquals(screen.entering, "");
  // Longer than any sequence: bytes that begin as one.
  screen.take(encode(`\x1b[${"1;".repeat(200)}\x1b[?25l`));
  assertEquals(screen.entering, "\x1b[?25l");
});

Deno.test("terminal protocol: what is said comes in as it was", () => {
  const size = { rows: 24, columns: 80 };
  const messages = [
    { is: "attach", wish: { name: "game", readOnly: true, size } },
    { is: "attach", wish: { name: "game", readOnly: false, size: undefined } },
    { is: "input", bytes: encode("x") },
    { is: "size", size },
    { is: "missed", count: 12 },
    { is: "story", text: "ended" },
    { is: "leave" },
  ] as const;
  for (const message of messages) assertEquals(messageOf(packetOf(message)), message);
  assertEquals(packetOf({ is: "input", bytes: new Uint8Array(9999) }).length, 1 + PART_BYTES);
});

Deno.test("terminal protocol: what nobody says is nothing", () => {
  const wrong = [
    Uint8Array.of(),
    Uint8Array.of(99),
    Uint8Array.of(3, ...encode("{")),
    Uint8Array.of(3, ...encode('{"name":1,"readOnly":true}')),
    Uint8Array.of(3, ...encode("null")),
    Uint8Array.of(5, ...encode('{"rows":0,"columns":80}')),
    Uint8Array.of(5, ...encode('{"rows":1e9,"columns":80}')),
    Uint8Array.of(5, ...encode('{"rows":"24","columns":80}')),
  ];
  for (const packet of wrong) assertEquals(messageOf(packet), undefined);
});

Deno.test("story: only what is new, and from records alone", () => {
  const end = { at: 5, text: "ended with an error (exit 1)" };
  const first = { name: "game", pid: 1 };
  assertEquals(newsOf(first, first), undefined);
  const waiting = { name: "game", lastEnd: end, next: "it is started again in 2s" };
  assertEquals(
    newsOf(first, waiting),
    "game ended with an error (exit 1); it is started again in 2s",
  );
  assertEquals(
    newsOf(waiting, { ...waiting, pid: 2, next: undefined }),
    "game started again, pid 2",
  );
  assertEquals(
    newsOf(first, { name: "game", pid: 2, lastEnd: end }),
    "game ended with an error (exit 1); started again, pid 2",
  );
});

Deno.test("terminal size: what all can show", () => {
  assertEquals(commonSize([]), undefined);
  const sizes = [{ rows: 24, columns: 200 }, { rows: 50, columns: 80 }];
  assertEquals(commonSize(sizes), { rows: 24, columns: 80 });
});

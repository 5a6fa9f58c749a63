import { assertEquals } from "@std/assert";
import { StoreWatch } from "../../src/queue/store_watch.ts";
import type { Kept } from "../../src/queue/stream_calls.ts";

const KEPT: Kept = { kept: true, place: 1, again: false };
const REFUSED: Kept = {
  kept: false,
  because: "refused",
  why: "insufficient resources",
  full: false,
};

function watched() {
  const said: string[] = [];
  const link = { time: 0, isConnected: true, now: () => link.time };
  const watch = new StoreWatch(link, (text) => said.push(text.slice(0, 42)));
  const hear = (time: number, kept: Kept | undefined) => {
    link.time = time;
    watch.heard(kept);
  };
  return { said, link, hear };
}

const NOTHING_MORE = "the servers store nothing more (insufficien";

Deno.test("a store that refuses for some seconds is reported once, and when it stores again", () => {
  const { said, hear } = watched();
  hear(0, REFUSED);
  hear(2000, REFUSED);
  assertEquals(said, []);
  hear(4000, REFUSED);
  hear(9000, REFUSED);
  hear(10_000, KEPT);
  hear(11_000, KEPT);
  assertEquals(said, [NOTHING_MORE.slice(0, 42), "the servers store messages again"]);
});

Deno.test("silence is told of later than refusals: a cluster may be choosing who leads", () => {
  const { said, hear } = watched();
  hear(0, undefined);
  hear(8000, undefined);
  assertEquals(said, []);
  hear(13_000, undefined);
  assertEquals(said, ["the servers are connected, but have stored"]);
});

Deno.test("neither a full queue nor a lost connection is the store's fault", () => {
  const { said, link, hear } = watched();
  hear(0, { ...REFUSED, full: true });
  hear(20_000, { ...REFUSED, full: true });
  link.isConnected = false;
  hear(30_000, undefined);
  hear(60_000, undefined);
  link.isConnected = true;
  hear(61_000, undefined);
  assertEquals(said, []);
});

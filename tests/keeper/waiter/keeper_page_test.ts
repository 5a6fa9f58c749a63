import { assertEquals } from "@std/assert";
import {
  createKeeperPage,
  KeeperPage,
  readKeeperPage,
} from "../../../src/keeper/waiter/keeper_page.ts";
import { END_RECORD, PAGE, WAITER_EVENT } from "../../../src/keeper/waiter/page_layout.ts";
import { closeFile } from "../../../src/libc/descriptors/files.ts";

Deno.test("events are pending until a turn has seen as many as were raised at its beginning", () => {
  const memory = new ArrayBuffer(PAGE.bytes);
  const words = new Int32Array(memory);
  const page = new KeeperPage(memory);
  assertEquals(page.pending(), []);
  words[PAGE.raised / 4 + WAITER_EVENT.begin]++;
  words[PAGE.raised / 4 + WAITER_EVENT.timer] = 0x7fffffff;
  assertEquals(page.pending(), ["begin", "timer"]);
  const handled = page.raised;
  words[PAGE.raised / 4 + WAITER_EVENT.begin]++;
  page.finish({ handled, pair: true });
  assertEquals(page.pending(), ["begin"]);
  assertEquals([words[PAGE.leave / 4], words[PAGE.pair / 4], words[PAGE.done / 4]], [0, 1, 1]);
});

Deno.test("ends of processes, and turns that could not be forked", () => {
  const memory = new ArrayBuffer(PAGE.bytes);
  const view = new DataView(memory);
  const page = new KeeperPage(memory);
  assertEquals([page.ended(), page.other()], [undefined, undefined]);
  const at = (offset: number) => PAGE.ended + offset;
  view.setInt32(at(END_RECORD.pid), 7, true);
  view.setInt32(at(END_RECORD.status), 11 | 0x80, true);
  view.setBigInt64(at(END_RECORD.at), 1_700_000_000n, true);
  view.setBigInt64(at(END_RECORD.at) + 8, 250_000_000n, true);
  [1n, 500_000n, 2n, 250_000n, 300n].forEach((value, i) =>
    view.setBigInt64(at(END_RECORD.usage) + 8 * i, value, true)
  );
  assertEquals(page.ended(), {
    pid: 7,
    ending: { how: "signal", signal: 11, core: true },
    at: 1_700_000_000_250,
    cpuMs: 3750,
    maxRssBytes: 300 * 1024,
  });
  view.setInt32(PAGE.turnStatus, 3 << 8, true);
  assertEquals(page.turnEnding, { how: "exit", code: 3 });
  view.setInt32(PAGE.turnStatus, -11, true);
  assertEquals(page.turnEnding, { how: "not forked", errno: 11 });
});

Deno.test("nothing overlaps in the page, and the kernel finds what it is given aligned", () => {
  const places = [
    [PAGE.raised, 32],
    [PAGE.seen, 32],
    [PAGE.ended, END_RECORD.bytes],
    [PAGE.other, END_RECORD.bytes],
    [PAGE.polled, 80],
  ];
  const words = Object.entries(PAGE).filter(([name, at]) =>
    name !== "bytes" && !places.some(([place]) => place === at)
  );
  const all = [...places, ...words.map(([, at]) => [at, 4])].sort(([a], [b]) => a - b);
  for (const [i, [at, bytes]] of all.slice(0, -1).entries()) {
    assertEquals(at + bytes <= all[i + 1][0], true, `${at}`);
  }
  for (const [at] of places) assertEquals(at % 8, 0);
  assertEquals(PAGE.pair, PAGE.leave + 4, "the machine code clears both at once");
  assertEquals([PAGE.guard % 8, PAGE.keeper], [0, PAGE.guard + 4]);
});

Deno.test("only a page of waiters is taken for one", () => {
  const { page, fd } = createKeeperPage();
  page.begin(0, 1);
  assertEquals([page.isWatched(0), page.isWatched(1)], [true, false]);
  page.unwatch(0);
  assertEquals(page.isWatched(0), false);
  page.watchAgain(0);
  assertEquals(page.isWatched(0), true);
  closeFile(fd);
  // Whatever descriptor 5 of this process is, it is not one.
  assertEquals(readKeeperPage(Deno.pid), undefined);
  assertEquals(readKeeperPage(0x3fffffff), undefined);
});

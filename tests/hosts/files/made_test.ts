import { assertEquals } from "@std/assert";
import { MadeThings } from "../../../src/hosts/files/made.ts";
import { leftoversIn, MadeJournal } from "../../../src/hosts/files/made_journal.ts";

Deno.test("what several jobs use is left by the last one, inner things first", () => {
  const made = new MadeThings();
  made.made(1, "/a", "directory");
  made.made(1, "/a/x", "file");
  made.had(2, "/a");
  made.had(2, "/was there");
  assertEquals(made.leave(1), [{ path: "/a/x", directory: false }]);
  made.made(2, "/a/b", "directory");
  assertEquals(made.leave(2).map(({ path }) => path), ["/a/b", "/a"]);
  assertEquals(made.leaveAll(), []);
});

Deno.test("what is to be kept is not left by anybody", () => {
  const made = new MadeThings();
  made.made(1, "/x", "file");
  made.keep("/x");
  assertEquals(made.leave(1), []);
});

Deno.test("the journal of a worker knows what was there when it was killed, however long that was", () => {
  const directory = Deno.makeTempDirSync();
  let now: { path: string; directory: boolean }[] = [];
  const things = {
    all: () => now,
    get size() {
      return now.length;
    },
  };
  const journal = new MadeJournal(() => directory, things);
  try {
    for (let round = 0; round < 5000; round++) {
      const thing = { path: `/tmp/\udcff\n${round}`, directory: round % 2 === 0 };
      journal.made(thing);
      now.push(thing);
      if (round % 10 !== 9) continue;
      for (const { path } of now.slice(0, -1)) journal.gone(path);
      now = now.slice(-1);
    }
    const byPath = (a: { path: string }, b: { path: string }) => a.path < b.path ? -1 : 1;
    assertEquals(leftoversIn(directory).sort(byPath), now.sort(byPath));
    assertEquals(Deno.statSync(`${directory}/.made`).size < 100_000, true);
  } finally {
    journal.close();
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("where nothing can be written, the journal is silent", () => {
  const journal = new MadeJournal(() => "/proc/none", { size: 0, all: () => [] });
  journal.made({ path: "/x", directory: false });
  journal.close();
  assertEquals(leftoversIn("/proc/none"), []);
});

import { assertEquals } from "@std/assert";
import {
  IN_ATTRIB,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_IGNORED,
  IN_ISDIR,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_Q_OVERFLOW,
} from "../../../src/libc/abi.ts";
import { readEvents } from "../../../src/keeper/events/reading.ts";
import { ownFiles, shownPath, watchTarget } from "../../../src/keeper/events/target.ts";
import { WatchTable } from "../../../src/keeper/events/watch_table.ts";

const LOG = "/srv/src/web.log";
const target = watchTarget(
  { paths: ["/srv/src", "/etc/web.conf"], ignore: ["*.tmp", "dist/"] },
  ownFiles({ log: { stdout: LOG, keep: 1, format: "raw", target: "file" } }, "/srv/src/.imp"),
);

function tableOf() {
  return new WatchTable([
    ...[[1, "/srv/src"], [2, "/srv/src/lib"], [3, "/srv/src/lib/deep"]] as const,
    ...[[4, "/etc/web.conf"], [5, "/srv"]] as const,
  ]);
}

function read(
  events: readonly (readonly [watch: number, mask: number, name?: string])[],
  table = tableOf(),
  unfinished = (_: string) => false,
) {
  const all = events.map(([watch, mask, name = ""]) => ({ watch, mask, name }));
  return { ...readEvents(all, target, table, unfinished), table };
}

Deno.test("events: a change belongs to the first path that counts", () => {
  const { changed, appeared, lost } = read([
    [1, IN_CLOSE_WRITE, "x.tmp"],
    [1, IN_CLOSE_WRITE, ".a.ts.swp"],
    [1, IN_CLOSE_WRITE, "web.log"],
    [1, IN_MOVED_TO, "web.log.1"],
    [2, IN_CLOSE_WRITE, "b.ts"],
    [1, IN_DELETE, "a.ts"],
  ]);
  assertEquals([changed, appeared, lost], ["/srv/src/lib/b.ts", [], false]);
  assertEquals(shownPath(target, changed!), "src/lib/b.ts");
  assertEquals(shownPath(target, "/etc/web.conf"), "web.conf");
  assertEquals(read([[1, IN_CLOSE_WRITE, "x.tmp"]]).changed, undefined);
});

Deno.test("events: of several paths in one directory, the one that was replaced is reported", () => {
  const several = watchTarget({ paths: ["/srv/src", "/srv/current"], ignore: [] }, []);
  const table = new WatchTable([[5, "/srv"]]);
  const read = readEvents(
    [{ watch: 5, mask: IN_MOVED_TO, name: "current" }],
    several,
    table,
    () => false,
  );
  assertEquals([read.changed, read.lost], ["/srv/current", true]);
});

Deno.test("events: a file counts when it is closed, not when it is begun", () => {
  const unfinished = (path: string) => path === "/srv/src/new.ts";
  assertEquals(read([[1, IN_CREATE, "new.ts"]], tableOf(), unfinished).changed, undefined);
  const closed = read(
    [[1, IN_CREATE, "new.ts"], [1, IN_CLOSE_WRITE, "new.ts"]],
    tableOf(),
    unfinished,
  );
  assertEquals(closed.changed, "/srv/src/new.ts");
  // A link, a FIFO, a second name.
  assertEquals(read([[1, IN_CREATE, "link"]], tableOf(), unfinished).changed, "/srv/src/link");
});

Deno.test("events: directories appear, are moved, and are ignored as a whole", () => {
  const made = read([[2, IN_CREATE | IN_ISDIR, "more"], [2, IN_CREATE | IN_ISDIR, "dist"]]);
  assertEquals([made.changed, made.appeared], ["/srv/src/lib/more", ["/srv/src/lib/more"]]);
  const moved = read([[1, IN_MOVED_FROM | IN_ISDIR, "lib"], [1, IN_MOVED_TO | IN_ISDIR, "lib2"]]);
  assertEquals([moved.left, moved.appeared, moved.lost], [[2, 3], ["/srv/src/lib2"], false]);
  assertEquals(moved.table.watches(), [1, 4, 5]);
  // Later events about it say nothing new.
  const late = read([[1, IN_MOVED_FROM | IN_ISDIR, "lib"], [3, IN_CLOSE_WRITE, "x"]]);
  assertEquals(late.lost, false);
});

Deno.test("events: what is gone, or was replaced, is looked for again", () => {
  for (const mask of [IN_ATTRIB, IN_DELETE_SELF, IN_MOVE_SELF]) {
    const { changed, lost } = read([[4, mask]]);
    assertEquals([changed, lost], ["/etc/web.conf", true]);
  }
  assertEquals(read([[1, IN_DELETE_SELF | IN_ISDIR]]).lost, true);
  assertEquals(read([[1, IN_ATTRIB | IN_ISDIR]]).changed, undefined);
  // One below: its directory reports it.
  const below = read([[2, IN_DELETE_SELF], [2, IN_IGNORED]]);
  assertEquals([below.changed, below.lost, below.table.pathOf(2)], [undefined, false, undefined]);
});

Deno.test("events: beside what is watched only the name that leads to it counts", () => {
  assertEquals(read([[5, IN_CREATE, "other"]]), { ...read([]), table: read([]).table });
  const back = read([[5, IN_CREATE | IN_ISDIR, "src"]]);
  assertEquals([back.changed, back.lost], ["/srv/src", true]);
});

Deno.test("events: what is not known any more is looked for anew", () => {
  assertEquals(read([[-1, IN_Q_OVERFLOW]]).changed, "/srv/src");
  assertEquals(read([[-1, IN_Q_OVERFLOW]]).lost, true);
  const stranger = read([[99, IN_CLOSE_WRITE, "x"]]);
  assertEquals([stranger.changed, stranger.lost], [undefined, true]);
});

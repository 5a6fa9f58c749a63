import { assert, assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { bytesFromText } from "../../../src/base/byte_text.ts";
import { TreeTarget } from "../../../src/hosts/files/tree_target.ts";
import { walkTrees } from "../../../src/hosts/files/tree_source.ts";
import { openDirectoryAt, type Way } from "../../../src/hosts/files/walk.ts";
import { O_CREAT, O_WRONLY } from "../../../src/libc/abi.ts";
import { libc } from "../../../src/libc/calling/load.ts";
import { cString } from "../../../src/libc/calling/memory.ts";
import { closeFile, openFile, writeAll } from "../../../src/libc/descriptors/files.ts";
import { removeTree } from "../../../src/libc/descriptors/directory.ts";
import { listNames } from "../../../src/libc/descriptors/stat.ts";
import { Exchange } from "./exchange.ts";

interface Place {
  readonly here: string;
  readonly there: string;
  path(name: string): string;
}

/** A directory to send from, and one to send to. */
function inPlace(name: string, body: (place: Place) => void): void {
  Deno.test(name, () => {
    const top = Deno.makeTempDirSync();
    try {
      const here = `${top}/here`, there = `${top}/there`;
      Deno.mkdirSync(here);
      Deno.mkdirSync(there);
      body({ here, there, path: (name) => `${top}/${name}` });
    } finally {
      assert(removeTree(top));
    }
  });
}

function way(from: string, path: string): Way {
  return { from, names: path.split("/").filter((name) => name !== ""), label: path };
}

interface Sent {
  readonly made: string[];
  readonly had: string[];
  readonly trouble: string | undefined;
}

function send({ here, there }: Place, from: string, to = from, steps?: number): Sent {
  const open = openFiles();
  const made: string[] = [], had: string[] = [];
  const note = (list: string[]) => (path: string) => void list.push(path.slice(there.length + 1));
  const target = new TreeTarget([way(there, to)], { made: note(made), had: note(had) });
  const exchange = new Exchange(walkTrees([way(here, from)]), target);
  if (steps === undefined) exchange.finish();
  else {
    for (let i = 0; i < steps; i++) {
      exchange.step("send");
      exchange.step("receive");
      exchange.step("hear");
    }
    exchange.sender.close();
    exchange.receiver.close();
  }
  const trouble = exchange.sender.trouble ?? exchange.receiver.trouble;
  assertEquals(openFiles(), open, "descriptors are left open");
  return { made, had, trouble: trouble?.text };
}

function openFiles(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

const OLD = new Date("2020-02-03T04:05:06Z");

function write(path: string, text: string | Uint8Array = "text", mode = 0o644): void {
  const data = typeof text === "string" ? new TextEncoder().encode(text) : text;
  Deno.writeFileSync(path, data);
  Deno.chmodSync(path, mode);
  Deno.utimeSync(path, OLD, OLD);
}

function facts(path: string): [mode: number, time: number] {
  const { mode, mtime } = Deno.lstatSync(path);
  return [mode! & 0o7777, mtime!.getTime()];
}

inPlace("a file arrives with its mode and time, the directories on its way are made", (place) => {
  Deno.mkdirSync(`${place.here}/a/b`, { recursive: true });
  write(`${place.here}/a/b/x`, "text", 0o4751);
  const { made } = send(place, "a/b/x");
  assertEquals(made, ["a", "a/b", "a/b/x"]);
  assertEquals(Deno.readTextFileSync(`${place.there}/a/b/x`), "text");
  assertEquals(facts(`${place.there}/a/b/x`), [0o751, OLD.getTime()]);
  assertEquals(send(place, "a/b/x"), { made: [], had: ["a/b/x"], trouble: undefined });
});

inPlace(
  "a file that is there is replaced as a whole, one that is being read stays what it was",
  (place) => {
    write(`${place.here}/x`, "new text");
    write(`${place.there}/x`, "old");
    const reader = Deno.openSync(`${place.there}/x`);
    assertEquals(send(place, "x").made, ["x"]);
    const bytes = new Uint8Array(10);
    assertEquals(reader.readSync(bytes), 3);
    reader.close();
    assertEquals(Deno.readTextFileSync(`${place.there}/x`), "new text");
    assertEquals([...Deno.readDirSync(place.there)].length, 1);
  },
);

inPlace("a file that is itself the place it goes to is not touched", (place) => {
  Deno.writeTextFileSync(`${place.here}/x`, "fresh");
  const { ino } = Deno.statSync(`${place.here}/x`);
  assertEquals(send({ ...place, there: place.here }, "x").had, ["x"]);
  Deno.linkSync(`${place.here}/x`, `${place.there}/x`);
  assertEquals(send(place, "x").had, ["x"]);
  assertEquals(Deno.statSync(`${place.there}/x`).ino, ino);
});

inPlace("a copy of the same size and of this moment is not taken for the same", (place) => {
  Deno.writeTextFileSync(`${place.here}/x`, "fresh");
  Deno.writeTextFileSync(`${place.there}/x`, "other");
  const { mtime } = Deno.statSync(`${place.here}/x`);
  Deno.utimeSync(`${place.there}/x`, mtime!, mtime!);
  assertEquals(send(place, "x").made, ["x"]);
});

inPlace("empty files, large ones, names of any bytes, modes that keep their owner out", (place) => {
  const names = ["-n", " ", "a\nb", "*", "$(touch bad)", "\udcff\udcfe", ".", "ü"]
    .filter((name) => name !== ".");
  Deno.mkdirSync(`${place.here}/d`);
  for (const name of names) create(`${place.here}/d/${name}`, new TextEncoder().encode(name));
  write(`${place.here}/d/empty`, "");
  const large = crypto.getRandomValues(new Uint8Array(50_000));
  const parts = new Uint8Array(400_000).map((_, i) => large[i % large.length]);
  write(`${place.here}/d/large`, parts);
  assertEquals(send(place, "d").trouble, undefined);
  assertEquals(entries(`${place.there}/d`), entries(`${place.here}/d`));
  assertEquals(Deno.readFileSync(`${place.there}/d/large`), parts);
  assertEquals(Deno.statSync(`${place.there}/d/empty`).size, 0);
});

inPlace("a tree arrives with its links, modes and times", (place) => {
  Deno.mkdirSync(`${place.here}/t/inner`, { recursive: true });
  write(`${place.here}/t/inner/x`, "x", 0o400);
  Deno.symlinkSync("../outside", `${place.here}/t/link`);
  Deno.symlinkSync("inner", `${place.here}/t/dir`);
  Deno.utimeSync(`${place.here}/t`, OLD, OLD);
  Deno.utimeSync(`${place.here}/t/inner`, OLD, OLD);
  Deno.chmodSync(`${place.here}/t/inner`, 0o550);
  assertEquals(send(place, "t").trouble, undefined);
  assertEquals(Deno.readLinkSync(`${place.there}/t/link`), "../outside");
  assertEquals(Deno.readLinkSync(`${place.there}/t/dir`), "inner");
  assertEquals(facts(`${place.there}/t/inner`), [0o550, OLD.getTime()]);
  assertEquals(facts(`${place.there}/t/inner/x`), [0o400, OLD.getTime()]);
  assertEquals(facts(`${place.there}/t`)[1], OLD.getTime());
  assertEquals(send(place, "t").had.length, 5);
});

inPlace("the file behind a link is sent, and a place behind one's own link is used", (place) => {
  write(`${place.here}/x`);
  Deno.symlinkSync("x", `${place.here}/link`);
  Deno.mkdirSync(`${place.there}/real`);
  Deno.symlinkSync("real", `${place.there}/way`);
  assertEquals(send(place, "link", "way/x").trouble, undefined);
  assertEquals(Deno.readTextFileSync(`${place.there}/real/x`), "text");
  assert(Deno.lstatSync(`${place.there}/real/x`).isFile);
  Deno.symlinkSync("loop", `${place.here}/loop`);
  assertEquals(send(place, "loop").trouble, "cannot read loop: ELOOP (too many symbolic links)");
});

inPlace(
  "a link in the place of a file is replaced, what it points to is not written to",
  (place) => {
    write(`${place.here}/x`, "new");
    write(place.path("precious"), "old");
    Deno.symlinkSync(place.path("precious"), `${place.there}/x`);
    assertEquals(send(place, "x").trouble, undefined);
    assertEquals(Deno.readTextFileSync(place.path("precious")), "old");
    assertEquals(Deno.readTextFileSync(`${place.there}/x`), "new");
  },
);

inPlace("in a tree no link is followed, even one that has come with it", (place) => {
  Deno.mkdirSync(`${place.here}/t/d`, { recursive: true });
  write(`${place.here}/t/d/x`, "new");
  Deno.mkdirSync(place.path("outside"));
  Deno.mkdirSync(`${place.there}/t`);
  Deno.symlinkSync(place.path("outside"), `${place.there}/t/d`);
  assertEquals(send(place, "t").trouble, "cannot create t/d: ENOTDIR (not a directory)");
  assertEquals([...Deno.readDirSync(place.path("outside"))], []);
});

inPlace("what cannot be: each is one sentence", (place) => {
  Deno.mkdirSync(`${place.here}/dir`);
  write(`${place.here}/file`);
  Deno.mkdirSync(`${place.there}/file`);
  write(`${place.there}/dir`);
  new Deno.Command("mkfifo", { args: [`${place.here}/fifo`] }).outputSync();
  const table: [name: string, trouble: string][] = [
    ["none", "cannot read none: ENOENT (no such file or directory)"],
    ["none/x", "cannot read none/x: ENOENT (no such file or directory)"],
    ["file/x", "cannot read file/x: ENOTDIR (not a directory)"],
    ["file", "cannot create file: EISDIR (is a directory)"],
    ["dir", "cannot create dir: ENOTDIR (not a directory)"],
    ["fifo", "cannot read fifo: EINVAL (it is a FIFO: only files, directories and links travel)"],
    ["x".repeat(256), `cannot read ${"x".repeat(256)}: ENAMETOOLONG (file name too long)`],
  ];
  for (const [name, trouble] of table) assertEquals(send(place, name).trouble, trouble);
  assertEquals(
    send(place, "file", "dir/file").trouble,
    "cannot create dir/file: ENOTDIR (not a directory)",
  );
});

inPlace("cut at any moment, there is no half file and no file that nobody knows", (place) => {
  Deno.mkdirSync(`${place.here}/d`);
  for (const name of ["a", "b"]) write(`${place.here}/d/${name}`, "x".repeat(200_000));
  for (let steps = 0; steps < 20; steps++) {
    send(place, "d", "d", steps);
    for (const path of Deno.lstatSync(place.there).isDirectory ? files(place.there) : []) {
      assertEquals(Deno.statSync(path).size, 200_000, path);
    }
  }
  assertEquals(send(place, "d").trouble, undefined);
});

function create(path: string, bytes: Uint8Array): void {
  const fd = openFile(path, O_WRONLY | O_CREAT);
  writeAll(fd, bytes);
  closeFile(fd);
}

/** Names as bytes, in order. */
function entries(path: string): string[] {
  const fd = openFile(path, 0);
  const names = listNames(fd);
  closeFile(fd);
  if (typeof names === "string") throw new Error(names);
  return names.map((name) => name.join(" ")).sort();
}

function files(path: string): string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) =>
    isDirectory ? files(`${path}/${name}`) : [`${path}/${name}`]
  );
}

if (libc("geteuid").geteuid() === 0) {
  inPlace("a link of somebody else is not followed, neither from nor to", (place) => {
    Deno.mkdirSync(place.path("secret"));
    write(place.path("secret/x"), "secret");
    for (const side of [place.here, place.there]) {
      Deno.symlinkSync(place.path("secret"), `${side}/d`);
      libc("fchownat").fchownat(-100, pathPointer(`${side}/d`), 65534, 65534, 0x100);
    }
    write(`${place.here}/x`);
    const refused = "'d' is a symbolic link of user 65534, which imp does not follow";
    assertEquals(send(place, "d/x").trouble, `cannot read d/x: EACCES (${refused})`);
    assertEquals(send(place, "x", "d/x").trouble, `cannot create d/x: EACCES (${refused})`);
    assertEquals(Deno.readTextFileSync(place.path("secret/x")), "secret");
  });
}

function pathPointer(path: string): number {
  return cString(bytesFromText(path));
}

Deno.test("a directory that cannot be made says why, not that it is missing", () => {
  const way = { from: "/", names: ["sys", "imp-test", "b"], label: "/sys/imp-test/b" };
  const error = assertThrows(() => openDirectoryAt(way, "make", () => {}), ImpError);
  assert(["EPERM", "EACCES", "EROFS"].includes(error.errno!), error.message);
});

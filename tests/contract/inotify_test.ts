import {
  ENOENT,
  ENOTDIR,
  IN_ATTRIB,
  IN_CLOSE_WRITE,
  IN_CREATE,
  IN_DELETE_SELF,
  IN_DONT_FOLLOW,
  IN_IGNORED,
  IN_ISDIR,
  IN_MASK_ADD,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONLYDIR,
} from "../../src/libc/abi.ts";
import { closeFile } from "../../src/libc/descriptors/files.ts";
import {
  addWatch,
  makeInotify,
  readFileEvents,
  removeWatch,
} from "../../src/libc/descriptors/inotify.ts";
import { changeTime, listEntries, statPath } from "../../src/libc/descriptors/stat.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { output, withDirectory } from "./support.ts";

function sh(script: string): Promise<string> {
  return output("/bin/sh", "-c", script);
}

test("inotify: changes below a directory, as [watch, what, name]", () =>
  withDirectory(async (path) => {
    const fd = makeInotify();
    const watch = addWatch(fd, path, IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO);
    assert(watch > 0);
    assertEquals(readFileEvents(fd), []);
    await sh(`cd ${path}; echo a >a; mkdir b; mv a c`);
    assertEquals(readFileEvents(fd).map(({ watch: _, ...event }) => event), [
      { mask: IN_CREATE, name: "a" },
      { mask: IN_CLOSE_WRITE, name: "a" },
      { mask: IN_CREATE | IN_ISDIR, name: "b" },
      { mask: IN_MOVED_FROM, name: "a" },
      { mask: IN_MOVED_TO, name: "c" },
    ]);
    removeWatch(fd, watch);
    assertEquals(readFileEvents(fd), [{ watch, mask: IN_IGNORED, name: "" }]);
    removeWatch(fd, watch);
    closeFile(fd);
  }));

test("inotify: one file has one watch, whose mask can be added to", () =>
  withDirectory(async (path) => {
    const fd = makeInotify();
    await sh(`cd ${path}; echo a >a`);
    const watch = addWatch(fd, `${path}/a`, IN_ATTRIB | IN_MASK_ADD);
    assertEquals(addWatch(fd, `${path}/./a`, IN_DELETE_SELF | IN_MASK_ADD), watch);
    await sh(`cd ${path}; rm a`);
    assertEquals(readFileEvents(fd).map(({ mask }) => mask), [
      IN_ATTRIB,
      IN_DELETE_SELF,
      IN_IGNORED,
    ]);
    closeFile(fd);
  }));

test("inotify: many events are read to the last one", () =>
  withDirectory(async (path) => {
    const fd = makeInotify();
    addWatch(fd, path, IN_CLOSE_WRITE);
    const name = "n".repeat(200);
    await sh(`cd ${path}; i=0; while [ $i -lt 300 ]; do : >${name}$i; i=$((i+1)); done`);
    const names = readFileEvents(fd).map((event) => event.name);
    assertEquals([names.length, names[299]], [300, `${name}299`]);
    closeFile(fd);
  }));

test("inotify: what cannot be watched is refused", () =>
  withDirectory(async (path) => {
    const fd = makeInotify();
    await sh(`cd ${path}; echo >file; ln -s . link`);
    assertEquals(addWatch(fd, `${path}/none`, IN_CREATE), -ENOENT);
    assertEquals(addWatch(fd, `${path}/file`, IN_CREATE | IN_ONLYDIR), -ENOTDIR);
    const linked = addWatch(fd, `${path}/link`, IN_CREATE | IN_ONLYDIR | IN_DONT_FOLLOW);
    assertEquals(linked, -ENOTDIR);
    assert(addWatch(fd, `${path}/link`, IN_CREATE | IN_ONLYDIR) > 0);
    closeFile(fd);
  }));

test("entries of a directory come with what they are", () =>
  withDirectory(async (path) => {
    await sh(`cd ${path}; : >file; mkdir dir; ln -s dir link; mkfifo fifo; : >"$(printf '\\377')"`);
    const entries = listEntries(path);
    if (typeof entries === "string") throw new Error(entries);
    const sorted = entries.map(({ name, kind }) => `${kind} ${name}`).sort();
    assertEquals(sorted, ["directory dir", "fifo fifo", "file file", "file \udcff", "link link"]);
    assertEquals([listEntries(`${path}/none`), listEntries(`${path}/file`)], ["ENOENT", "ENOTDIR"]);
    assert(typeof listEntries(`${path}/link`) !== "string");
    assert(["ENOTDIR", "ELOOP"].includes(String(listEntries(`${path}/link`, false))));
    for (const { name } of entries) assert(typeof statPath(`${path}/${name}`) !== "string", name);
  }));

test("when a file has changed is what stat(1) says", () =>
  withDirectory(async (path) => {
    await sh(`: >${path}/a; touch -d 2001-01-01 ${path}/a`);
    const seconds = Number(await output("stat", "-c", "%.3Z", `${path}/a`));
    // stat(1) cuts what is below a millisecond.
    assertEquals(Math.floor(changeTime(`${path}/a`)), Math.round(seconds * 1000));
    assertEquals(changeTime(`${path}/none`), 0);
  }));

// What the logs of kept daemons rely on: cutting a file under its writer, named pipes, inotify.
import {
  EAGAIN,
  EEXIST,
  EINVAL,
  EWOULDBLOCK,
  IN_CLOSE_WRITE,
  IN_MODIFY,
  IN_MOVED_TO,
  IN_ONESHOT,
  O_APPEND,
  O_CREAT,
  O_NONBLOCK,
  O_PATH,
  O_RDONLY,
  O_RDWR,
  O_WRONLY,
} from "../../src/libc/abi.ts";
import { O_DIRECTORY } from "../../src/libc/machine.ts";
import { collapseHead, growTo, syncFile, writeAt } from "../../src/libc/descriptors/cut_file.ts";
import { tryLockFile } from "../../src/libc/descriptors/file_lock.ts";
import { copyPipe, makeFifo, moveFromPipe } from "../../src/libc/descriptors/fifo.ts";
import { removeIn, renameIn } from "../../src/libc/descriptors/file_names.ts";
import {
  closeFile,
  openFile,
  readFile,
  readSome,
  writeAll,
} from "../../src/libc/descriptors/files.ts";
import { Inotify } from "../../src/libc/descriptors/inotify.ts";
import { openPipe } from "../../src/libc/descriptors/pipe.ts";
import { statFd, statPath } from "../../src/libc/descriptors/stat.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { skip } from "../skip.ts";
import { text, withDirectory } from "./support.ts";

const BLOCK = 1 << 16;

test("cutting a file: its head is taken out, and its writer appends behind the rest", async (name) => {
  await withDirectory((at) => {
    const path = `${at}/log`;
    const writer = openFile(path, O_WRONLY | O_CREAT | O_APPEND);
    writeAll(writer, new Uint8Array(BLOCK).fill(97));
    writeAll(writer, "rest\n");
    const cutter = openFile(path, O_RDWR);
    assertEquals(syncFile(cutter), 0);
    const code = collapseHead(cutter, BLOCK);
    if (code !== 0) return skip(name, `collapse: ${errnoName(-code)}`);
    writeAll(writer, "more\n");
    assertEquals(text(readFile(path)), "rest\nmore\n");
    assertEquals(collapseHead(cutter, BLOCK), -EINVAL, "not all of a file");
    closeFile(writer);
    closeFile(cutter);
  });
});

test("cutting a file: it is made longer, written in the middle, locked once", async () => {
  await withDirectory((at) => {
    const fd = openFile(`${at}/f`, O_RDWR | O_CREAT);
    assertEquals(growTo(fd, 8192), 0);
    assertEquals(statFd(fd).size, 8192);
    assertEquals(writeAt(fd, 4096, new TextEncoder().encode("here")), 4);
    assertEquals(text(readFile(`${at}/f`).subarray(4096, 4100)), "here");
    assertEquals(tryLockFile(fd), 0);
    const other = openFile(`${at}/f`, O_RDONLY);
    assertEquals(tryLockFile(other), -EWOULDBLOCK);
    closeFile(fd);
    assertEquals(tryLockFile(other), 0);
    closeFile(other);
  });
});

test("a named pipe: its bytes are copied, then moved to a place in a file", async () => {
  await withDirectory((at) => {
    const directory = openFile(at, O_PATH | O_DIRECTORY);
    assertEquals(makeFifo(directory, "out"), 0);
    assertEquals(makeFifo(directory, "out"), -EEXIST);
    const writer = openFile(`${at}/out`, O_RDWR);
    const reader = openFile(`${at}/out`, O_RDONLY | O_NONBLOCK);
    const file = openFile(`${at}/log`, O_RDWR | O_CREAT);
    assertEquals(moveFromPipe(reader, file, 0, BLOCK), -EAGAIN);
    writeAll(writer, "one\ntwo\n");
    const [out, into] = openPipe(3);
    assertEquals(copyPipe(reader, into, BLOCK), 8);
    assertEquals(text(readSome(out) as Uint8Array), "one\ntwo\n");
    assertEquals(moveFromPipe(reader, file, 2, 4), 4);
    assertEquals(moveFromPipe(reader, file, 6, BLOCK), 4);
    assertEquals(text(readFile(`${at}/log`)), "\0\0one\ntwo\n");
    closeFile(writer);
    assertEquals(moveFromPipe(reader, file, 10, BLOCK), 0, "nobody writes any more");
    for (const fd of [directory, reader, file, out, into]) closeFile(fd);
  });
});

test("inotify tells of a first change, of names, and of who closes a file", async () => {
  await withDirectory((at) => {
    const directory = openFile(at, O_PATH | O_DIRECTORY);
    const fd = openFile(`${at}/a`, O_WRONLY | O_CREAT);
    const inotify = new Inotify(20);
    assertEquals([inotify.fd, inotify.read()], [-1, []]);
    const first = inotify.add(`${at}/a`, IN_MODIFY | IN_ONESHOT);
    assert(inotify.fd >= 20);
    writeAll(fd, "x");
    writeAll(fd, "x");
    assertEquals(inotify.read().filter(({ mask }) => mask & IN_MODIFY).map((one) => one.watch), [
      first,
    ]);
    const closing = inotify.add(`${at}/a`, IN_CLOSE_WRITE);
    const names = inotify.add(at, IN_MOVED_TO);
    closeFile(fd);
    assertEquals(renameIn(directory, "a", "b"), 0);
    assertEquals(
      inotify.read().map(({ watch, name }) => [watch, name]).filter(([watch]) => watch !== first),
      [[closing, ""], [names, "b"]],
    );
    assertEquals(removeIn(directory, "b"), 0);
    assertEquals(statPath(`${at}/b`), "ENOENT");
    assert(inotify.add(`${at}/missing`, IN_MODIFY) < 0);
    inotify.close();
    closeFile(directory);
  });
});

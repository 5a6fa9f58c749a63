import { O_CREAT, O_PATH, O_RDONLY, O_WRONLY } from "../../src/libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../src/libc/machine.ts";
import { closeFile, openFile, readLink, readRecord } from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import {
  type FileStatus,
  listDirectory,
  statAt,
  statFd,
  statPath,
  tryStatFd,
} from "../../src/libc/descriptors/stat.ts";
import { ImpError } from "../../src/base/errors.ts";
import { removeTree } from "../../src/libc/descriptors/directory.ts";
import { assert, assertEquals, assertNotEquals, assertThrows, test } from "./harness.ts";
import { output, withDirectory } from "./support.ts";

const KINDS: Record<string, string> = {
  "regular file": "file",
  "regular empty file": "file",
  directory: "directory",
  "symbolic link": "link",
  fifo: "fifo",
  socket: "socket",
  "character special file": "char",
  "block special file": "block",
};

/** What stat(1) says, in our words. */
async function coreutils(path: string, follow: boolean): Promise<FileStatus> {
  const format = "%F|%a|%u|%g|%s|%h|%i|%d|%t|%T|%.6Y";
  const line = (await output("stat", ...follow ? ["-L"] : [], "-c", format, path)).trim();
  const [kind, mode, uid, gid, size, links, inode, device, major, minor, modified] = line.split(
    "|",
  );
  return {
    kind: KINDS[kind] as FileStatus["kind"],
    mode: parseInt(mode, 8),
    uid: Number(uid),
    gid: Number(gid),
    size: Number(size),
    links: Number(links),
    inode: BigInt(inode),
    device: deviceOf(BigInt(device)),
    special: `${parseInt(major, 16)}:${parseInt(minor, 16)}`,
    modified: Math.round(Number(modified) * 1000),
    nanoseconds: Number((modified.split(".")[1] ?? "").slice(0, 3).padEnd(3, "0")) * 1e6,
  };
}

/** major:minor in the number that stat(1) shows; makedev(3) of glibc. */
function deviceOf(device: bigint): string {
  const major = (device >> 8n & 0xfffn) | (device >> 32n & 0xffff_f000n);
  const minor = (device & 0xffn) | (device >> 12n & 0xffff_ff00n);
  return `${major}:${minor}`;
}

/** With whole milliseconds: stat(1) may show fewer digits. */
function whole(status: FileStatus | string): FileStatus | string {
  if (typeof status === "string") return status;
  const { modified, nanoseconds } = status;
  const milliseconds = Math.trunc(nanoseconds / 1e6);
  return { ...status, modified: Math.round(modified), nanoseconds: milliseconds * 1e6 };
}

/** One entry of each kind that anybody can make. */
async function makeEntries(at: string): Promise<string[]> {
  const script = `cd "$1" && echo hello >file && : >empty && mkdir folder && ln -s file link &&
    ln -s nowhere dangling && mkfifo fifo && ln file second && truncate -s 5T sparse &&
    touch -d '2001-02-03 04:05:06.789 UTC' old && touch -d '1969-12-31 23:59:58.500 UTC' ancient &&
    touch set-id && chmod 6755 set-id && mkdir sticky && chmod 1777 sticky && touch secret &&
    chmod 000 secret && python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'`;
  await output("sh", "-c", script, "sh", at);
  const names = listDirectory(at) as string[];
  assertEquals(names.length, 14);
  return names;
}

test("stat: every kind of entry is as stat(1) says, links followed and not", async () => {
  await withDirectory(async (at) => {
    const paths = (await makeEntries(at)).map((name) => `${at}/${name}`);
    for (const path of [...paths, "/dev/null", "/dev/full", "/", "/proc/self", "/etc/passwd"]) {
      assertEquals(whole(statPath(path, false)), await coreutils(path, false), path);
      if (path.endsWith("dangling") || path === "/proc/self") continue;
      assertEquals(whole(statPath(path)), await coreutils(path, true), path);
    }
    assertEquals(statPath(`${at}/dangling`), "ENOENT");
  });
});

test("stat: by open directory and by descriptor it is the same", async () => {
  await withDirectory(async (at) => {
    const names = await makeEntries(at);
    const directory = openFile(at, O_RDONLY | O_DIRECTORY);
    for (const name of names) {
      assertEquals(statAt(directory, name), statPath(`${at}/${name}`, false), name);
      const fd = openFile(name, O_PATH | O_NOFOLLOW, 0, directory);
      assertEquals(statFd(fd), statPath(`${at}/${name}`, false), name);
      closeFile(fd);
    }
    assertEquals(statAt(directory, "missing"), "ENOENT");
    closeFile(directory);
    assertEquals(assertThrows(() => statFd(directory), ImpError).errno, "EBADF");
    assertEquals(tryStatFd(directory), undefined);
    assertEquals(statAt(directory, "file"), "EBADF");
  });
});

test("stat: two names of one file are the same, two files are not", async () => {
  await withDirectory(async (at) => {
    await output("sh", "-c", 'cd "$1" && touch file empty && ln file second', "sh", at);
    const [file, second, empty] = ["file", "second", "empty"].map((name) =>
      statPath(`${at}/${name}`) as FileStatus
    );
    assertEquals([file.inode, file.device, file.links], [second.inode, second.device, 2]);
    assertNotEquals(file.inode, empty.inode);
  });
});

test("stat: errors by name", async () => {
  await withDirectory(async (at) => {
    await output("sh", "-c", 'cd "$1" && touch file && ln -s loop loop', "sh", at);
    assertEquals(statPath(`${at}/missing`), "ENOENT");
    assertEquals(statPath(`${at}/file/x`), "ENOTDIR");
    assertEquals(statPath(`${at}/loop`), "ELOOP");
    assertEquals(statPath("x".repeat(5000)), "ENAMETOOLONG");
    assertEquals(statPath(""), "ENOENT");
  });
});

const ODD_NAMES = [
  " ",
  "-rf",
  "two words",
  "line\nbreak",
  "größe",
  "守护进程",
  "🙂",
  "\uFEFFmark",
  "...",
  ".hidden",
  "a\\b",
  "'\"$`",
  "x".repeat(255),
  "é".repeat(127),
];

test("listing: five thousand entries and odd names, each once", async () => {
  await withDirectory((at) => {
    const numbered = Array.from({ length: 5000 }, (_, i) => `entry-${i}-${"n".repeat(i % 90)}`);
    const names = [...numbered, ...ODD_NAMES];
    const directory = openFile(at, O_RDONLY | O_DIRECTORY);
    for (const name of names) closeFile(openFile(name, O_WRONLY | O_CREAT, 0o600, directory));
    closeFile(directory);
    assertEquals((listDirectory(at) as string[]).sort(), names.sort());
  });
});

test("listing: an empty directory, one that is removed, and what is none", async () => {
  await withDirectory(async (at) => {
    assertEquals(listDirectory(at), []);
    await output("sh", "-c", 'touch "$1/file"', "sh", at);
    assertEquals(listDirectory(`${at}/file`), "ENOTDIR");
    assertEquals(listDirectory(`${at}/missing`), "ENOENT");
  });
});

test("listing: a name that is no UTF-8 leads to its file", async () => {
  await withDirectory(async (at) => {
    await output("sh", "-c", 'cd "$1" && : >"$(printf "a\\377b")"', "sh", at);
    const [name] = listDirectory(at) as string[];
    assertEquals(name, "a\udcffb");
    assertEquals((statPath(`${at}/${name}`) as FileStatus).kind, "file");
    const fd = openFile(`${at}/${name}`, O_RDONLY);
    assertEquals(readLink(`/proc/self/fd/${fd}`), `${at}/${name}`);
    closeFile(fd);
    assertEquals(typeof readRecord(`${at}/${name}`), "object");
  });
});

test("listing: this process' descriptors, of which none stays open", () => {
  const count = () => (listDirectory("/proc/self/fd") as string[]).length;
  const before = count();
  for (let i = 0; i < 100; i++) listDirectory("/proc");
  // The runtime may close some of its own meanwhile.
  assert(count() <= before);
  const own = String(libc("getpid").getpid());
  assert((listDirectory("/proc") as string[]).includes(own));
});

test("stat: a tree is removed whatever its names are, however deep, and whoever may read it", async () => {
  await withDirectory(async (at) => {
    const make = [
      'mkdir "$1/tree" && cd "$1/tree" && touch "$1/outside"',
      "printf x > \"$(printf '\\377')\"; mkdir \"$(printf 'd\\377')\"; printf x > \"$(printf 'd\\377/\\201')\"",
      'ln -s "$1" link; mkdir shut; touch shut/file; mkdir shut/inner; touch shut/inner/file; chmod 0 shut',
      // Longer than a path may be.
      "name=$(printf %0200d 0); for i in $(seq 30); do mkdir $name; cd -P ./$name; done; touch file",
    ];
    await output("sh", "-c", make.join("\n"), "sh", at);
    assert(removeTree(`${at}/tree`));
    assertEquals(statPath(`${at}/tree`), "ENOENT");
    assertEquals((statPath(`${at}/outside`) as FileStatus).kind, "file");
  });
});

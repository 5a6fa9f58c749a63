import {
  AT_FDCWD,
  EADDRINUSE,
  ECONNREFUSED,
  ENAMETOOLONG,
  F_GETFL,
  F_SETFL,
  O_NONBLOCK,
  O_PATH,
} from "../../src/libc/abi.ts";
import { O_NOFOLLOW } from "../../src/libc/machine.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { removeIn } from "../../src/libc/descriptors/file_names.ts";
import { closeFile, openFile } from "../../src/libc/descriptors/files.ts";
import { beginConnect, connectError, resolve } from "../../src/libc/descriptors/inet.ts";
import {
  askUnixSocket,
  giveFile,
  listenAgain,
  makeBlocking,
  openInetSocket,
  openUnixSocket,
  takeDescriptor,
} from "../../src/libc/descriptors/listening.ts";
import { statFd, statPath } from "../../src/libc/descriptors/stat.ts";
import { shutDown } from "../../src/libc/descriptors/socket.ts";
import { openPidfd } from "../../src/libc/processes/pidfd.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { isRoot, withDirectory } from "./support.ts";

/** A free port, and a socket bound to it. */
function opened(kind: "stream" | "datagrams"): { fd: number; port: number } {
  for (let port = 20_000 + ownPid() % 10_000;; port++) {
    const fd = openInetSocket(kind, resolve("127.0.0.1", port)[0], false);
    if (fd >= 0) return { fd, port };
    assertEquals(fd, -EADDRINUSE);
  }
}

/** @returns 0, or errno */
function connecting(port: number): number {
  const fd = beginConnect(resolve("127.0.0.1", port)[0]);
  if (fd < 0) return -fd;
  libc("poll").poll(0, 0, 1);
  const code = connectError(fd);
  closeFile(fd);
  return code;
}

test("sockets that listen: connections wait there, and nobody else gets the address", () => {
  const { fd, port } = opened("stream");
  assertEquals(connecting(port), 0);
  assertEquals(openInetSocket("stream", resolve("127.0.0.1", port)[0], false), -EADDRINUSE);
  closeFile(fd);
  assertEquals(connecting(port), ECONNREFUSED);
});

test("sockets that listen: one that was shut down listens again", () => {
  const { fd, port } = opened("stream");
  shutDown(fd);
  assertEquals(connecting(port), ECONNREFUSED);
  assertEquals([listenAgain(fd), listenAgain(fd), connecting(port)], [0, 0, 0]);
  closeFile(fd);
});

test("sockets for datagrams are nobody else's", () => {
  const { fd, port } = opened("datagrams");
  assertEquals(openInetSocket("datagrams", resolve("127.0.0.1", port)[0], false), -EADDRINUSE);
  closeFile(fd);
});

test("sockets: O_NONBLOCK is taken off", () => {
  const { fd } = opened("stream");
  const c = libc("fcntl");
  const flags = () => c.fcntl(fd, F_GETFL, 0) & O_NONBLOCK;
  assertEquals(flags(), 0);
  c.fcntl(fd, F_SETFL, O_NONBLOCK);
  assertEquals(flags(), O_NONBLOCK);
  makeBlocking(fd);
  makeBlocking(fd);
  assertEquals(flags(), 0);
  closeFile(fd);
});

test("sockets with a file: its mode, whatever the umask; who listens, and who has left it", async () => {
  await withDirectory((directory) => {
    const path = `${directory}/socket`;
    assertEquals(openUnixSocket(`${directory}/${"x".repeat(100)}`, 0o600), -ENAMETOOLONG);
    for (const mode of [0o600, 0o666, 0o007]) {
      const fd = openUnixSocket(path, mode);
      assert(fd >= 0, `${fd}`);
      const status = statPath(path);
      assert(typeof status !== "string" && status.kind === "socket" && status.mode === mode);
      assertEquals(openUnixSocket(path, mode), -EADDRINUSE);
      if (isRoot || mode !== 0o007) assertEquals(askUnixSocket(path), 0);
      closeFile(fd);
      if (isRoot || mode !== 0o007) assertEquals(askUnixSocket(path), -ECONNREFUSED);
      assertEquals(removeIn(AT_FDCWD, path), 0);
    }
  });
});

test("a file behind a descriptor of O_PATH is given to its own user again", async () => {
  await withDirectory((directory) => {
    const socket = openUnixSocket(`${directory}/socket`, 0o600);
    const fd = openFile(`${directory}/socket`, O_PATH | O_NOFOLLOW);
    const { uid, gid } = statFd(fd);
    assertEquals(giveFile(fd, uid, gid), 0);
    if (isRoot) {
      assertEquals(giveFile(fd, 65534, 65533), 0);
      assertEquals([statFd(fd).uid, statFd(fd).gid], [65534, 65533]);
    }
    closeFile(fd);
    closeFile(socket);
  });
});

test("a descriptor of a process is taken", () => {
  const { fd, port } = opened("stream");
  const pidfd = openPidfd(ownPid());
  const copy = takeDescriptor(pidfd, fd);
  assert(copy >= 0, `${copy}`);
  closeFile(fd);
  assertEquals(connecting(port), 0);
  closeFile(copy);
  assertEquals(takeDescriptor(pidfd, 1000), -9);
  closeFile(pidfd);
});

import { mkdirSync } from "node:fs";
import { EAGAIN, O_NOCTTY, O_RDWR } from "../../src/libc/abi.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { copyPipe, moveToPipe } from "../../src/libc/descriptors/fifo.ts";
import { closeFile, openFile, readSome, writeAll } from "../../src/libc/descriptors/files.ts";
import {
  acceptLocal,
  connectLocal,
  limitUnread,
  listenLocal,
  peerUser,
} from "../../src/libc/descriptors/local_socket.ts";
import { openPipe } from "../../src/libc/descriptors/pipe.ts";
import { receivePacket, sendPacket } from "../../src/libc/descriptors/socket.ts";
import {
  foregroundBehind,
  openPeer,
  openTerminal,
  peerPath,
  setTerminalModes,
  setWindowSize,
  terminalModes,
  windowSize,
} from "../../src/libc/descriptors/tty.ts";
import { freshModes, rawModes } from "../../src/libc/descriptors/tty_modes.ts";
import { forkAndExecute } from "../../src/libc/processes/fork.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { withDirectory } from "./support.ts";

const text = (bytes: Uint8Array | number) =>
  typeof bytes === "number" ? bytes : new TextDecoder().decode(bytes);

test("local socket: found by a name in a directory that is deeper than a name may be long", async () => {
  await withDirectory((path) => serveIn(`${path}/${"d".repeat(200)}`));
});

function serveIn(directory: string): void {
  mkdirSync(directory);
  const listening = listenLocal(directory, "s");
  assert(listening >= 0);
  assertEquals(acceptLocal(listening), -EAGAIN);
  const client = connectLocal(directory, "s");
  const server = acceptLocal(listening);
  assertEquals(peerUser(server), libc("geteuid").geteuid());
  limitUnread(server, 1 << 15);
  assertEquals(sendPacket(client, new TextEncoder().encode("hello")), 0);
  const packet = receivePacket(server);
  assertEquals(typeof packet === "object" && text(packet.bytes), "hello");
  // A reader that does not read does not block the writer.
  let code = 0, sent = 0;
  while (code === 0 && sent < 1000) {
    code = sendPacket(server, new Uint8Array(4000));
    sent++;
  }
  assertEquals(code, -EAGAIN);
  // It replaces what a killed process left.
  const next = listenLocal(directory, "s");
  for (const fd of [listening, client, server]) closeFile(fd);
  const other = connectLocal(directory, "s");
  assert(other >= 0);
  for (const fd of [next, other]) closeFile(fd);
  assert(connectLocal(directory, "s") < 0);
  assert(connectLocal(directory, "nothing") < 0);
}

test("terminal: its other end, size and modes; what is written moves into a pipe", () => {
  const { master, path } = openTerminal({ rows: 24, columns: 80 });
  assertEquals(peerPath(master), path);
  const peer = openPeer(master);
  assert(peer >= 0);
  setWindowSize(master, { rows: 30, columns: 100 });
  assertEquals(windowSize(peer), { rows: 30, columns: 100 });
  const before = terminalModes(peer)!;
  setTerminalModes(peer, rawModes(before));
  writeAll(peer, "a\nb");
  const [out, into] = openPipe(20);
  assertEquals(moveToPipe(master, into, 100), 3);
  assertEquals(moveToPipe(master, into, 100), -EAGAIN);
  const [seen, see] = openPipe(20);
  assertEquals(copyPipe(out, see, 100), 3);
  assertEquals([text(readSome(seen)), text(readSome(out))], ["a\nb", "a\nb"]);
  setTerminalModes(peer, freshModes(terminalModes(peer)!));
  writeAll(peer, "c\n");
  assertEquals(text(readSome(master)), "c\r\n");
  // Except for UTF-8, as the kernel makes them.
  const fresh = terminalModes(peer)!;
  assertEquals(fresh.filter((byte, i) => byte !== before[i]).length <= 1, true);
  assertEquals(foregroundBehind(master), 0);
  for (const fd of [out, into, seen, see, peer, master]) closeFile(fd);
  assert(openPeer(0) < 0);
});

test("terminal: a forked child takes it as the controlling one", () => {
  const { master, path } = openTerminal({ rows: 24, columns: 80 });
  const peer = openFile(path, O_RDWR | O_NOCTTY);
  const argv = ["sh", "-c", "echo here >/dev/tty"];
  const outcome = forkAndExecute([
    { do: "setsid" },
    { do: "dup2", from: peer, to: 0 },
    { do: "controlling-terminal", fd: 0 },
    { do: "execute", path: "/bin/sh", argv, env: [] },
  ]);
  if (!("pid" in outcome)) throw new Error(`${outcome.failed.do}: ${outcome.code}`);
  assertEquals(waitFor(outcome.pid)?.ending, { how: "exit", code: 0 });
  assertEquals(text(readSome(master)), "here\r\n");
  for (const fd of [peer, master]) closeFile(fd);
});

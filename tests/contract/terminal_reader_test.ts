import { EAGAIN, O_NONBLOCK, O_PATH, O_RDONLY } from "../../src/libc/abi.ts";
import { makeFifo } from "../../src/libc/descriptors/fifo.ts";
import { closeFile, openFile, readSome, writeAll } from "../../src/libc/descriptors/files.ts";
import {
  openPeer,
  openTerminal,
  setTerminalModes,
  terminalModes,
} from "../../src/libc/descriptors/tty.ts";
import { rawModes } from "../../src/libc/descriptors/tty_modes.ts";
import { TerminalReader } from "../../src/logs/terminal/terminal_reader.ts";
import { assertEquals, test } from "./harness.ts";
import { withDirectory } from "./support.ts";

const text = (bytes: Uint8Array | number) =>
  typeof bytes === "number" ? bytes : new TextDecoder().decode(bytes);

for (const canMove of [true, false]) {
  test(`terminal reader: every byte comes into the pipe, and is seen (${canMove ? "moved" : "copied"})`, async () => {
    await withDirectory((directory) => {
      const at = openFile(directory, O_PATH);
      assertEquals(makeFifo(at, "pipe"), 0);
      const path = `${directory}/pipe`;
      const out = openFile(path, O_RDONLY | O_NONBLOCK);
      const { master } = openTerminal({ rows: 24, columns: 80 });
      const peer = openPeer(master);
      setTerminalModes(peer, rawModes(terminalModes(peer)!));
      const reader = new TerminalReader(master, path);
      // As on kernels on which splice(2) does not take a terminal.
      if (!canMove) Object.assign(reader, { canMove });
      assertEquals(reader.read(), -EAGAIN);
      writeAll(peer, "one");
      assertEquals([text(reader.read()), reader.unread], ["one", 3]);
      // What nobody has taken from the pipe yet is not seen twice.
      writeAll(peer, "two");
      assertEquals([text(reader.read()), reader.unread], ["two", 6]);
      assertEquals(text(readSome(out)), "onetwo");
      // A pipe that is full takes nothing, and nothing is lost.
      let written = 0, seen = 0;
      for (let i = 0; i < 40; i++) {
        writeAll(peer, "x".repeat(2048));
        written += 2048;
        for (let n = reader.read(); typeof n !== "number" && n.length > 0; n = reader.read()) {
          seen += n.length;
        }
        // It takes nothing more: what is written next would wait.
        if (seen < written) break;
      }
      let found = 0;
      for (let round = 0; round < 100 && found < written; round++) {
        const bytes = readSome(out);
        if (typeof bytes !== "number") found += bytes.length;
        const more = reader.read();
        if (typeof more !== "number") seen += more.length;
      }
      assertEquals([seen, found], [written, written]);
      reader.close();
      for (const fd of [out, at, peer, master]) closeFile(fd);
    });
  });
}

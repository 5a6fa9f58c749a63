import { O_NOCTTY, O_RDWR } from "../../src/libc/abi.ts";
import { closeFile, openFile } from "../../src/libc/descriptors/files.ts";
import { openTerminal, setTerminalModes, terminalModes } from "../../src/libc/descriptors/tty.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { assert, assertEquals, test } from "./harness.ts";

test("terminal modes: what stty sets is seen, and can be set back", () => {
  const { master, path } = openTerminal({ rows: 24, columns: 80 });
  const fd = openFile(path, O_RDWR | O_NOCTTY);
  const before = terminalModes(fd)!;
  const descriptors = [[fd, 0]] as const;
  const pid = spawn({ path: "/bin/stty", argv: ["stty", "raw", "-echo"], env: [], descriptors });
  assertEquals(waitFor(pid)?.ending, { how: "exit", code: 0 });
  const raw = terminalModes(fd)!;
  assert(raw.some((byte, i) => byte !== before[i]));
  setTerminalModes(fd, before);
  assertEquals([...terminalModes(fd)!], [...before]);
  closeFile(master);
  assertEquals(terminalModes(fd), undefined);
  closeFile(fd);
});

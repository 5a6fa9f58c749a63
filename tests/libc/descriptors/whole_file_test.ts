import { assertEquals, assertThrows } from "@std/assert";
import { ImpError } from "../../../src/base/errors.ts";
import { O_PATH } from "../../../src/libc/abi.ts";
import { closeFile, openFile } from "../../../src/libc/descriptors/files.ts";
import {
  checkWritable,
  readPlainFile,
  writeWhole,
} from "../../../src/libc/descriptors/whole_file.ts";

/** In a directory of its own, which is the working directory. */
function inFolder(body: (directory: string) => void): () => void {
  return () => {
    const directory = Deno.makeTempDirSync({ prefix: "imp-whole-" });
    const before = Deno.cwd();
    try {
      Deno.chdir(directory);
      body(directory);
    } finally {
      Deno.chdir(before);
      Deno.removeSync(directory, { recursive: true });
    }
  };
}

const names = (path = ".") => [...Deno.readDirSync(path)].map(({ name }) => name).sort();
const modeOf = (path: string) => Deno.statSync(path).mode! & 0o777;

Deno.test(
  "a file is written whole by a relative name as by an absolute one, and nothing is left beside it",
  inFolder((directory) => {
    Deno.mkdirSync("below");
    for (const path of ["here", "./here", "below/there", `${directory}/below/there`]) {
      writeWhole(path, path);
      assertEquals(Deno.readTextFileSync(path), path);
    }
    assertEquals([names(), names("below")], [["below", "here"], ["there"]]);
  }),
);

Deno.test(
  "a file is written into a directory that is open, wherever its path leads by now",
  inFolder((directory) => {
    Deno.mkdirSync("meant");
    const at = openFile("meant", O_PATH);
    Deno.renameSync("meant", "moved");
    writeWhole(`${directory}/meant/file`, "text", { at });
    closeFile(at);
    assertEquals([names(), names("moved")], [["moved"], ["file"]]);
  }),
);

Deno.test(
  "a file that is written whole has the permissions that were asked for, else those of any new file",
  inFolder(() => {
    const umask = Deno.umask(0o027);
    try {
      writeWhole("any", "");
      writeWhole("program", "", { mode: 0o755 });
      writeWhole("secret", "", { mode: 0o600 });
    } finally {
      Deno.umask(umask);
    }
    assertEquals(["any", "program", "secret"].map(modeOf), [0o640, 0o755, 0o600]);
  }),
);

Deno.test(
  "a file that cannot be written whole: what failed, what to do, and the old one is there",
  inFolder(() => {
    const missing = assertThrows(() => writeWhole("none/x", ""), ImpError, "cannot write none/x");
    assertEquals([missing.errno, missing.hint], ["ENOENT", "its directory does not exist"]);
    assertThrows(() => checkWritable("none/x"), ImpError, "cannot write none/x: ENOENT");
    Deno.mkdirSync("taken");
    const hints = { EISDIR: "move it away" };
    const error = assertThrows(() => writeWhole("taken", "", { hints }), ImpError);
    assertEquals([error.errno, error.hint], ["EISDIR", "move it away"]);
    assertEquals(names(), ["taken"]);
  }),
);

Deno.test(
  "the longest names can be written, and checked without a trace",
  inFolder(() => {
    for (const name of ["n".repeat(255), "\u{1F47F}".repeat(63), "ü".repeat(127)]) {
      checkWritable(name);
      assertEquals(names(), []);
      writeWhole(name, "text");
      assertEquals(names(), [name]);
      Deno.removeSync(name);
    }
  }),
);

Deno.test(
  "a plain file is read whole; a link, a FIFO and what is not there are not",
  inFolder(() => {
    writeWhole("file", new Uint8Array([1, 2]));
    assertEquals(readPlainFile("file"), new Uint8Array([1, 2]));
    assertEquals(readPlainFile("none"), undefined);
    Deno.symlinkSync("file", "link");
    new Deno.Command("mkfifo", { args: ["fifo"] }).outputSync();
    for (const path of ["link", "fifo", "."]) {
      assertEquals(readPlainFile(path) instanceof ImpError, true, path);
    }
  }),
);

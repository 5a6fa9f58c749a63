import { assertEquals } from "@std/assert";
import { O_RDONLY } from "../../../src/libc/abi.ts";
import { makeFifo } from "../../../src/libc/descriptors/fifo.ts";
import { closeFile, openFile } from "../../../src/libc/descriptors/files.ts";
import { readStat } from "../../../src/procfs/stat.ts";
import { heirAmong } from "../../../src/keeper/turn/heirs.ts";

Deno.test("heirs: a pidfile that is a pipe is not waited for, a device not read, a link followed", () => {
  const directory = Deno.makeTempDirSync({ prefix: "imp-heirs-" });
  const self = readStat(Deno.pid)!;
  const named = (pidfile: string) => heirAmong([self], { pidfile, forking: false })?.pid;
  try {
    const at = openFile(directory, O_RDONLY);
    makeFifo(at, "pipe");
    closeFile(at);
    Deno.writeTextFileSync(`${directory}/file`, `${Deno.pid}\n`);
    Deno.symlinkSync("file", `${directory}/link`);
    assertEquals(named(`${directory}/file`), Deno.pid);
    assertEquals(named(`${directory}/link`), Deno.pid);
    // The one that is left is taken all the same.
    for (const path of [`${directory}/pipe`, "/dev/zero", directory, `${directory}/none`]) {
      assertEquals(named(path), Deno.pid, path);
    }
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

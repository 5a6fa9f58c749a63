import { O_RDONLY } from "../../../src/libc/abi.ts";
import { assertEquals } from "@std/assert";
import { closeFile, openFile, readToEnd } from "../../../src/libc/descriptors/files.ts";
import { csv } from "../../../src/pool/source/columns.ts";
import { LINES } from "../../../src/pool/source/input.ts";
import { readAhead } from "../../../src/pool/source/read_ahead.ts";
import { shown } from "../bytes.ts";

Deno.test("a source that is read ahead is counted and comes again unchanged", async () => {
  const path = await Deno.makeTempFile();
  const text = "a\n\n" + "line \xff of some length\n".repeat(20_000) + '"x\ny",z';
  try {
    for (const [boundary, records] of [[LINES, 20_004], [csv().boundary(), 20_003]] as const) {
      await Deno.writeTextFile(path, text);
      const source = openFile(path, O_RDONLY);
      const counted = readAhead(source, path, boundary);
      assertEquals(counted.records, records);
      assertEquals(
        shown(readToEnd(counted.fd, "the copy")),
        shown(new TextEncoder().encode(text)),
      );
      closeFile(counted.fd);
      closeFile(source);
    }
  } finally {
    await Deno.remove(path);
  }
});

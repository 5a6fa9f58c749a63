import { makePrivate } from "../../src/libc/descriptors/directory.ts";
import { lastBytesOfLinks, readTexts } from "../../src/libc/descriptors/many_files.ts";
import { ENOENT, ENOTDIR } from "../../src/libc/abi.ts";
import { listNumbers } from "../../src/libc/descriptors/stat.ts";
import { writeWhole } from "../../src/libc/descriptors/whole_file.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { withDirectory } from "./support.ts";

test("readTexts: what each file holds, in order, however many, large and odd they are", async () => {
  await withDirectory((folder) => {
    const contents = new Map<string, string>();
    for (let i = 0; i < 100; i++) contents.set(`d${i}/f`, `{"number":${i}} ${"é".repeat(20 * i)}`);
    contents.set("empty/f", "");
    contents.set("large/f", "x".repeat(100_000));
    contents.set("just/f", "y".repeat(1 << 14));
    contents.set("nul/f", "a\0b");
    for (const [path, text] of contents) {
      makePrivate(`${folder}/${path.slice(0, -2)}`);
      writeWhole(`${folder}/${path}`, text);
    }
    const paths = [...contents.keys()];
    paths.splice(7, 0, "missing/f", "d1/f/f");
    const wanted = paths.map((path) => contents.get(path) ?? -ENOENT);
    wanted[8] = -ENOTDIR;
    assertEquals(readTexts(folder, paths), wanted);
    assertEquals(readTexts(`${folder}/nowhere`, ["d1/f"]), [-ENOENT]);
    assertEquals(readTexts(folder, []), []);
  });
});

test("lastBytesOfLinks: of each link; -1 of what is none", async () => {
  await withDirectory((folder) => {
    writeWhole(`${folder}/f`, "");
    const of = lastBytesOfLinks(`/proc/${ownPid()}`, ["exe", "nothing", "stat", "cwd"]);
    assert(of[0] > 0 && of[3] > 0);
    assertEquals([of[1], of[2]], [-1, -1]);
    assertEquals(lastBytesOfLinks(`${folder}/nowhere`, ["f"]), [-1]);
  });
});

test("listNumbers: directories whose names are numbers", async () => {
  await withDirectory((folder) => {
    const numbers = Array.from({ length: 7 }, (_, i) => 10 ** i + i);
    for (const number of numbers) makePrivate(`${folder}/${number}`);
    for (const name of ["7x", "x7", "-3"]) makePrivate(`${folder}/${name}`);
    writeWhole(`${folder}/12`, "");
    const listed = listNumbers(folder) as number[];
    for (const number of numbers) assert(listed.includes(number), String(number));
    for (const other of [3, 7, 12]) assert(!listed.includes(other), String(other));
    assertEquals(listNumbers(`${folder}/nowhere`), "ENOENT");
  });
  assert((listNumbers("/proc") as number[]).includes(ownPid()));
});

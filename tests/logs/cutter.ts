// Cuts a log until there is nothing left to cut: `deno run cutter.ts DIRECTORY PATH MOST UNIT`.
import { readBook, writeBook } from "../../src/logs/book.ts";
import { cutLog } from "../../src/logs/rotate/cut.ts";
import { closeRotated, openForRotation } from "../../src/logs/rotate/rotated_file.ts";

const [directory, path, most, unit] = Deno.args;
const log = openForRotation(path, {}, false)!;
const keeper = {
  read: () => readBook(directory, "stdout"),
  write: (next: Parameters<typeof writeBook>[2]) => writeBook(directory, "stdout", next),
};
while (cutLog(log, { most: Number(most), keep: 5, unit: Number(unit) }, keeper));
closeRotated(log);

import { assert, assertEquals } from "@std/assert";
import { addMark, readMarks } from "../../src/logs/times.ts";

const MARK = 16, MOST = 4096;

function withDirectory(body: (directory: string, path: string) => void): void {
  const directory = Deno.makeTempDirSync({ prefix: "imp-times-" });
  try {
    body(directory, `${directory}/log.stdout.times`);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function marks(count: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(MARK * count));
  for (let i = 0; i < count; i++) {
    view.setFloat64(MARK * i, i, true);
    view.setFloat64(MARK * i + 8, 10 * i, true);
  }
  return new Uint8Array(view.buffer);
}

Deno.test("times of a log: too many are thinned out in a file of its own, so that a kill costs none", () => {
  withDirectory((directory, path) => {
    Deno.writeFileSync(path, marks(MOST));
    const before = Deno.openSync(path);
    addMark(directory, "stdout", { at: MOST, position: 10 * MOST });
    // A process that has it open sees all of them at any moment.
    assertEquals(before.statSync().size, MARK * (MOST + 1));
    before.close();
    const found = readMarks(directory, "stdout");
    assert(found.length < 0.8 * MOST && found.length > MOST / 2);
    assertEquals(found.at(-1), { at: MOST, position: 10 * MOST });
    assertEquals([...Deno.readDirSync(directory)].map(({ name }) => name), ["log.stdout.times"]);
  });
});

Deno.test("times of a log: where they cannot be replaced they stay; half a mark is nothing", () => {
  withDirectory((directory, path) => {
    const all = marks(3);
    Deno.writeFileSync(path, all.slice(0, -5));
    const inTheWay = Array.from(
      { length: 300 },
      (_, n) => `${directory}/.log.stdout.times.${Deno.pid}.${n.toString(36)}`,
    );
    for (const working of inTheWay) Deno.mkdirSync(working);
    addMark(directory, "stdout", { at: 9, position: 90 });
    assertEquals(readMarks(directory, "stdout").map(({ at }) => at), [0, 1]);
    for (const working of inTheWay) Deno.removeSync(working);
    addMark(directory, "stdout", { at: 9, position: 90 });
    addMark(directory, "stdout", { at: 10, position: 100 });
    assertEquals(readMarks(directory, "stdout").map(({ at }) => at), [0, 1, 10]);
  });
});

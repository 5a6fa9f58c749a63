import { assert, assertEquals } from "@std/assert";
import { LogCursor } from "../../../src/logs/read/cursor.ts";
import { lastLines } from "../../../src/logs/read/last_lines.ts";
import { Killed, lines, type Scene, scene } from "../scene.ts";

function cursorOf({ directory, path }: Scene): LogCursor {
  return new LogCursor(directory, { stream: "stdout", path });
}

function rest(cursor: LogCursor): string {
  let text = "";
  for (;;) {
    const bytes = cursor.next();
    if (bytes.length === 0) return text;
    text += new TextDecoder().decode(bytes);
  }
}

function last({ directory, path }: Scene, count: number): string[] {
  const log = { stdout: path, keep: 5, format: "raw", target: "file" } as const;
  return lastLines({ directory, log }, count, 0);
}

scene(
  "a reader gets every byte once, however the log is cut and its cutter killed",
  {},
  (scene) => {
    const cursor = cursorOf(scene);
    let all = "", read = "";
    for (let round = 0; round < 60; round++) {
      const text = lines(round * 250, round * 250 + 250);
      scene.append(text);
      all += text;
      if (round % 3 === 0) read += new TextDecoder().decode(cursor.next());
      try {
        scene.cut(1 + round % 11);
      } catch (error) {
        assert(error instanceof Killed, String(error));
      }
      const fresh = cursorOf(scene);
      assertEquals(rest(fresh), all, `round ${round}`);
      fresh.close();
      if (round % 5 === 0) read += rest(cursor);
      assertEquals(last(scene, 2), text.trimEnd().split("\n").slice(-2));
    }
    read += rest(cursor);
    assertEquals(read, all);
    cursor.close();
  },
);

scene(
  "a reader that began before a cut reads no mark, whichever step the cut has reached",
  {},
  (scene) => {
    let all = "";
    for (let step = 1; step <= 6; step++) {
      const text = lines(step * 1000, step * 1000 + 400);
      scene.append(text);
      all += text;
      const cursors = [cursorOf(scene), cursorOf(scene)];
      cursors[1].next();
      cursors[1].toLineAt(0);
      try {
        scene.cut(step);
      } catch (error) {
        assert(error instanceof Killed, String(error));
      }
      for (const cursor of cursors) {
        const read = rest(cursor);
        assertEquals(read === all, true, `step ${step}`);
        cursor.close();
      }
      assertEquals(last(scene, 400), text.trimEnd().split("\n"));
    }
  },
);

scene("the last lines: few, many, one that has not ended, none", {}, (scene) => {
  assertEquals(last(scene, 3), []);
  scene.append("one\n\nthree");
  assertEquals(last(scene, 1), ["three"]);
  assertEquals(last(scene, 2), ["", "three"]);
  assertEquals(last(scene, 9), ["one", "", "three"]);
  assertEquals(last(scene, 0), []);
  scene.append("\n");
  assertEquals(last(scene, 1), ["three"]);
  const text = lines(0, 4000);
  scene.append(text);
  scene.cut();
  const expected = ("one\n\nthree\n" + text).trimEnd().split("\n");
  for (const count of [1, 2, 500, 3999, 4003]) {
    assertEquals(last(scene, count), expected.slice(-count));
  }
});

/** What another process does to a log meanwhile, in between any two looks of a reader. */
const CUTTER = new URL("cutter.ts", import.meta.url).pathname;

scene(
  "the last lines are as many as were asked for, whatever step a cutter beside takes",
  {},
  (scene) => {
    const { directory, path, rule: { most, unit } } = scene;
    scene.append(lines(0, 60_000));
    const cutter = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "--no-lock", CUTTER, directory, path, `${most}`, `${unit}`],
      stdin: "null",
    }).spawn();
    const isOver = () => /^State:\tZ/m.test(Deno.readTextFileSync(`/proc/${cutter.pid}/status`));
    const expected = lines(59_900, 60_000);
    for (let over = false; !over;) {
      over = isOver();
      const cursor = cursorOf(scene);
      cursor.toLastLines(100);
      assertEquals(rest(cursor), expected);
      cursor.close();
    }
  },
);

scene(
  "a reader follows a rename, a new file, one that is emptied, one that is deleted",
  {},
  (scene) => {
    scene.append("a\n");
    const cursor = cursorOf(scene);
    assertEquals(rest(cursor), "a\n");
    const old = Deno.openSync(scene.path, { append: true });
    Deno.renameSync(scene.path, `${scene.path}.1`);
    Deno.writeTextFileSync(scene.path, "new\n");
    old.writeSync(new TextEncoder().encode("late\n"));
    assertEquals(rest(cursor), "late\nnew\n");
    Deno.truncateSync(scene.path);
    assertEquals(rest(cursor), "");
    scene.append("x\n");
    assertEquals(rest(cursor), "x\n");
    Deno.removeSync(scene.path);
    assertEquals(rest(cursor), "");
    scene.append("made again\n");
    assertEquals(rest(cursor), "made again\n");
    old.close();
    cursor.close();
  },
);

scene("to the line at a position", {}, (scene) => {
  scene.append("one\ntwo\nthree\n");
  const at = (position: number) => {
    const cursor = cursorOf(scene);
    cursor.toLineAt(position);
    const text = rest(cursor);
    cursor.close();
    return text;
  };
  assertEquals(at(-5), "one\ntwo\nthree\n");
  assertEquals(at(0), "one\ntwo\nthree\n");
  assertEquals(at(1), "two\nthree\n");
  assertEquals(at(4), "two\nthree\n");
  assertEquals(at(5), "three\n");
  assertEquals(at(14), "");
  assertEquals(at(99), "");
});

scene("a log with bytes of any kind, and a line without end", {}, (scene) => {
  const bytes = new Uint8Array(300_000).map((_, i) => (i * 31 + (i >> 8)) & 255);
  Deno.writeFileSync(scene.path, bytes);
  const cursor = cursorOf(scene);
  const read: number[] = [];
  for (let part = cursor.next(); part.length > 0; part = cursor.next()) read.push(...part);
  assertEquals(new Uint8Array(read), bytes);
  cursor.close();
});

import { assert, assertEquals } from "@std/assert";
import { Killed, lines, scene } from "../scene.ts";

scene("a log is cut into parts of whole lines, and nothing is lost", {}, (scene) => {
  let all = "";
  for (let n = 0; n < 3000; n += 300) {
    scene.append(lines(n, n + 300));
    all += lines(n, n + 300);
    scene.cut();
    assertEquals(scene.read().join(""), all);
  }
  const parts = scene.read();
  assert(parts.length > 5);
  for (const part of parts) assert(/^line \d+ x*\n/.test(part) && part.endsWith("\n"));
  const { size } = Deno.statSync(scene.path);
  assert(size <= scene.rule.most + 40_000, String(size));
});

scene("a log is cut exactly once, wherever it is killed", {}, (scene) => {
  let all = "";
  for (let round = 0; round < 40; round++) {
    const text = lines(round * 300, round * 300 + 300);
    scene.append(text);
    all += text;
    try {
      scene.cut(1 + round % 9);
    } catch (error) {
      assert(error instanceof Killed, String(error));
    }
    scene.append(`more ${round}\n`);
    all += `more ${round}\n`;
    scene.cut();
    assertEquals(scene.read().join(""), all, `round ${round}`);
  }
});

scene(
  "only so many parts are kept; of a log that is far too long the rest goes",
  { keep: 2 },
  (scene) => {
    const all = lines(0, 5000);
    scene.append(all);
    scene.cut();
    const read = scene.read();
    assertEquals(read.length, 3);
    assert(all.endsWith(read.join("")));
    assert(read.join("").length >= 1.5 * scene.rule.most);
    assert(read[0].startsWith("line "));
  },
);

scene("without parts a log is cut all the same", { keep: 0 }, (scene) => {
  const all = lines(0, 2000);
  scene.append(all);
  scene.cut();
  const read = scene.read();
  assertEquals(read.length, 1);
  assert(all.endsWith(read[0]) && read[0].startsWith("line "), read[0].slice(0, 80));
});

scene("a log that somebody empties in the middle of a cut goes on", {}, (scene) => {
  scene.append(lines(0, 1000));
  try {
    scene.cut(2);
  } catch {
    // Killed.
  }
  Deno.truncateSync(scene.path);
  scene.append("after\n");
  scene.cut();
  assertEquals(scene.read().at(-1), "after\n");
});

// imp pool --call and --workers by a queue: a module travels as one file; workers that stay answer records.
import { assertEquals, assertMatch } from "@std/assert";
import { e2eWithNats } from "./nats.ts";
import { drain, listed, TestWorker } from "./queue_run.ts";

e2eWithNats(
  "--call: a module and what it imports are called where they are not",
  async (box, server) => {
    Deno.writeTextFileSync(box.path("other.ts"), "export const twice = (n: number) => 2 * n;\n");
    Deno.writeTextFileSync(
      box.path("m.ts"),
      `import { Pool } from "imp:multiprocessing";
import { twice } from "./other.ts";
export function double(text: string): number {
  if (text === "bad") throw new Error("no number");
  return twice(Number(text));
}
export async function squares(text: string) {
  await using pool = new Pool(1);
  return await pool.map(square, [1, Number(text)]);
}
export const square = (n: number) => n * n;
export const sum = ({ a, b }: { a: number; b: number }) => ({ sum: a + b });
`,
    );
    const pool = (...words: string[]) =>
      box.imp(["pool", "-q", "--on", server.url, "-k", ...words], { cwd: box.directory });
    const careful = new TestWorker(box, server, ["--allow", "true"]);
    const refused = await box.imp([
      "pool",
      "--on",
      server.url,
      "--call",
      box.path("m.ts#double"),
      ":::",
      "1",
    ]);
    assertEquals(refused.code, 1);
    assertMatch(refused.stderr, /EACCES \(this worker does not run code that its\s+clients send\)/);
    assertEquals(await careful.end(), 0);
    const worker = new TestWorker(box, server, ["--allow-calls", "--workdir", "/", "-j2"]);
    const { code, stdout, stderr } = await pool(
      "--call",
      "m.ts#double",
      ":::",
      "1",
      "2",
      "bad",
      "4",
    );
    assertEquals([code, stdout], [1, "2\n4\n8\n"]);
    assertMatch(stderr, /^Error: no number\n +at double \(\S*m\.ts:4:\d+\)\n$/);
    const json = await pool("--call", "m.ts#sum", "--json-args", ":::", '{"a":1,"b":2}');
    assertEquals([json.code, json.stdout], [0, '{"sum":3}\n']);
    const nested = await pool("--call", "m.ts#squares", ":::", "5");
    assertEquals([nested.code, nested.stdout, nested.stderr], [0, "[1,25]\n", ""]);
    const none = await box.imp(
      ["pool", "--on", server.url, "--call", "m.ts#none", ":::", "1"],
      { cwd: box.directory },
    );
    assertEquals(none.code, 1);
    assertMatch(none.stderr, /cannot call none of m\.ts: it exports nothing of that name/);
    Deno.writeTextFileSync(box.path("broken.ts"), 'import "./nowhere.ts";\n');
    const broken = await pool("--call", "broken.ts", ":::", "1");
    assertEquals(broken.code, 126);
    assertMatch(broken.stderr, /broken\.ts:1: could not resolve/);
    const program = await pool("true", ":::", "1");
    assertEquals(program.code, 1);
    assertEquals(await worker.end(), 0);
    // Whoever comes later finds it in the queue, and the pool that was left prints what it says.
    const left = await box.imp(
      ["pool", "-q", "--on", server.url, "--detach", "--call", "m.ts#double", ":::", "5", "6"],
      { cwd: box.directory },
    );
    const run = left.stdout.trim();
    Deno.removeSync(box.path("m.ts"));
    assertEquals((await drain(box, server, ["--allow-calls"])).code, 0);
    assertEquals((await pool("--attach", run)).stdout, "10\n12\n");
    assertEquals((await listed(box, server, "list", run))[0].state, "done");
  },
);

e2eWithNats("--workers: programs that stay answer the records of a queue", async (box, server) => {
  const answer = box.script(
    "answer",
    '#!/bin/sh\nwhile read -r l; do [ "$l" = die ] && exit 3; echo "<$l>"; done\n',
  );
  const worker = new TestWorker(box, server, ["--allow", answer, "-j2"]);
  const pool = (...words: string[]) => box.imp(["pool", "--on", server.url, "-k", ...words]);
  const { code, stdout, stderr } = await pool("--workers", answer, ":::", "a", "die", "b c");
  assertEquals([code, stdout], [1, "<a>\n<b c>\n"]);
  assertMatch(stderr, /job 2 failed|record 2|exit 3/);
  const other = await pool("--workers", "cat", ":::", "a");
  assertEquals(other.code, 1);
  assertMatch(other.stderr, /cannot execute \S*cat: EACCES \(this worker does not allow it\)/);
  const late = await pool("-q", "--workers", "--timeout", "300ms", "--", answer, ":::", "a");
  assertEquals([late.code, late.stdout], [0, "<a>\n"]);
  assertEquals(await worker.end(), 0);
});

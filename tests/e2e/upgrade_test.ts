// imp is upgraded or removed while it runs: whatever it starts is itself, not what its path names by then.
import { assertEquals } from "@std/assert";
import { e2e, eventually, exists, impBinary, type Sandbox, wordsOf } from "./harness.ts";

/** A copy of imp that can go away. */
async function copyOf(box: Sandbox): Promise<string> {
  const copy = box.path("copy");
  await Deno.copyFile(impBinary(), copy);
  return copy;
}

/** What happens to the executable while it runs. */
const FATES: Record<string, (path: string) => void> = {
  removed: (path) => Deno.removeSync(path),
  replaced: (path) => {
    Deno.writeTextFileSync(`${path}.new`, "#!/bin/sh\necho another version >&2\nexit 99\n");
    Deno.chmodSync(`${path}.new`, 0o755);
    Deno.renameSync(`${path}.new`, path);
  },
};

for (const [fate, happen] of Object.entries(FATES)) {
  e2e(`pool --call: new workers of an imp that was ${fate}`, async (box) => {
    const copy = await copyOf(box);
    box.script("f.ts", "export default (x: string) => `${x} by ${process.pid}`;\n");
    const child = new Deno.Command("sh", {
      args: ["-c", 'exec "$0" pool -j1 --max-tasks-per-worker 1 --call f.ts > out 2> errors', copy],
      cwd: box.directory,
      env: { IMP_TEST_TAG: box.tag },
      stdin: "piped",
    }).spawn();
    const answers = () => Deno.readTextFileSync(box.path("out"));
    const input = child.stdin.getWriter();
    const type = (text: string) => input.write(new TextEncoder().encode(text));
    await type("a\n");
    await eventually(() => exists(box.path("out")) && answers() !== "", "no answer");
    happen(copy);
    await type("b\nc\n");
    await input.close();
    assertEquals((await child.status).code, 0, Deno.readTextFileSync(box.path("errors")));
    assertEquals(answers().replaceAll(/\d+/g, "N"), "a by N\nb by N\nc by N\n");
    assertEquals(new Set(answers().match(/\d+/g)).size, 3);
  });

  e2e(`imp run: processes and pools of an imp that was ${fate}`, async (box) => {
    const copy = await copyOf(box);
    box.script(
      "main.ts",
      `import { Pool, Process } from "imp:multiprocessing";
export function hello(depth: number): void {
  console.log("hello", depth);
  if (depth > 0) new Process({ target: hello, args: [depth - 1] }).start();
}
export const double = (x: number): number => 2 * x;
if (import.meta.main) {
  await turn();
  const one = new Process({ target: hello, args: [1] });
  one.start();
  await one.join();
  const pool = new Pool(2);
  console.log(await pool.map(double, [1, 2, 3]));
  await pool.terminate();
}
async function turn(): Promise<void> {
  const fs = await import("node:fs");
  fs.writeFileSync("up", "");
  while (!fs.existsSync("go")) await new Promise((done) => setTimeout(done, 10));
}
`,
    );
    const child = new Deno.Command(copy, {
      args: ["run", "main.ts"],
      cwd: box.directory,
      env: { IMP_TEST_TAG: box.tag },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const output = child.output();
    await eventually(() => exists(box.path("up")), "the program does not begin");
    happen(copy);
    Deno.writeTextFileSync(box.path("go"), "");
    const { code, stdout, stderr } = await output;
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    assertEquals(new TextDecoder().decode(stdout), "hello 1\nhello 0\n[ 2, 4, 6 ]\n");
  });
}

e2e("pool --call: workers show by imp's own name, as long as its path is right", async (box) => {
  box.script(
    "f.ts",
    "export default async () => { await new Promise((done) => setTimeout(done, 1e6)); };\n",
  );
  const child = box.start(["pool", "--call", box.path("f.ts"), ":::", "a"]);
  const workers = () => box.processes().filter((pid) => wordsOf(pid).includes("pool-call-worker"));
  await eventually(() => workers().length > 0, "no worker");
  assertEquals(
    Deno.readTextFileSync(`/proc/${workers()[0]}/comm`),
    `${impBinary().split("/").at(-1)!.slice(0, 15)}\n`,
  );
  child.kill("SIGTERM");
  await child.status;
});

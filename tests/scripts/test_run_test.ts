// A run of tests that is ended leaves nothing: no process, no file.
import { assert, assertEquals } from "@std/assert";
import { endIfThere, eventually, isAlive } from "../e2e/harness.ts";

const TEST = `
import { e2e, eventually } from "HARNESS";
e2e("never ends", async (box) => {
  const pids = await box.sh("exec 2>/dev/null; setsid sleep 1000 >&2 & echo $!; (sleep 1001 >&2 & echo $!)");
  Deno.writeTextFileSync("STARTED.part", pids.stdout + Deno.pid + "\\n" + box.directory);
  Deno.renameSync("STARTED.part", "STARTED");
  await new Promise(() => setInterval(() => {}, 1000));
});
`;

for (const [signal, status] of [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const) {
  Deno.test(`scripts/test: ${signal} ends all that it has started`, async () => {
    const home = Deno.makeTempDirSync();
    const started = `${home}/started`;
    const harness = new URL("../e2e/harness.ts", import.meta.url).pathname;
    Deno.mkdirSync(`${home}/tests/e2e`, { recursive: true });
    Deno.mkdirSync(`${home}/tmp`);
    Deno.writeTextFileSync(
      `${home}/tests/e2e/endless_test.ts`,
      TEST.replace("HARNESS", harness).replaceAll("STARTED", started),
    );
    const script = new URL("../../scripts/test.ts", import.meta.url).pathname;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-config", "--no-lock", "-A", script, "bun", "e2e"],
      cwd: home,
      env: { TMPDIR: `${home}/tmp`, IMP_BIN: "true" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    try {
      const exists = () => [...Deno.readDirSync(home)].some(({ name }) => name === "started");
      await eventually(exists, "the test has begun");
      const [one, two, tester, directory] = Deno.readTextFileSync(started).split("\n");
      assert(directory.startsWith(`${home}/tmp/`));
      child.kill(signal);
      assertEquals((await child.output()).code, status);
      assertEquals([one, two, tester].map(Number).filter(isAlive), []);
      assertEquals([...Deno.readDirSync(`${home}/tmp`)], []);
    } finally {
      endIfThere(child.pid);
      Deno.removeSync(home, { recursive: true });
    }
  });
}

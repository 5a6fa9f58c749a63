// imp is replaced by another version while daemons are kept.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, impBinary } from "./harness.ts";
import { assertAll, watchEnds, watchesOf } from "./kept_logs.ts";
import { KeptHome } from "./keeping.ts";

const exeOf = (pid: number) => Deno.readLinkSync(`/proc/${pid}/exe`);

e2e("upgrade: imp watch leaves its work to the new imp, and no line is lost", async (box) => {
  const home = new KeptHome(box);
  const imp = box.path("imp");
  await Deno.copyFile(impBinary(), imp);
  const count = 20_000;
  const script = `i=0; while [ $i -lt ${count} ]; do echo "line $i of some"; i=$((i+1)); done; ` +
    "exec sleep 1000";
  const start = async (name: string, script: string, ...options: string[]) => {
    const words = [imp, "start", name, ...options, "--", "sh", "-c", script];
    const { code, stderr } = await box.run(words, { env: home.env });
    assertEquals(code, 0, stderr);
  };
  await start("web", script, "--log-format", "time");
  await eventually(() => watchesOf(home).length === 1, "imp watch runs");
  const [before] = watchesOf(home);
  await Deno.copyFile(impBinary(), `${imp}.new`);
  // As a package has it.
  Deno.utimeSync(`${imp}.new`, 1_000_000_000, 1_000_000_000);
  Deno.renameSync(`${imp}.new`, imp);
  assertMatch(exeOf(before), / \(deleted\)$/);
  await start("other", "exec sleep 1000");
  await eventually(() => {
    const now = watchesOf(home);
    return now.length === 1 && now[0] !== before && exeOf(now[0]) === imp;
  }, "the new one is at work");
  await assertAll(home, "web", count);
  assert(home.pid("web") !== undefined);
  for (const name of ["web", "other"]) await home.done("stop", name);
  await watchEnds(home);
});

e2e("upgrade: what cannot be executed takes over nothing", async (box) => {
  const home = new KeptHome(box);
  const imp = box.path("imp");
  await Deno.copyFile(impBinary(), imp);
  const words = [imp, "start", "web", "--log-format", "time", "--", "sleep", "1000"];
  assertEquals((await box.run(words, { env: home.env })).code, 0);
  await eventually(() => watchesOf(home).length === 1, "imp watch runs");
  const [before] = watchesOf(home);
  Deno.writeTextFileSync(`${imp}.new`, "#!/bin/sh\nexit 1\n");
  Deno.renameSync(`${imp}.new`, imp);
  await home.done(
    "start",
    "other",
    "--log-format",
    "time",
    "--",
    "sh",
    "-c",
    "echo said; sleep 1000",
  );
  await eventually(
    async () => (await home.imp(["logs", "other"])).stdout.endsWith(" said\n"),
    "its log is written",
  );
  assertEquals(watchesOf(home), [before]);
  for (const name of ["web", "other"]) await home.done("stop", name);
  await watchEnds(home);
});

// Commands of a daemon's owner that hang: they block nothing else.
import { assertEquals, assertMatch } from "@std/assert";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { eventually, sideBySide, wordsOf } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

e2e("hooks: one that hangs holds up no stop, and is not left behind", async (box) => {
  const home = new KeptHome(box);
  const seconds = ["1001", "1002", "1003"];
  const sleeps = () =>
    box.processes().filter((pid) => seconds.includes(wordsOf(pid).at(-1) ?? "")).length;
  const [pre, post, fail] = seconds.map((one) => `sleep ${one}`);
  const long = ["--ready-timeout", "10m", "--no-wait"];
  const once = ["--restart", "no", "--no-wait"];
  await home.done("start", "pre", "--pre", pre, ...long, "--", "sleep", "1000");
  await home.done("start", "post", "--post", post, "--no-wait", "--", "sleep", "1000");
  await home.done("start", "fail", "--on-fail", fail, ...once, "--", "false");
  await eventually(() => sleeps() === 3, "they run");
  const before = JSON.parse(await home.done("list", "--json", "pre"));
  assertEquals([before.state, before.kept], ["starting", "double"]);
  const again = await home.imp(["start", "pre"]);
  assertEquals(again.code, 1);
  assertEquals(again.stderr.split("\n")[0], "imp start: pre: already being started");
  const told = (await home.done("stop", "--all", "--json")).trim().split("\n")
    .map((line) => JSON.parse(line));
  assertEquals(
    told.map(({ name, result, notes }) => [name, result, notes]).sort(),
    [["fail", "stopped", []], ["post", "stopped", []], ["pre", "stopped", []]],
  );
  assertEquals(sleeps(), 0);
  const state = home.record("pre", "state");
  assertEquals([state.phase, state.runs], ["stopped", []]);
  // Nor what a turn runs whose keeper a command has ended.
  await home.done("start", "pre", "--no-wait");
  await eventually(() => sleeps() === 1, "it runs again");
  const { keeper, guard } = JSON.parse(await home.done("status", "pre", "--json"));
  const { turn } = readKeeperPage(keeper)!;
  for (const pid of [guard, keeper, turn]) Deno.kill(pid, "SIGSTOP");
  await home.done("stop", "pre");
  await eventually(() => box.processes().length === 0, "nothing is left");
});

e2e("hooks, probes: they run in the daemon's directory", async (box) => {
  const home = new KeptHome(box);
  Deno.mkdirSync(box.path("site"));
  const place = box.path("site");
  const hook = box.script("hook", `#!/bin/sh\necho "$1" >>told\n`);
  const names = ["pre", "post", "stop-cmd", "reload-cmd", "on-fail"];
  await home.done(
    ...["start", "web", "-C", "site", ...names.flatMap((one) => [`--${one}`, `${hook} ${one}`])],
    ...["--ready", `cmd:${hook} ready`, "--health", `cmd:${hook} health`],
    ...["--health-every", "10s", "--health-start", "30s", "--backoff", "1ms..1ms"],
    ...["--", "sleep", "1000"],
  );
  await home.done("reload", "web");
  Deno.kill(home.pid("web")!, "SIGKILL");
  const told = () => Deno.readTextFileSync(`${place}/told`).trim().split("\n");
  await eventually(() => told().includes("on-fail"), "its failure is told");
  await eventually(() => home.record("web", "state").phase === "running", "it runs again");
  await home.done("stop", "web");
  assertEquals(new Set(told()), new Set([...names, "ready", "health"]));
  // If the directory is gone, imp says so and runs nothing elsewhere.
  await home.done("start", "web");
  Deno.removeSync(place, { recursive: true });
  const { stderr } = await home.imp(["reload", "web"]);
  assertMatch(stderr, /cannot change to .*site: ENOENT/);
  await home.imp(["stop", "web"]);
});

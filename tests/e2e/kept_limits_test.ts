// Limits of kept daemons' control groups, where this machine leaves some to imp; else that they are refused.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { enableController } from "../../src/termination/cgroup_controllers.ts";
import { cgroupMembers } from "../../src/termination/cgroup.ts";
import { asRoot, e2e, eventually, exists, type Sandbox } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

function e2eLimited(
  controllers: readonly string[],
  name: string,
  body: (box: Sandbox, home: KeptHome) => Promise<void>,
): void {
  e2e(
    name,
    asRoot(async (box) => {
      for (const controller of controllers) {
        const missing = enableController(controller);
        if (missing) box.skip(missing.why);
      }
      await body(box, new KeptHome(box));
    }),
  );
}

const group = (home: KeptHome, name: string): string => home.record(name, "state").cgroup;

e2e("limits: what the host does not allow is refused before anything is written", async (box) => {
  const home = new KeptHome(box);
  const missing = enableController("memory");
  if (!missing) return box.skip("control groups can be limited here");
  const { code, stderr } = await home.imp(["start", "web", "--memory-max", "50M", "--", "true"]);
  assertEquals(code, 1, stderr);
  assertEquals(stderr, `imp start: cannot apply --memory-max: ${missing.why}\n  ${missing.hint}\n`);
  assert(!exists(home.path));
  assertEquals(box.processes(), []);
});

e2eLimited(
  ["memory"],
  "limits: out of its memory all of it ends, its keepers do not, and the history says so",
  async (_, home) => {
    const eats = "sleep 1000 & exec tail -c 500m /dev/zero";
    await home.done("start", "--no-wait", "a", "--memory-max", "40M", "--restart", "no", ...[
      ...["--", "sh", "-c", eats],
    ]);
    await eventually(() => home.record("a", "state")?.runs.length === 1, "it has ended", 60_000);
    const [run] = home.record("a", "state").runs;
    assertEquals([run.signal, run.by], ["KILL", "out-of-memory killer of its limit 40M"]);
    await eventually(() => home.record("a", "state").phase === "failed", "it was not restarted");
    assertMatch((await home.imp(["status", "a"])).stdout, /of its\s+limit 40M/);
  },
);

e2eLimited(["pids"], "limits: no more processes than it may have", async (box, home) => {
  const file = box.path("said");
  const script = `for i in 1 2 3 4 5 6; do sleep 1000 & done 2>${file}; exec sleep 1000`;
  await home.done("start", "--no-wait", "a", "--pids-max", "4", "--", "bash", "-c", script);
  const isRefused = () => exists(file) && /Resource/.test(Deno.readTextFileSync(file));
  await eventually(isRefused, "EAGAIN");
  await eventually(
    async () => /another one was\s+refused/.test((await home.imp(["status", "a"])).stdout),
    "status tells of it",
  );
  const path = group(home, "a");
  const { keeper } = home.waiters("a");
  assert(cgroupMembers(path).length <= 4 && !cgroupMembers(path).includes(keeper!));
  await home.done("stop", "a");
  assert(!exists(path));
});

e2eLimited(["cpu", "memory"], "limits: others take the place of earlier ones", async (_, home) => {
  await home.done("start", "a", "--memory-max", "60M", "--", "sleep", "1000");
  const before = group(home, "a");
  assertEquals(Deno.readTextFileSync(`${before}/memory.max`), `${60 << 20}\n`);
  await home.done("start", "a", "--replace", "--cpu-max", "50%", "--", "sleep", "1000");
  assertEquals(Deno.readTextFileSync(`${group(home, "a")}/cpu.max`), "50000 100000\n");
  assertEquals(Deno.readTextFileSync(`${group(home, "a")}/memory.max`), "max\n");
  await home.done("stop", "a");
});

e2e("limits: bad input", async (box) => {
  const home = new KeptHome(box);
  const tried: [string[], RegExp][] = [
    [["--memory-max", "10K"], /too small/],
    [["--memory-max", "much"], /much/],
    [["--cpu-max", "0"], /not an amount/],
    [["--cpu-max", "fast"], /not an amount/],
    [["--cpu-weight", "0"], /from 1 to 10000/],
    [["--pids-max", "0"], /from 1 to/],
    [["--pids-max", "-1"], /from 1 to/],
    [["--io-max", "/srv"], /has no rates/],
    [["--io-max", ""], /has no rates/],
    [["--io-max", "/srv rbps=x"], /x/],
    [["--io-max", "/srv speed=1M"], /'speed=1M' is not a rate/],
    [["--io-weight", "10001"], /from 1 to 10000/],
  ];
  for (const [options, says] of tried) {
    const { code, stderr } = await home.imp(["start", "web", ...options, "--", "true"]);
    assertEquals(code, 2, `${options}: ${stderr}`);
    assertMatch(stderr, says);
  }
});

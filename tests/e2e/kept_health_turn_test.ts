// Probes that turns of keepers make: the first one is due ten seconds after a start.
import { assert, assertEquals } from "@std/assert";
import { e2e, eventually, isAlive } from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

const SELDOM = ["--health-timeout", "10m", "--health-every", "10s"];

e2e(
  "health: a turn whose probe hangs is stopped, or killed: nothing of the probe is left",
  async (box) => {
    const home = new KeptHome(box);
    const [hung, killed] = [box.path("hung"), box.path("killed")];
    const hangs = box.script(
      "hangs",
      `#!/bin/sh\necho $$ >>${hung}\n(setsid sleep 1000 & echo $! >>${hung})\nsleep 1000\n`,
    );
    const quick = box.path("quick");
    const once = box.script(
      "once",
      `#!/bin/sh\necho $$ >>${killed}\n[ -e ${quick} ] || exec sleep 1000\n`,
    );
    await home.done("start", "hangs", "--health", `cmd:${hangs}`, ...SELDOM, "--", "sleep", "1000");
    await home.done("start", "once", "--health", `cmd:${once}`, ...SELDOM, "--", "sleep", "1000");
    const [dead, kept] = [box.path("dead"), box.path("kept")];
    for (const [name, file] of [["dies", dead], ["keeperless", kept]]) {
      const probe = box.script(name, `#!/bin/sh\necho $$ >>${file}\nexec sleep 1000\n`);
      await home.done("start", name, "--health", `cmd:${probe}`, ...SELDOM, "--", "sleep", "1000");
    }
    const pid = home.pid("once");
    const [first] = await pidsIn(killed);
    await box.sh(`touch ${quick}`);
    const turn = Number((await Deno.readTextFile(`/proc/${first}/stat`)).split(" ")[3]);
    Deno.kill(turn, "SIGKILL");
    const probes = await pidsIn(hung, 2);
    // A command that hangs does not delay a stop.
    await home.done("stop", "hangs");
    await eventually(() => probes.every((one) => !isAlive(one)), "the probe is gone");
    // Its program ends, and is started again although a probe hangs.
    const [program, [asked]] = [home.pid("dies")!, await pidsIn(dead)];
    Deno.kill(program, "SIGKILL");
    await eventually(() => (home.pid("dies") ?? program) !== program, "another one", 60_000);
    await eventually(() => !isAlive(asked), "the probe of the run before is gone");
    // Its keeper ends: the guard goes on.
    const [[under], served] = [await pidsIn(kept), home.pid("keeperless")!];
    Deno.kill(home.waiters("keeperless").keeper!, "SIGKILL");
    await home.done("stop", "dies");
    await home.done("stop", "keeperless");
    await eventually(() => [under, served].every((one) => !isAlive(one)), "nothing is left of it");
    await eventually(
      () => home.record("once", "state").health.state === "healthy",
      () => `the next turn probes: ${JSON.stringify(home.record("once", "state"))}`,
      60_000,
    );
    assert(!isAlive(first), "what was left of the probe is killed");
    assertEquals(home.pid("once"), pid);
    await home.done("stop", "once");
    await eventually(() => box.processes().length === 0, "nothing is left");
  },
);

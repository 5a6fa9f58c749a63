// Control groups of kept daemons, where this machine lets imp make some.
import { assert, assertEquals } from "@std/assert";
import { keptPlace } from "../../src/keeper/home.ts";
import {
  cgroupMembers,
  findCgroupForKept,
  joinCgroup,
  keptCgroupName,
  removeEmptyCgroup,
} from "../../src/termination/cgroup.ts";
import { asRoot, e2e, eventually, exists, impBinary, isAlive, type Sandbox } from "./harness.ts";
import { assertGone, KeptHome, pidsIn } from "./keeping.ts";

/** A process that shows nothing of its origin. */
const UNTAGGED = "env -i /bin/sh -c";

function e2eInGroup(name: string, body: (box: Sandbox, home: KeptHome) => Promise<void>): void {
  e2e(
    name,
    asRoot(async (box) => {
      const place = findCgroupForKept();
      if (place === undefined) box.skip("no control group is delegated to imp here");
      const trial = `${place}/${keptCgroupName("trial", box.path("home"))}`;
      if (!await canUse(trial)) box.skip("no control group can be made here");
      await body(box, new KeptHome(box));
    }),
  );
}

async function canUse(group: string): Promise<boolean> {
  const child = new Deno.Command("/bin/sleep", { args: ["1000"] }).spawn();
  try {
    return joinCgroup(group, child.pid);
  } finally {
    child.kill("SIGKILL");
    await child.status;
    removeEmptyCgroup(group);
  }
}

function groupOf(home: KeptHome, name: string): string {
  const { directory } = keptPlace(home.path, name);
  return `${findCgroupForKept()}/${keptCgroupName(name, directory)}`;
}

async function isWithin(group: string, pids: readonly number[]): Promise<void> {
  await eventually(
    () => pids.every((pid) => cgroupMembers(group).includes(pid)),
    () => `${pids} in ${group}, which has ${cgroupMembers(group)}`,
  );
}

e2eInGroup(
  "control group: program and what it forks at once; nothing of it is left",
  async (box, home) => {
    const file = box.path("pids");
    await home.start(
      "web",
      `(setsid sh -c 'echo $$ >>${file}; exec sleep 1000' &); exec sleep 1000`,
    );
    const group = groupOf(home, "web");
    const [first] = await pidsIn(file);
    await isWithin(group, [first, home.pid("web")!]);
    const { keeper, guard } = home.waiters("web");
    for (const waiter of [keeper!, guard!]) assert(!cgroupMembers(group).includes(waiter));
    Deno.kill(home.pid("web")!, "SIGKILL");
    await pidsIn(file, 2);
    await eventually(() => home.pid("web") !== undefined, "it runs again");
    await isWithin(group, [home.pid("web")!]);
    assert(!isAlive(first));
    await home.done("stop", "web");
    assert(!exists(group));
  },
);

e2eInGroup(
  "control group: what has lost its parents and its tag is stopped without keepers",
  async (box, home) => {
    const file = box.path("pids");
    const hidden = `trap "" TERM; echo $$ >>${file}; while :; do sleep 1; done`;
    box.script("hidden", `#!/bin/sh\n${hidden}\n`);
    await home.start("web", `(setsid ${UNTAGGED} ${box.path("hidden")} &); exec sleep 1000`);
    const group = groupOf(home, "web");
    const [pid] = await pidsIn(file);
    await isWithin(group, [pid]);
    await home.killWaiters("web");
    Deno.kill(home.pid("web")!, "SIGKILL");
    const outcome = JSON.parse(await home.done("stop", "--json", "-t", "100ms", "web"));
    assert(outcome.killed >= 1, JSON.stringify(outcome));
    assertGone([pid]);
    assert(!exists(group));
  },
);

e2eInGroup("control group: one that was left is removed with the daemon", async (_, home) => {
  await home.start("web", "exec sleep 1000");
  const group = groupOf(home, "web");
  const pid = home.pid("web")!;
  await isWithin(group, [pid]);
  await home.killWaiters("web");
  Deno.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid), "it has ended");
  assert(exists(group));
  await home.done("remove", "--yes", "web");
  assert(!exists(group));
});

e2eInGroup("control group: it proves whose a program is that shows no tag", async (_, home) => {
  await home.start("web", `exec ${UNTAGGED} 'exec sleep 1000'`);
  const pid = home.pid("web")!;
  await isWithin(groupOf(home, "web"), [pid]);
  await home.killWaiters("web");
  const said = await home.imp(["signal", "web", "CONT"]);
  assertEquals(said.code, 0, said.stderr);
  assert(!`${said.stdout}${said.stderr}`.includes("does not show"), said.stdout + said.stderr);
  assertEquals(home.pid("web"), pid);
  await home.done("stop", "web");
});

e2eInGroup(
  "control group: a daemon that was started from within another one outlives it",
  async (box, home) => {
    const flag = box.path("go");
    await home.start(
      "outer",
      `trap "" TERM; until [ -e ${flag} ]; do sleep 0.05; done; ${impBinary()} start inner -- sleep 1000; while :; do sleep 1; done`,
    );
    await isWithin(groupOf(home, "outer"), [home.pid("outer")!]);
    Deno.writeTextFileSync(flag, "");
    await eventually(() => home.pid("inner") !== undefined, "the inner one runs");
    await isWithin(groupOf(home, "inner"), [home.pid("inner")!]);
    await home.done("stop", "--now", "outer");
    const { keeper, guard } = home.waiters("inner");
    assert(keeper && guard && home.pid("inner"), "the inner one runs on");
    await home.done("stop", "inner");
    for (const name of ["outer", "inner"]) assert(!exists(groupOf(home, name)));
  },
);

e2eInGroup(
  "control group: of what starts later than its keeper, too: by a schedule, a file, a change",
  async (box, home) => {
    Deno.mkdirSync(box.path("src"));
    await home.done("start", "job", "--every", "1s", "--", "sleep", "1000");
    await home.done("start", "late", "--on-file", box.path("flag"), "--", "sleep", "1000");
    const change = ["--on-change", box.path("src"), "--postpone"];
    await home.done("start", "built", ...change, "--", "sleep", "1000");
    for (const name of ["flag", "src/new"]) Deno.writeTextFileSync(box.path(name), "");
    for (const name of ["job", "late", "built"]) {
      await eventually(() => home.pid(name) !== undefined, `${name} runs`);
      await isWithin(groupOf(home, name), [home.pid(name)!]);
      await home.done("stop", name);
    }
  },
);

e2eInGroup(
  "control group: one that no record tells of goes with a stop, whoever was killed",
  async (_, home) => {
    await home.start("web", "exec sleep 1000");
    const group = groupOf(home, "web");
    await isWithin(group, [home.pid("web")!]);
    // As when both are killed after it was made, and before that was recorded.
    for (const isKilled of [false, true]) {
      const killed = isKilled ? [home.pid("web")!] : [];
      await home.killWaiters("web");
      for (const pid of killed) Deno.kill(pid, "SIGKILL");
      await eventually(() => killed.every((pid) => !isAlive(pid)), "it is killed");
      const path = `${home.path}/daemons/web/state.json`;
      const { cgroup, ...state } = JSON.parse(Deno.readTextFileSync(path));
      assertEquals(cgroup, group);
      Deno.writeTextFileSync(path, JSON.stringify(state));
      assert(exists(group));
      await home.imp(["stop", "web"]);
      assert(!exists(group), "the group is removed");
      if (!isKilled) {
        await home.done("start", "web");
        await isWithin(group, [home.pid("web")!]);
      }
    }
  },
);

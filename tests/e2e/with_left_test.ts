// Nothing is left of helpers, however they fork and whatever is killed.
import { assert, assertEquals } from "@std/assert";
import {
  e2e,
  eventually,
  exists,
  impBinary,
  isAlive,
  NEVER,
  type Sandbox,
  SOON_MS,
  statFields,
  wordsOf,
} from "./harness.ts";
import { awaits } from "./with_run.ts";

/** A helper with every kind of child: plain, in its own session, forked twice, ignoring TERM, with an empty environment. */
const TREE = `sleep 60 & setsid sleep 60 & (setsid sh -c "sleep 60 & wait" &)
sh -c 'trap "" TERM HUP INT; touch tree.up; sleep 60 & wait; sleep 60' & echo up; wait`;
const TREE_PROCESSES = 7;

/** Starts imp with such helpers, and waits until everything of it runs. */
async function trees(box: Sandbox, ...options: string[]): Promise<Deno.ChildProcess> {
  const main = "touch main.up; sleep 60 & setsid sleep 60 & exec sleep 60";
  const child = box.start([
    ...["with", ...options, "--shell", "--daemon", TREE, "--ready", "log:up"],
    ...["--plain", "exec sleep 60", "--", "sh", "-c", main],
  ]);
  const up = () => exists(box.path("tree.up")) && exists(box.path("main.up"));
  // imp, its guard, main with two, the plain child.
  await eventually(
    () => up() && box.processes().length >= TREE_PROCESSES + 6,
    "not everything is up",
  );
  return child;
}

/** Control groups of this test's imp that are left. */
function cgroups(pid: number): string[] {
  const { stdout } = new Deno.Command("find", {
    args: ["/sys/fs/cgroup", "-type", "d", "-name", `imp-with-${pid}-*`],
    stderr: "null",
  }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

/** Kills imp, with which every process and control group of the test has to go. */
async function killed(box: Sandbox, imp: Deno.ChildProcess): Promise<void> {
  imp.kill("SIGKILL");
  await imp.status;
  await goneWith(box, imp);
}

async function goneWith(box: Sandbox, imp: Deno.ChildProcess): Promise<void> {
  await eventually(() => box.processes().length === 0, "processes are left");
  await eventually(() => cgroups(imp.pid).length === 0, "a control group is left");
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  e2e(`with: ${signal} to imp ends main and every tree`, async (box) => {
    const child = await trees(box, "--stop-timeout", "300ms");
    child.kill(signal);
    const { code } = await child.status;
    assertEquals(code, 128 + { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 }[signal]);
    // imp has proved it before it ended.
    assertEquals(box.processes(), []);
    assertEquals(cgroups(child.pid), []);
  });
}

e2e("with: kill -9 of imp leaves nothing", async (box) => {
  const child = await trees(box);
  await killed(box, child);
});

e2e("with: a killed guard is replaced, and the new one guards too", async (box) => {
  const child = await trees(box);
  const guards = () => box.processes().filter((pid) => wordsOf(pid).includes("imp-with-guard"));
  const [first] = guards();
  Deno.kill(first, "SIGKILL");
  await eventually(() => guards().length === 1 && guards()[0] !== first, "no new guard");
  await killed(box, child);
});

e2e(
  "with: imp and its guard killed at once: direct children are gone all the same",
  async (box) => {
    // Nothing ends main, which is not a helper: it waits for the test.
    const child = box.start([
      ...["with", "--daemon", "sleep 61", "--plain", "sleep 62", "--", "sh", "-c"],
      `touch main.up; ${awaits("over")}`,
    ]);
    await eventually(() => exists(box.path("main.up")), "main is not up");
    const guard = box.processes().find((pid) => wordsOf(pid).includes("imp-with-guard"))!;
    const stopped = () => statFields(child.pid)?.[0] === "T";
    // While imp is stopped, it cannot replace its guard.
    child.kill("SIGSTOP");
    await eventually(stopped, "imp is not stopped");
    Deno.kill(guard, "SIGKILL");
    child.kill("SIGKILL");
    await child.status;
    const helpers = () => box.processes().filter((pid) => /^6[12]$/.test(wordsOf(pid)[1]));
    await eventually(() => helpers().length === 0, "helpers are left");
    Deno.writeTextFileSync(box.path("over"), "");
    await eventually(() => box.processes().length === 0, "processes are left");
    // Nothing was left to remove the group: the next run does.
    await box.imp(["with", "--", "true"]);
    assertEquals(cgroups(child.pid), []);
  },
);

e2e(
  "with: kill -9 of imp in a control group reaches what has left everything else",
  async (box) => {
    // Known by a number that no other run has.
    const seconds = `76.${crypto.getRandomValues(new Uint32Array(1))[0]}`;
    const escape = box.script(
      "escape",
      `#!/bin/sh\nenv -i setsid sh -c '(setsid sleep ${seconds} &)'\necho out\nsleep 60\n`,
    );
    const main = "touch up; exec sleep 60";
    const child = box.start([
      "with",
      "--daemon",
      escape,
      "--ready",
      "log:out",
      "--",
      "sh",
      "-c",
      main,
    ]);
    await eventually(() => exists(box.path("up")), "main is not up");
    const escapees = () =>
      [...Deno.readDirSync("/proc")].map(({ name }) => Number(name))
        .filter((pid) => wordsOf(pid)[1] === seconds);
    await eventually(() => escapees().length === 1, "nobody has escaped");
    const escaped = escapees();
    const inGroup = cgroups(child.pid).length > 0;
    child.kill("SIGKILL");
    await child.status;
    if (inGroup) await eventually(() => !isAlive(escaped[0]), "it has escaped");
    else Deno.kill(escaped[0], "SIGKILL");
    await eventually(() => cgroups(child.pid).length === 0, "a control group is left");
  },
);

e2e("with: what main leaves behind ends with it", async (box) => {
  const script = "sleep 60 & setsid sleep 60 >/dev/null 2>&1 & (setsid sleep 60 &); exit 4";
  const { code } = await box.imp(["with", "--", "sh", "-c", script]);
  assertEquals(code, 4);
  assertEquals(box.processes(), []);
});

e2e(
  "with: a helper deaf to TERM is killed after --stop-timeout, an obedient one not waited for",
  async (box) => {
    const start = performance.now();
    const deaf = `trap "" TERM; echo deaf; while :; do sleep 0.05; done`;
    const { code } = await box.imp(
      [
        "with",
        "--stop-timeout",
        "400ms",
        "--shell",
        "--daemon",
        deaf,
        "--ready",
        "log:deaf",
        "--",
        "true",
      ],
    );
    const took = performance.now() - start;
    assertEquals(code, 0);
    assert(took >= 400, `${took} ms`);
    const soon = performance.now();
    await box.imp(["with", "--stop-timeout", NEVER, "--daemon", "sleep 60", "--", "true"]);
    assert(performance.now() - soon < SOON_MS);
  },
);

e2e("with: a second signal kills at once", async (box) => {
  const deaf = `trap "" TERM; echo deaf; while :; do sleep 0.05; done`;
  const child = box.start([
    ...["with", "--stop-timeout", "60s", "--shell", "--daemon", deaf, "--ready", "log:deaf"],
    ...["--", "sh", "-c", "touch up; exec sleep 60"],
  ]);
  const main = () => box.processes().filter((pid) => wordsOf(pid)[1] === "60").length;
  await eventually(() => main() === 1, "main is not up");
  child.kill("SIGTERM");
  await eventually(() => main() === 0, "main has not ended");
  assert(isAlive(child.pid));
  child.kill("SIGTERM");
  assertEquals((await child.status).code, 143);
  assertEquals(box.processes(), []);
});

e2e(
  "with: interrupted before main starts, nothing is left and imp dies by the signal",
  async (box) => {
    const child = box.start([
      "with",
      "--shell",
      "--daemon",
      TREE,
      "--ready",
      "notify",
      "--",
      "touch",
      "main.up",
    ]);
    await eventually(() => exists(box.path("tree.up")), "the tree is not up");
    const sleepers = () => box.processes().filter((pid) => wordsOf(pid)[0] === "sleep").length;
    await eventually(() => sleepers() === 4, "not everything is up");
    child.kill("SIGINT");
    // All obey, except the one that ignores TERM and the sleep that it then starts.
    await eventually(() => sleepers() <= 1, "nobody is told");
    child.kill("SIGINT");
    assertEquals((await child.status).signal, "SIGINT");
    assertEquals(box.processes(), []);
    assert(!exists(box.path("main.up")));
  },
);

e2e("with within with: kill -9 of the outer one leaves nothing", async (box) => {
  const inner =
    `"${impBinary()}" with --shell --daemon 'sleep 60 & setsid sleep 60 & wait' -- sh -c 'touch up; sleep 60'`;
  const outer = box.start(["with", "--shell", "--daemon", inner, "--", "sleep", "60"]);
  await eventually(() => exists(box.path("up")), "the inner main is not up");
  await killed(box, outer);
});

e2e("with: twenty runs killed at any moment leave nothing", async (box) => {
  for (let i = 0; i < 20; i++) {
    const child = box.start([
      "with",
      "--shell",
      "--daemon",
      "sleep 60 & setsid sleep 60 & wait",
      "--",
      "sleep",
      "60",
    ]);
    await new Promise((resolve) => setTimeout(resolve, i * 2));
    await killed(box, child);
  }
});

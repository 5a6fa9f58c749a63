// Nothing is left of helpers, however they fork and whoever is killed.
import { assert, assertEquals } from "@std/assert";
import { e2e, eventually, impBinary, isAlive, type Sandbox } from "./harness.ts";

/** A helper of every kind of child: plain, in a session of its own, forked twice, deaf to TERM, with an empty environment. */
const TREE = `sleep 60 & setsid sleep 60 & (setsid sh -c "sleep 60 & wait" &)
sh -c 'trap "" TERM HUP INT; sleep 60 & wait; sleep 60' & touch tree.up; echo up; wait`;
const TREE_PROCESSES = 7;

interface Started {
  readonly child: Deno.ChildProcess;
  readonly box: Sandbox;
}

/** Starts imp with such helpers, and waits until everything of it runs. */
async function trees(box: Sandbox, ...options: string[]): Promise<Started> {
  const main = "touch main.up; sleep 60 & setsid sleep 60 & exec sleep 60";
  const child = new Deno.Command(impBinary(), {
    args: [
      ...[
        "with",
        ...options,
        "--shell",
        "--daemon",
        TREE,
        "--ready",
        "log:up",
        "--plain",
        "exec sleep 60",
      ],
      ...["--", "sh", "-c", main],
    ],
    cwd: box.directory,
    env: { IMP_TEST_TAG: box.tag },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const up = () => exists(box.path("tree.up")) && exists(box.path("main.up"));
  // imp, its guard, main with two, the plain child.
  await eventually(
    () => up() && box.processes().length >= TREE_PROCESSES + 6,
    "not everything is up",
  );
  return { child, box };
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function words(pid: number): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
  } catch {
    return [];
  }
}

/** Control groups of this test's imp that are left. */
function cgroups(pid: number): string[] {
  const { stdout } = new Deno.Command("find", {
    args: ["/sys/fs/cgroup", "-type", "d", "-name", `imp-with-${pid}-*`],
    stderr: "null",
  }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean);
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const) {
  e2e(`with: ${signal} to imp ends main and every tree`, async (box) => {
    const { child } = await trees(box, "--stop-timeout", "300ms");
    child.kill(signal);
    const { code } = await child.status;
    assertEquals(code, 128 + { SIGINT: 2, SIGTERM: 15, SIGHUP: 1, SIGQUIT: 3 }[signal]);
    // imp has proved it before it ended.
    assertEquals(box.processes(), []);
    assertEquals(cgroups(child.pid), []);
  });
}

e2e("with: kill -9 of imp leaves nothing", async (box) => {
  const { child } = await trees(box);
  child.kill("SIGKILL");
  await child.status;
  await eventually(() => box.processes().length === 0, "processes are left", 3000);
  await eventually(() => cgroups(child.pid).length === 0, "a control group is left", 3000);
});

e2e("with: a killed guard is replaced, and the new one guards too", async (box) => {
  const { child } = await trees(box);
  const guards = () => box.processes().filter((pid) => words(pid).includes("imp-with-guard"));
  const [first] = guards();
  Deno.kill(first, "SIGKILL");
  await eventually(() => guards().length === 1 && guards()[0] !== first, "no new guard");
  child.kill("SIGKILL");
  await child.status;
  await eventually(() => box.processes().length === 0, "processes are left", 3000);
  await eventually(() => cgroups(child.pid).length === 0, "a control group is left", 3000);
});

e2e(
  "with: imp and its guard killed at once: direct children are gone all the same",
  async (box) => {
    const child = new Deno.Command(impBinary(), {
      args: [
        "with",
        "--daemon",
        "sleep 61",
        "--plain",
        "sleep 62",
        "--",
        "sh",
        "-c",
        "touch main.up; exec sleep 0.5",
      ],
      cwd: box.directory,
      env: { IMP_TEST_TAG: box.tag },
      stdin: "null",
    }).spawn();
    await eventually(() => exists(box.path("main.up")), "main is not up");
    const guard = box.processes().find((pid) => words(pid).includes("imp-with-guard"))!;
    const stopped = () => Deno.readTextFileSync(`/proc/${child.pid}/stat`).includes(") T ");
    // Stopped, imp cannot replace its guard.
    child.kill("SIGSTOP");
    await eventually(stopped, "imp is not stopped");
    Deno.kill(guard, "SIGKILL");
    child.kill("SIGKILL");
    await child.status;
    await eventually(() => box.processes().length === 0, "processes are left", 3000);
    // Nobody was there to remove the group: the next run does.
    await box.imp(["with", "--", "true"]);
    assertEquals(cgroups(child.pid), []);
  },
);

e2e(
  "with: kill -9 of imp in a control group reaches what has left everything else",
  async (box) => {
    const escape = box.script(
      "escape",
      "#!/bin/sh\nenv -i setsid sh -c '(setsid sleep 76.25 &)'\necho out\nsleep 60\n",
    );
    const main = "touch up; exec sleep 60";
    const child = new Deno.Command(impBinary(), {
      args: ["with", "--daemon", escape, "--ready", "log:out", "--", "sh", "-c", main],
      cwd: box.directory,
      env: { IMP_TEST_TAG: box.tag },
      stdin: "null",
      stderr: "null",
    }).spawn();
    await eventually(() => exists(box.path("up")), "main is not up");
    const escapees = () =>
      [...Deno.readDirSync("/proc")].map(({ name }) => Number(name))
        .filter((pid) => words(pid)[1] === "76.25");
    await eventually(() => escapees().length === 1, "nobody has escaped");
    const escaped = escapees();
    const inGroup = cgroups(child.pid).length > 0;
    child.kill("SIGKILL");
    await child.status;
    if (inGroup) await eventually(() => !isAlive(escaped[0]), "it has escaped", 3000);
    else Deno.kill(escaped[0], "SIGKILL");
    await eventually(() => cgroups(child.pid).length === 0, "a control group is left", 3000);
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
    await box.imp(["with", "--daemon", "sleep 60", "--", "true"]);
    assert(performance.now() - soon < 5000);
  },
);

e2e("with: a second signal kills at once", async (box) => {
  const deaf = `trap "" TERM; echo deaf; while :; do sleep 0.05; done`;
  const child = new Deno.Command(impBinary(), {
    args: [
      ...["with", "--stop-timeout", "60s", "--shell", "--daemon", deaf, "--ready", "log:deaf"],
      ...["--", "sh", "-c", "touch up; exec sleep 60"],
    ],
    cwd: box.directory,
    env: { IMP_TEST_TAG: box.tag },
    stdin: "null",
    stderr: "null",
  }).spawn();
  await eventually(() => exists(box.path("up")), "main is not up");
  const main = () => box.processes().filter((pid) => words(pid)[1] === "60").length;
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
    const child = new Deno.Command(impBinary(), {
      args: ["with", "--shell", "--daemon", TREE, "--ready", "notify", "--", "touch", "main.up"],
      cwd: box.directory,
      env: { IMP_TEST_TAG: box.tag },
      stdin: "null",
      stderr: "null",
    }).spawn();
    await eventually(() => exists(box.path("tree.up")), "the tree is not up");
    child.kill("SIGINT");
    await eventually(() => box.processes().length > 0, "something is there");
    child.kill("SIGINT");
    assertEquals((await child.status).signal, "SIGINT");
    assertEquals(box.processes(), []);
    assert(!exists(box.path("main.up")));
  },
);

e2e("with within with: kill -9 of the outer one leaves nothing", async (box) => {
  const inner =
    `"${impBinary()}" with --shell --daemon 'sleep 60 & setsid sleep 60 & wait' -- sh -c 'touch up; sleep 60'`;
  const outer = new Deno.Command(impBinary(), {
    args: ["with", "--shell", "--daemon", inner, "--", "sleep", "60"],
    cwd: box.directory,
    env: { IMP_TEST_TAG: box.tag },
    stdin: "null",
    stderr: "null",
  }).spawn();
  await eventually(() => exists(box.path("up")), "the inner main is not up");
  outer.kill("SIGKILL");
  await outer.status;
  await eventually(() => box.processes().length === 0, "processes are left", 3000);
  await eventually(() => cgroups(outer.pid).length === 0, "a control group is left", 3000);
});

e2e("with: twenty runs killed at any moment leave nothing", async (box) => {
  for (let i = 0; i < 20; i++) {
    const child = new Deno.Command(impBinary(), {
      args: [
        "with",
        "--shell",
        "--daemon",
        "sleep 60 & setsid sleep 60 & wait",
        "--",
        "sleep",
        "60",
      ],
      cwd: box.directory,
      env: { IMP_TEST_TAG: box.tag },
      stdin: "null",
      stderr: "null",
    }).spawn();
    await new Promise((resolve) => setTimeout(resolve, i * 2));
    child.kill("SIGKILL");
    await child.status;
    await eventually(() => box.processes().length === 0, "processes are left", 3000);
    await eventually(() => cgroups(child.pid).length === 0, "a control group is left", 3000);
  }
});

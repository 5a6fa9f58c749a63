import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  eventually,
  exists,
  impBinary,
  isAlive,
  LONELY_UID,
  type Sandbox,
  wordsOf,
} from "./harness.ts";

/** Four trees: a shell with children in background, one in a session of its own, one that ignores signals. */
const TREE =
  `trap "" INT; sleep 60 & setsid sleep 60 & (setsid sh -c "sleep 60 & wait" &) ; sh -c 'trap "" HUP; sleep 60 & wait' & touch up.$1; wait`;

/** Starts a pool of trees and waits until they are up. */
async function trees(box: Sandbox, ...options: string[]): Promise<Deno.ChildProcess> {
  const child = box.start(["pool", "-j4", ...options, "--shell", TREE, ":::", "1", "2", "3", "4"]);
  const up = () => [1, 2, 3, 4].every((i) => exists(box.path(`up.${i}`)));
  await eventually(() => up() && box.processes().length >= 24, "trees are not up");
  return child;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  e2e(`pool: ${signal} ends whole trees, and imp dies by it`, async (box) => {
    const child = await trees(box);
    child.kill(signal);
    assertEquals((await child.status).signal, signal);
    // imp has proved it before it died.
    assertEquals(box.processes(), []);
  });
}

e2e("pool: a second Ctrl-C kills what ignores the first", async (box) => {
  const child = box.start([
    "pool",
    "--term-seq",
    "TERM,60s,KILL",
    "--shell",
    'trap "" TERM; touch up; while :; do sleep 0.1; done',
    ":::",
    "1",
  ]);
  await eventually(() => exists(box.path("up")), "the job is not up");
  child.kill("SIGINT");
  await eventually(() => box.processes().length > 0, "imp ended too early");
  child.kill("SIGINT");
  assertEquals((await child.status).signal, "SIGINT");
  assertEquals(box.processes(), []);
});

e2e("pool: kill -9 of imp leaves no job", async (box) => {
  const child = await trees(box);
  child.kill("SIGKILL");
  await child.status;
  await eventually(() => box.processes().length === 0, "jobs are left");
});

e2e("pool: a killed guard is replaced", async (box) => {
  const child = await trees(box);
  const guards = () => box.processes().filter((pid) => wordsOf(pid).includes("imp-pool-guard"));
  const [first] = guards();
  Deno.kill(first, "SIGKILL");
  await eventually(() => guards().length === 1 && guards()[0] !== first, "no new guard");
  child.kill("SIGKILL");
  await child.status;
  await eventually(() => box.processes().length === 0, "jobs are left");
});

e2e("pool: the last job ends, and with it what jobs left in background", async (box) => {
  const { code } = await box.imp([
    "pool",
    "--shell",
    "sleep 60 & setsid sleep 60 >/dev/null 2>&1 & true",
    ":::",
    "1",
    "2",
  ]);
  assertEquals(code, 0);
  assertEquals(box.processes(), []);
});

e2e("pool: --timeout ends the whole tree of a job and no other", async (box) => {
  const { code, stdout } = await box.imp([
    "pool",
    "-j2",
    "--timeout",
    "400ms",
    "--shell",
    'if [ $1 = long ]; then setsid sleep 60 & sleep 60; else sleep 0.1; echo "$1"; fi',
    ":::",
    "long",
    "short",
  ]);
  assertEquals({ code, stdout }, { code: 1, stdout: "short\n" });
});

e2e("pool: a job that is killed is a result, never a hang", async (box) => {
  const { code } = await box.imp(["pool", "-j4", "--shell", "kill -9 $$", ":::", "1", "2", "3"]);
  assertEquals(code, 3);
});

e2e("pool within a pool: kill -9 of the outer one leaves nothing", async (box) => {
  const outer = box.start([
    "pool",
    "-j2",
    "--shell",
    `"${impBinary()}" pool -j2 -u --shell 'touch up.$1; sleep 60' ::: "$1"`,
    ":::",
    "1",
    "2",
  ]);
  await eventually(() => exists(box.path("up.1")) && exists(box.path("up.2")), "jobs are not up");
  outer.kill("SIGKILL");
  await outer.status;
  await eventually(() => box.processes().length === 0, "jobs are left");
  assert(!isAlive(outer.pid));
});

e2eAsRoot("pool: jobs that take all processes of a user do not take imp's own", async (box) => {
  const as = `setpriv --reuid ${LONELY_UID} --regid ${LONELY_UID} --clear-groups`;
  // How many threads imp and its guard have depends on the machine; the rest is for jobs, or reserved for imp.
  const own = await threadsOfPool(box, as);
  // It lasts until the runtime wants a thread.
  const { code, stderr } = await box.sh(`cd /; ulimit -u ${own + 14}
    yes 0 | head -n 160 | ${as} "$IMP" pool -j16 -- sleep 0.1`);
  assertEquals(code, 0, stderr);
  assertMatch(stderr, /^imp pool: cannot start \/.*: EAGAIN .*; trying again\n$/);
});

/** The processes and threads of a pool, without its one job. @param as begins a command of a user of its own */
async function threadsOfPool(box: Sandbox, as: string): Promise<number> {
  const { stdout } = await box.sh(`cd /; ${as} "$IMP" pool sleep ::: 60 & pid=$!
    until pgrep -P $pid -x sleep > /dev/null; do sleep 0.05; done
    ps -L --no-headers -o comm= -U ${LONELY_UID} | grep -vcx sleep; kill $pid; wait $pid`);
  return Number(stdout);
}

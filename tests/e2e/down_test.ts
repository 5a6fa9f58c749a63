// imp down, and what happens to imp up when others come meanwhile, or it is killed.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { e2e, endIfThere, eventually, exists, isAlive, NEVER } from "./harness.ts";
import { ProjectSample, shell, SLEEP } from "./project.ts";

/** Writes its name to a file when it is asked to end. */
function noting(name: string, file: string): string {
  return shell(`trap 'echo ${name} >> ${file}; exit 0' TERM; while :; do sleep 0.05; done`);
}

const CHAIN = (file: string) => `
[daemons.db]
${noting("db", file)}
[daemons.api]
${noting("api", file)}
depends = ["db"]
[daemons.web]
${noting("web", file)}
depends = ["api"]
[daemons.lone]
${noting("lone", file)}
`;

e2e("imp down: dependents first; of one, what depends on it too", async (box) => {
  const site = new ProjectSample(box);
  const ended = box.path("ended");
  site.write(CHAIN(ended));
  await site.done("up", "-q");
  assertStringIncludes(await site.done("down", "api"), "api: stopped");
  assertEquals(Deno.readTextFileSync(ended), "web\napi\n");
  assert(site.pids("db", "lone").every(Boolean));
  await site.done("up", "-q");
  Deno.removeSync(ended);
  // The file may be gone, or wrong: what is on record counts.
  site.write("[nonsense");
  await site.done("down", "-q");
  const order = Deno.readTextFileSync(ended).trim().split("\n");
  assertEquals(order.filter((name) => name !== "lone"), ["web", "api", "db"]);
  assertEquals(order.length, 4);
  Deno.removeSync(`${site.directory}/imp.toml`);
  assertEquals(await site.done("down"), "");
  const { code, stderr } = await site.imp(["down", "wep"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "did you mean web?");
});

e2e(
  "imp down: a stubborn one is killed in its time, and holds up only what it depends on",
  async (box) => {
    const site = new ProjectSample(box);
    site.write(`
[daemons.db]
${SLEEP}
[daemons.api]
${shell("trap '' TERM; while :; do sleep 0.05; done")}
stop-timeout = "500ms"
depends = ["db"]
`);
    await site.done("up", "-q");
    const { code, stdout } = await site.imp(["down", "--json"]);
    assertEquals(code, 0);
    const [api, db] = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals([api.name, db.name], ["api", "db"]);
    assert(api.killed >= 1 && api.ms >= 500 && db.killed === 0);
  },
);

e2e("imp up: two at once, and others of the same file", async (box) => {
  const site = new ProjectSample(box);
  site.write(
    `[daemons.db]\n${shell("sleep 0.3; echo up; exec sleep 1000")}\nready = "log:^up"\n` +
      [1, 2, 3, 4].map((n) => `[daemons.w${n}]\n${SLEEP}\ndepends = ["db"]\n`).join(""),
  );
  const all = await Promise.all([1, 2, 3].map(() => site.imp(["up"])));
  for (const { code, stderr } of all) assertEquals([code, stderr], [0, ""]);
  const names = ["db", "w1", "w2", "w3", "w4"];
  const pids = site.pids(...names);
  assert(pids.every(Boolean));
  // Each has been started once.
  const sleeping = box.processes().filter((pid) =>
    Deno.readTextFileSync(`/proc/${pid}/cmdline`) === "sleep\x001000\0"
  );
  assertEquals(sleeping.length, 5);
  assertEquals(await site.plan(), names.map((name) => `stay ${name}`));
  await site.end();
});

e2e("imp up: killed in the middle, the next one goes on", async (box) => {
  const site = new ProjectSample(box);
  site.write(
    `[daemons.db]\n${shell("sleep 0.5; echo up; exec sleep 1000")}\nready = "log:^up"\n` +
      [1, 2, 3].map((n) => `[daemons.w${n}]\n${SLEEP}\ndepends = ["db"]\n`).join("") +
      `[daemons.old]\n${SLEEP}\n`,
  );
  for (const delay of [30, 120, 250, 400]) {
    const up = site.start(["up"]);
    await new Promise((resolve) => setTimeout(resolve, delay));
    endIfThere(up.pid);
    await up.status;
  }
  site.write(
    Deno.readTextFileSync(`${site.directory}/imp.toml`).replace(/\[daemons\.old\][^]*/, ""),
  );
  await site.done("up", "-q");
  assertEquals(await site.plan(), ["db", "w1", "w2", "w3"].map((name) => `stay ${name}`));
  assert(!exists(`${site.home.path}/daemons/old`));
  assertEquals(
    box.processes().filter((pid) =>
      Deno.readTextFileSync(`/proc/${pid}/cmdline`) === "sleep\x001000\0"
    ).length,
    4,
  );
  await site.end();
});

e2e(
  "imp up: interrupted, it leaves what was begun to its keepers, and says what was not begun",
  async (box) => {
    const site = new ProjectSample(box);
    site.write(`
[daemons.db]
${SLEEP}
ready = "file:${box.path("ready")}"
ready-timeout = "${NEVER}"
[daemons.web]
${SLEEP}
depends = ["db"]
[daemons.lone]
${SLEEP}
`);
    const up = site.start(["up"], { stdout: "piped", stderr: "piped" });
    await eventually(
      () =>
        site.home.pid("db") !== undefined && site.home.record("lone", "state")?.phase === "running",
      "they run",
    );
    up.kill("SIGINT");
    const { signal, stdout, stderr } = await up.output();
    assertEquals(signal, "SIGINT");
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertStringIncludes(text(stderr), "db: not ready yet; its keeper goes on");
    assertStringIncludes(text(stderr), "web: not begun");
    assertStringIncludes(text(stdout), "imp.toml: ");
    const [db, web] = site.pids("db", "web");
    assert(db !== undefined && web === undefined);
    Deno.writeTextFileSync(box.path("ready"), "");
    await site.done("up", "-q");
    assertEquals(site.pids("db"), [db]);
    await site.end();
  },
);

e2e("imp up: a stop that comes meanwhile holds back what depends on it", async (box) => {
  const site = new ProjectSample(box);
  site.write(`
[daemons.db]
${SLEEP}
ready = "file:${box.path("ready")}"
ready-timeout = "${NEVER}"
[daemons.web]
${SLEEP}
depends = ["db"]
`);
  const up = site.start(["up"], { stderr: "piped" });
  await eventually(() => site.home.pid("db") !== undefined, "db runs");
  await site.done("down", "-q");
  const { code, stderr } = await up.output();
  assertEquals(code, 1);
  assertStringIncludes(
    new TextDecoder().decode(stderr),
    "web: not started: it depends on db: 'imp down db'",
  );
  assertEquals(site.pids("db", "web"), [undefined, undefined]);
});

e2e("imp up --no-wait: what nobody depends on is not waited for", async (box) => {
  const site = new ProjectSample(box);
  site.write(`
[daemons.slow]
${SLEEP}
ready = "file:${box.path("never")}"
ready-timeout = "${NEVER}"
depends = ["db"]
[daemons.db]
${shell("sleep 0.3; touch db-ready; exec sleep 1000")}
ready = "file:db-ready"
`);
  const { code, stdout } = await site.imp(["up", "--no-wait", "--json"]);
  assertEquals(code, 0);
  const results = Object.fromEntries(
    stdout.trim().split("\n").map((line) => JSON.parse(line)).map((
      { name, result },
    ) => [name, result]),
  );
  assertEquals(results, { db: "runs", slow: "begun" });
  await site.end();
});

e2e(
  "imp up: unkept daemons are adopted, those that wait for a restart are started",
  async (box) => {
    const site = new ProjectSample(box);
    site.write(
      `[daemons.web]\n${SLEEP}\n[daemons.flaky]\n${
        shell(`test -e ${box.path("ok")} && exec sleep 1000; exit 1`)
      }\nbackoff = "${NEVER}"\n`,
    );
    assertEquals((await site.imp(["up", "-q"])).code, 1);
    const [web] = site.pids("web");
    await site.home.killWaiters("web");
    Deno.writeTextFileSync(box.path("ok"), "");
    assertEquals(await site.plan(), ["start web", "start flaky"]);
    await site.done("up", "-q");
    assertEquals(site.pids("web"), [web]);
    assert(isAlive(web!));
    await eventually(() => site.home.waiters("web").keeper !== undefined, "it is kept again");
    assert(site.pids("flaky")[0] !== undefined);
    await site.end();
  },
);

// imp up: what a file says is what runs.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2eAsRoot, eventually, exists, isAlive, isRoot, sideBySide } from "./harness.ts";
import { ProjectSample, shell, SLEEP } from "./project.ts";

const e2e = sideBySide();

e2e(
  "imp up: starts, changes what has changed, removes what is gone, and nothing else",
  async (box) => {
    const site = new ProjectSample(box);
    const text = (web: string, more = "") =>
      `[daemons.db]\n${SLEEP}\n[daemons.web]\n${SLEEP}\ndepends = ["db"]\n${web}\n${more}`;
    site.write(text("", `[daemons.old]\n${SLEEP}\n`));
    assertEquals(await site.plan(), ["start db", "start web", "start old"]);
    assertStringIncludes(await site.done("up"), "imp.toml: 3 started");
    const [db, web, old] = site.pids("db", "web", "old");
    assertEquals(await site.done("up"), "imp.toml: 3 unchanged\n");
    // A variable comes, one goes; a daemon goes.
    site.write(text("env = { A = '1', B = '2' }"));
    assertEquals(await site.plan(), ["remove old", "stay db", "restart web"]);
    const changed = await site.done("up");
    assertStringIncludes(changed, "1 restarted, 1 unchanged, 1 removed");
    const [db2, web2] = site.pids("db", "web");
    assertEquals(db2, db);
    assert(web2 !== web && !isAlive(old!) && !exists(`${site.home.path}/daemons/old`));
    site.write(text("env = { B = '2' }"));
    assertStringIncludes(await site.done("up", "--dry-run"), "- env A");
    await site.done("up");
    const environment = Deno.readTextFileSync(`/proc/${site.pids("web")[0]}/environ`).split("\0");
    assert(environment.includes("B=2") && !environment.some((word) => word.startsWith("A=")));
    // They are daemons like others.
    await site.done("restart", "web");
    await site.done("stop", "db");
    assertEquals(await site.plan(), ["start db", "stay web"]);
    assertEquals(await site.done("up", "-q"), "");
    await site.done("down", "-q");
    assertEquals(site.pids("db", "web"), [undefined, undefined]);
  },
);

e2e(
  "imp up: who depends on others starts when they are ready, and is told of a failure by name",
  async (box) => {
    const site = new ProjectSample(box);
    site.write(`
[daemons.web]
${shell(`test -e ${box.path("ready")} && exec sleep 1000; exit 7`)}
depends = ["db", "migrate:finished"]
restart = "no"
[daemons.migrate]
${shell(`sleep 0.6; touch ${box.path("migrated")}`)}
restart = "no"
start-seconds = 0
[daemons.db]
${shell(`sleep 0.4; touch ${box.path("ready")}; echo up; exec sleep 1000`)}
ready = "log:^up$"
`);
    await site.done("up");
    assert(exists(box.path("migrated")) && site.pids("web")[0] !== undefined);
    // It has ended, and well: once is enough.
    assertEquals((await site.plan()).toSorted(), ["stay db", "stay migrate", "stay web"]);
    await site.done("down", "-q");
    site.write(`
[daemons.web]
${SLEEP}
depends = ["api"]
[daemons.api]
${SLEEP}
depends = ["db"]
[daemons.db]
${shell("echo no space left >&2; exit 3")}
restart = "no"
[daemons.alone]
${SLEEP}
`);
    const { code, stdout, stderr } = await site.imp(["up"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "imp up: db: not running");
    assertStringIncludes(stderr, "| no space left");
    assertMatch(stderr, /api: not started: it depends on db: it failed/);
    assertMatch(stderr, /web: not started: it depends on api, that on db: it failed/);
    assertStringIncludes(stdout, "1 started");
    assertStringIncludes(stdout, "3 failed");
    assertEquals(site.pids("alone").length, 1);
    assertEquals(site.home.record("api", "intent"), undefined);
    await site.end();
  },
);

e2e("imp up: a plan names what it would restart, and for which setting", async (box) => {
  const site = new ProjectSample(box);
  site.write(`[daemons.web]\n${SLEEP}\nstop-timeout = "3s"\nenv = { KEY = "secret-1" }\n`);
  await site.done("up", "-q");
  site.write(`[daemons.web]\n${SLEEP}\nstop-timeout = "4s"\nenv = { KEY = "secret-2" }\n`);
  const [pid] = site.pids("web");
  const plan = await site.done("up", "--dry-run");
  assertStringIncludes(plan, "web: restart");
  assertStringIncludes(plan, "- stop TERM:3s,KILL");
  assertStringIncludes(plan, "env KEY");
  assert(!plan.includes("secret"));
  const { stdout } = await site.imp(["up", "--dry-run", "--json"]);
  assert(!stdout.includes("secret"));
  assertEquals(site.pids("web"), [pid]);
  await site.end();
});

e2e("imp up: at-boot is as the file says, and nothing is restarted for it", async (box) => {
  const site = new ProjectSample(box);
  const atBoot = async () => JSON.parse(await site.done("status", "web", "--json")).atBoot;
  site.write(`[daemons.web]\n${SLEEP}\nat-boot = false\n`);
  await site.done("up", "-q");
  assertEquals(await atBoot(), "disabled");
  const [pid] = site.pids("web");
  site.write(`[daemons.web]\n${SLEEP}\nat-boot = true\n`);
  assertStringIncludes(await site.done("up", "--dry-run"), "web: unchanged, enabled at boot");
  assertEquals(await atBoot(), "disabled");
  assertStringIncludes(await site.done("up"), "web: unchanged, enabled at boot\n");
  assertEquals([await atBoot(), site.pids("web")], ["enabled", [pid]]);
  assertStringIncludes(await site.done("export", "toml", "web"), "at-boot = true\n");
  // What the file does not say is as it was.
  site.write(`[daemons.web]\n${SLEEP}\n`);
  await site.done("disable", "web");
  assertStringIncludes(await site.done("up"), "1 unchanged");
  assertEquals([await atBoot(), site.pids("web")], ["disabled", [pid]]);
  site.write(`[daemons.web]\n${SLEEP}\nat-boot = "yes"\n`);
  const { code, stderr } = await site.imp(["up"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "at-boot");
  site.write("");
  await site.end();
});

e2e("imp up: profiles, names, and what they depend on", async (box) => {
  const site = new ProjectSample(box);
  site.write(`
[daemons.db]
${SLEEP}
profiles = ["data"]
[daemons.web]
${SLEEP}
depends = ["db"]
[daemons.debug]
${SLEEP}
profiles = ["dev"]
[daemons.lone]
${SLEEP}
`);
  assertEquals((await site.plan()).toSorted(), ["start db", "start lone", "start web"]);
  await site.done("up", "-q", "web");
  assertEquals(site.pids("lone"), [undefined]);
  await site.done("up", "-q", "--profile", "dev");
  assert(site.pids("debug")[0] !== undefined && site.pids("lone")[0] !== undefined);
  // With names alone nothing else is touched.
  assertEquals(await site.plan("lone"), ["stay lone"]);
  assertStringIncludes(await site.done("up"), "1 stopped");
  assertEquals(site.pids("debug"), [undefined]);
  for (
    const [words, message] of [
      [["nope"], "imp.toml has no daemon 'nope'"],
      [["--profile", "de"], "did you mean dev?"],
    ] as const
  ) {
    const { code, stderr } = await site.imp(["up", ...words]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, message);
  }
  await site.end();
});

e2e("imp up: instances are as many as the file says", async (box) => {
  const site = new ProjectSample(box);
  const text = (n: number) => `[daemons.worker]\n${SLEEP}\ninstances = ${n}\n`;
  site.write(text(3));
  await site.done("up", "-q");
  const [one] = site.pids("worker@1");
  site.write(text(2));
  assertEquals(await site.plan(), ["remove worker@3", "stay worker@1", "stay worker@2"]);
  await site.done("up", "-q");
  assertEquals(site.pids("worker@1", "worker@3"), [one, undefined]);
  await site.end();
});

e2e("imp up: daemons of others are left alone, and keep their names", async (box) => {
  const site = new ProjectSample(box), other = new ProjectSample(box, "other");
  await site.home.start("web", "exec sleep 1000");
  site.write(`[daemons.web]\n${SLEEP}\n[daemons.api]\n${SLEEP}\n`);
  const { code, stderr } = await site.imp(["up"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "web: left alone: a daemon of that name was started by hand");
  const [web, api] = site.pids("web", "api");
  assert(web !== undefined && api !== undefined);
  other.write(`[daemons.api]\n${SLEEP}\nnice = 5\n`);
  const refused = await other.imp(["up"]);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, `belongs to ${site.directory}/imp.toml`);
  assertEquals(site.pids("api"), [api]);
  // What is no longer in the file goes; what was started by hand stays.
  site.write("");
  await site.done("up", "-q");
  assertEquals(site.pids("web", "api"), [web, undefined]);
  assertStringIncludes((await other.imp(["down"])).stderr, "has started no daemons");
  await site.end();
});

e2e(
  "imp up: each mistake is reported at once with its place, and nothing is begun",
  async (box) => {
    const site = new ProjectSample(box);
    site.write(
      `[daemons.good]\n${SLEEP}\n[daemons.web]\ncomand = "x"\nstop-timeout = "soon"\ncron = "61 * * * *"\n`,
    );
    const { code, stderr } = await site.imp(["up"]);
    assertEquals(code, 2);
    for (
      const line of [
        "it has 3 mistakes",
        "imp.toml:3:10: 'web' has no command",
        "imp.toml:4:1: unknown key 'comand' in [daemons.web]",
        "did you mean command?",
        "imp.toml:5:16: stop-timeout: 'soon' is not a duration",
        `  5 | stop-timeout = "soon"`,
      ]
    ) assertStringIncludes(stderr, line);
    assert(!exists(`${site.home.path}/daemons/good`));
    site.write(
      `[daemons.web]\n${SLEEP}\nworking_dir = "/"\nautorestart = true\nreadiness_probe = 1\n`,
    );
    const others = (await site.imp(["up"])).stderr;
    for (const key of ["cwd", "restart", "ready"]) {
      assertStringIncludes(others, `did you mean ${key}?`);
    }
    site.write(`[daemons.web]\n${SLEEP}\ncron = "61 * * * *"\n`);
    assertStringIncludes((await site.imp(["up"])).stderr, "imp.toml:3:8: cron '61 * * * *'");
    site.write(`[daemons.web\n`);
    const syntax = await site.imp(["up"]);
    assertEquals(syntax.code, 2);
    assertMatch(syntax.stderr, /imp\.toml:\d+:\d+: /);
    assertStringIncludes(syntax.stderr, "1 | [daemons.web");
    const nothing = await box.imp(["up"], { env: site.home.env });
    assertEquals(nothing.code, 1);
    assertStringIncludes(nothing.stderr, "cannot find imp.toml or a Procfile");
  },
);

e2e("imp up: includes, variables, and files of them", async (box) => {
  const site = new ProjectSample(box);
  site.write(
    `include = ["conf.d/*.toml"]\nenv-file = "vars"\n[defaults]\nenv = { KIND = "\${KIND}" }\n`,
  );
  site.write("KIND='from the file'\nPORT=1\n", "vars");
  site.write(
    `[daemons.b]\n${SLEEP}\nenv = { PORT = "\${PORT}", D = "\${NONE:-x}$$" }\n`,
    "conf.d/b.toml",
  );
  site.write(`[daemons.a]\n${SLEEP}\n`, "conf.d/a.toml");
  site.write("not read", "conf.d/.hidden.toml");
  assertEquals(await site.plan(), ["start a", "start b"]);
  const { code, stderr } = await site.imp(["up", "-q"], { env: { PORT: "2" } });
  assertEquals(code, 0, stderr);
  const words = Deno.readTextFileSync(`/proc/${site.pids("b")[0]}/environ`).split("\0");
  for (const word of ["KIND=from the file", "PORT=2", "D=x$"]) assert(words.includes(word), word);
  await site.done("down", "-q");
  // Circles, two of a name, what is not there, what others may write to.
  site.write(`include = ["../imp.toml", "none.toml"]\n[daemons.a]\n${SLEEP}\n`, "conf.d/b.toml");
  site.write(`[daemons.c]\n${SLEEP}\n`, "conf.d/c.toml", 0o666);
  const refused = await site.imp(["up"]);
  assertEquals(refused.code, 2);
  for (
    const line of [
      "conf.d/b.toml:1:12: the files include each other: imp.toml -> conf.d/b.toml -> imp.toml",
      "conf.d/none.toml: ENOENT",
      "there are two daemons 'a'",
      "the other one is in conf.d/a.toml, line 1",
      "conf.d/c.toml: every user may write to it (mode 0666)",
    ]
  ) assertStringIncludes(refused.stderr, line);
});

e2e("imp up: a file that others could change is refused", async (box) => {
  const site = new ProjectSample(box);
  const path = site.write(`[daemons.web]\n${SLEEP}\n`, "imp.toml", 0o646);
  const refused = await site.imp(["up"]);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "every user may write to it");
  if (isRoot) {
    Deno.chmodSync(path, 0o664);
    assertStringIncludes((await site.imp(["up"])).stderr, "its group may write to it");
    Deno.chmodSync(path, 0o600);
    Deno.chownSync(path, 65534, 65534);
    assertStringIncludes((await site.imp(["up"])).stderr, "it belongs to user 65534");
  }
  assert(!exists(`${site.home.path}/daemons/web`));
});

e2e(
  "imp up: secrets are in the daemon's environment, and nowhere that others could read",
  async (box) => {
    const site = new ProjectSample(box);
    site.write(`[daemons.web]\n${SLEEP}\nenv = { PASSWORD = "\${PASSWORD}" }\n`);
    const { code, stdout, stderr } = await site.imp(["up", "-v", "--json"], {
      env: { PASSWORD: "hunter2-secret" },
    });
    assertEquals(code, 0, stderr);
    assert(!`${stdout}${stderr}`.includes("hunter2"), `${stdout}${stderr}`);
    for (const pid of box.processes()) {
      assert(!Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("hunter2"));
    }
    const { guard, keeper } = site.home.waiters("web");
    for (const pid of [guard, keeper]) {
      assert(!Deno.readTextFileSync(`/proc/${pid}/environ`).includes("hunter2"));
    }
    for (const file of ["settings.json", "environment"]) {
      assertEquals(Deno.statSync(`${site.home.path}/daemons/web/${file}`).mode! & 0o077, 0);
    }
    await site.end();
  },
);

e2e("imp up: a daemon that has lost one of its keepers is said to have", async (box) => {
  const site = new ProjectSample(box);
  site.write(`[daemons.web]\n${SLEEP}\n[daemons.job]\ncommand = ["true"]\nevery = "1h"\n`);
  await site.done("up", "-q");
  const { home } = site;
  await eventually(() => home.record("job", "state").phase === "scheduled", "it is at rest");
  for (const one of ["guard", "keeper"] as const) {
    const before = home.waiters("job");
    Deno.kill(before[one]!, "SIGKILL");
    // Where nothing runs another one comes at once: the survivor is its guard.
    await eventually(() => {
      const { guard, keeper } = home.waiters("job");
      return guard !== undefined && keeper !== undefined &&
        ![before.guard, before.keeper].includes(keeper);
    }, "two again");
    assertEquals(home.record("job", "state").phase, "scheduled");
  }
  Deno.kill(home.waiters("web").guard!, "SIGKILL");
  await eventually(() => home.record("web", "state").guard === undefined, "it is noted");
  const said = /web: unchanged, but one of its two keepers is gone until imp restart web/;
  assertMatch((await site.done("up")).replaceAll(/\s+/g, " "), said);
  assertMatch((await site.done("up", "--dry-run")).replaceAll(/\s+/g, " "), said);
  assertEquals(JSON.parse((await site.done("up", "--json")).split("\n")[0]).single, true);
  await home.done("restart", "web");
  await eventually(() => home.waiters("web").guard !== undefined, "two again");
  assert(!(await site.done("up")).includes("keepers"));
  await site.end();
});

e2e("imp up: what its keeper tries again is not ready before it is", async (box) => {
  const site = new ProjectSample(box);
  site.write(
    `[daemons.slow]\n${SLEEP}\nready = "file:never"\nready-timeout = "4s"\nbackoff = "10ms"\n` +
      `[daemons.web]\n${SLEEP}\ndepends = "slow"\n`,
  );
  assertEquals((await site.imp(["up", "--no-wait"])).code, 124);
  await eventually(
    () =>
      site.home.record("slow", "state").phase === "starting" &&
      site.home.pid("slow") !== undefined,
    "its keeper tries again",
  );
  const { code, stderr } = await site.imp(["up"]);
  assertEquals(code, 124, stderr);
  assertStringIncludes(stderr, "web: not started: it depends on slow: not ready within 4s");
  await site.done("down");
});

e2e("imp up: a Procfile, run by a shell with a port, and .env beside it", async (box) => {
  const site = new ProjectSample(box);
  site.write(
    'web: echo "$KIND on $PORT" > web.out && exec sleep 1000\nclock: exec sleep 1000\n',
    "Procfile",
  );
  site.write("KIND=test\n", ".env");
  await site.done("up", "-q");
  assertEquals(site.pids("web", "clock").includes(undefined), false);
  assertEquals(Deno.readTextFileSync(`${site.directory}/web.out`), "test on 5000\n");
  Deno.chmodSync(`${site.directory}/.env`, 0o644);
  assertStringIncludes((await site.imp(["up"])).stderr, "chmod 600");
  // The file need not be there any more.
  Deno.removeSync(`${site.directory}/Procfile`);
  await site.done("down", "-q", "-f", "../gone/../site/Procfile", "clock");
  assertEquals(site.pids("web", "clock").map(Boolean), [true, false]);
  await site.done("down", "-q");
  assertEquals(site.pids("web", "clock"), [undefined, undefined]);
});

e2e("imp up --schema: JSON for editors", async (box) => {
  const { code, stdout } = await box.imp(["up", "--schema"]);
  assertEquals(code, 0);
  const { properties } = JSON.parse(stdout);
  assert(properties.daemons.additionalProperties.properties["stop-timeout"].description);
});

e2eAsRoot("imp up: as an ordinary user", async (box) => {
  const site = new ProjectSample(box);
  const path = site.write(`[daemons.web]\n${SLEEP}\n`, "imp.toml", 0o664);
  for (const one of [box.directory, site.directory, path]) Deno.chownSync(one, 65534, 65534);
  const run = (words: string) =>
    box.sh(`setpriv --reuid 65534 --regid 65534 --clear-groups "$IMP" ${words}`, {
      cwd: site.directory,
      env: { IMP_HOME: box.path("nobody") },
    });
  const up = await run("up");
  // The binary may be where only root may go.
  if (up.code === 126 || up.stderr.includes("Permission denied")) box.skip("nobody cannot run imp");
  assertEquals(up.code, 0, up.stderr);
  assertStringIncludes((await run("down")).stdout, "web: stopped");
  // A file of that user is not root's to follow.
  const { code, stderr } = await site.imp(["up"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "belongs to user 65534");
});

e2e("imp up: on a terminal a row for each daemon", async (box) => {
  const site = new ProjectSample(box);
  site.write(`[daemons.a]\n${SLEEP}\n[daemons.b]\n${SLEEP}\ndepends = ["a"]\n`);
  const { stdout } = await box.sh(
    `cd site && stty rows 24 cols 80 2>/dev/null; script -qec '"$IMP" up' /dev/null </dev/null | cat -v`,
    { env: { ...site.home.env, TERM: "xterm" } },
  );
  assertStringIncludes(stdout, "a: started");
  assertStringIncludes(stdout, "imp.toml: 2 started");
  await eventually(() => site.pids("a", "b").every(Boolean), "both run");
  await site.end();
});

e2e("imp up: each error says whose it is; the status is one of its own", async (box) => {
  const site = new ProjectSample(box);
  const daemons: Record<string, string> = {
    program: `command = "no-such-program"`,
    hook: `command = "sleep 1000"\npre = "no-such-hook"`,
    user: `command = "sleep 1000"\nuser = "no-such-user"`,
    place: `command = "sleep 1000"\nchdir = "/no/such/place"`,
    change: `command = "sleep 1000"\non-change = "/no/such/place"`,
  };
  const text = Object.entries(daemons).map(([name, keys]) => `[daemons.${name}]\n${keys}\n`);
  site.write(text.join(""));
  const { code, stderr } = await site.imp(["up"]);
  assertEquals(code, 125);
  for (const name of Object.keys(daemons)) {
    assertMatch(stderr, new RegExp(`^imp up: ${name}: cannot `, "m"));
  }
  site.write(text[0]);
  assertEquals((await site.imp(["up"])).code, 1);
});

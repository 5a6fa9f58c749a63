// imp list and imp status: what is said comes from the kernel at that moment.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  e2eAsRoot,
  eventually,
  impBinary,
  installed,
  isAlive,
  type Sandbox,
  sideBySide,
  TAG,
} from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

/** A home, all of whose daemons are stopped at the end, whatever happens. */
function kept(
  name: string,
  body: (home: KeptHome, box: Sandbox) => Promise<void>,
  define = e2e,
): void {
  define(name, async (box) => {
    const home = new KeptHome(box);
    try {
      await body(home, box);
    } finally {
      await home.imp(["stop", "--all", "--now"]);
    }
  });
}

// deno-lint-ignore no-explicit-any
type Facts = any;

async function listed(home: KeptHome, ...words: string[]): Promise<Map<string, Facts>> {
  const { stdout } = await home.imp(["list", "--json", ...words]);
  const rows = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return new Map(rows.map((row) => [row.name, row]));
}

async function status(home: KeptHome, name: string): Promise<{ code: number; facts: Facts }> {
  const { code, stdout } = await home.imp(["status", "--json", name]);
  return { code, facts: JSON.parse(stdout) };
}

kept("list: a row for each, by name and pattern; nothing where there is nothing", async (home) => {
  assertStringIncludes(await home.done("list"), "no kept daemons");
  assertEquals(await home.done("list", "--json"), "");
  await home.start("web", "exec sleep 1000");
  await home.start("api", "exec sleep 1000");
  await home.done("stop", "api");
  const lines = (await home.done("list")).trimEnd().split("\n").map((line) => line.split(/ {2,}/));
  assertEquals(lines.map(([name, state]) => [name, state]), [
    ["NAME", "STATE"],
    ["api", "stopped"],
    ["web", "running"],
  ]);
  const rows = await listed(home);
  assertEquals([...rows.keys()], ["api", "web"]);
  const web = rows.get("web");
  assertEquals([web.pid, web.kept, web.well], [home.pid("web"), "double", true]);
  assert(web.rssBytes > 0 && web.processes === 1);
  assertEquals([...(await listed(home, "w*")).keys()], ["web"]);
  const unknown = await home.imp(["list", "web", "nothing"]);
  assertEquals(unknown.code, 1);
  assertStringIncludes(unknown.stdout, "web");
  assertStringIncludes(unknown.stderr, "no kept daemon is called 'nothing'");
  const alone = await home.imp(["list", "nothing"]);
  assertEquals([alone.code, alone.stdout], [1, ""]);
});

kept("list: what is used is that of the whole tree, of what left it too", async (home, box) => {
  const pids = box.path("pids");
  const script =
    `echo $$ > ${pids}; (setsid sh -c 'echo $$ >> ${pids}; exec sleep 1000' &); while :; do :; done`;
  await home.start("web", script);
  await pidsIn(pids, 2);
  await eventually(async () => {
    const web = (await listed(home)).get("web");
    return web.processes === 2 && web.cpuMs > 100;
  }, "both processes, and the time of the one that is busy");
  const { facts } = await status(home, "web");
  assertEquals(facts.tree.map(({ pid }: Facts) => pid).sort(), (await pidsIn(pids)).sort());
});

kept("list and status: killed keepers are seen, and what they kept runs on", async (home) => {
  await home.start("web", "exec sleep 1000");
  const pid = home.pid("web")!;
  const { guard } = home.waiters("web");
  Deno.kill(guard!, "SIGKILL");
  await eventually(
    async () => (await listed(home)).get("web").notes.includes("no guard"),
    "the missing guard is told",
  );
  await home.killWaiters("web");
  const row = (await listed(home)).get("web");
  assertEquals([row.state, row.kept, row.pid, row.well], ["running", "unkept", pid, false]);
  assertMatch(await home.done("list"), /^web +unkept /m);
  const { code, stdout } = await home.imp(["status", "web"]);
  assertEquals(code, 0, "it runs");
  assertStringIncludes(stdout, "nobody: keeper and guard are gone");
  Deno.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid), "it has ended");
  const lost = await status(home, "web");
  assertEquals([lost.code, lost.facts.state, lost.facts.pid], [1, "lost", null]);
  assertMatch(await home.done("list"), /^web +lost .* should run$/m);
});

kept("status: exit statuses as LSB has them; of several the worst", async (home) => {
  await home.start("web", "exec sleep 1000");
  await home.start("api", "exec sleep 1000");
  const code = async (...names: string[]) => (await home.imp(["status", "-q", ...names])).code;
  assertEquals(await code("web"), 0);
  assertEquals(await code("web", "api"), 0);
  await home.done("stop", "api");
  assertEquals(await code("api"), 3);
  assertEquals(await code("web", "api"), 3);
  assertEquals(await code("nothing"), 4);
  assertEquals(await code("web", "api", "nothing"), 4);
});

kept("status: how runs have ended, why it was restarted, and the last lines", async (home, box) => {
  const once = box.path("once");
  const script =
    `if [ -e ${once} ]; then exec sleep 1000; fi; touch ${once}; echo bye; sleep 0.1; exit 7`;
  await home.imp(["start", "web", "--backoff", "1ms..1ms", "--", "sh", "-c", script]);
  await eventually(
    () => home.record("web", "state")?.restarts === 1 && home.pid("web") !== undefined,
    "it was restarted",
  );
  const text = (await home.done("status", "web")).replaceAll(/\n +/g, " ");
  assertStringIncludes(text, "restarted once, because it ended with an error (exit 7) after ");
  assertStringIncludes(text, "| bye");
  const { facts } = await status(home, "web");
  assertEquals([facts.lastRun.kind, facts.lastRun.exitCode], ["error", 7]);
  assertEquals(facts.runs.length, 1);
  assertStringIncludes(facts.why, "exit 7");
});

kept("status: values of variables stay out, also those of --env", async (home) => {
  await home.done("start", "web", "-E", "TOKEN=geheim", "--", "sleep", "1000");
  const page = await home.done("status", "web");
  assertStringIncludes(page, "TOKEN");
  const all = page + JSON.stringify((await status(home, "web")).facts);
  assert(!all.includes("geheim"));
});

kept(
  "list and status: records that cannot be used are told, what lives is shown all the same",
  async (home) => {
    await home.start("web", "exec sleep 1000");
    const pid = home.pid("web")!;
    const file = `${home.path}/daemons/web/state.json`;
    const whole = await Deno.readTextFile(file);
    try {
      for (const [text, note] of [[whole.slice(0, 40), "damaged"], [`{"schema":99}`, "newer"]]) {
        await Deno.writeTextFile(file, text);
        const row = (await listed(home)).get("web");
        assertEquals([row.pid, row.state, row.kept], [pid, "running", "double"], note);
        assertEquals(row.notes, [`${note} state.json`]);
        assertEquals((await home.imp(["status", "-q", "web"])).code, 0);
      }
      const { bootId, ...rest } = JSON.parse(whole);
      await Deno.writeTextFile(file, JSON.stringify({ ...rest, bootId: `not-${bootId}` }));
      // Its keepers are found all the same, and the program by their page.
      assertEquals((await listed(home)).get("web").pid, pid);
      // A PID that another process has now is not believed.
      const other = { ...rest, bootId, program: { pid, startTicks: 1 } };
      await Deno.writeTextFile(
        file,
        JSON.stringify({ ...other, guard: undefined, keeper: undefined }),
      );
      assertEquals((await listed(home)).get("web").kept, "double");
    } finally {
      await Deno.writeTextFile(file, whole);
    }
  },
);

kept("list and status: a log that was deleted is told", async (home) => {
  await home.start("web", "while :; do echo line; sleep 0.05; done");
  const [log] = (await status(home, "web")).facts.logs;
  await eventually(() => Deno.statSync(log.path).size > 0, "it writes");
  await Deno.remove(log.path);
  assertEquals((await listed(home)).get("web").notes, ["log deleted"]);
  const { facts } = await status(home, "web");
  assertEquals(facts.logs[0].deleted, true);
  // A long path breaks the line.
  assertMatch(await home.done("status", "web"), /was\s+deleted/);
});

kept("list --watch: again and again until a signal ends it, also as JSON", async (home, box) => {
  await home.start("web", "exec sleep 1000");
  const watch = box.start(["list", "--watch", "--json", "--interval", "50ms"], {
    env: home.env,
    stdout: "piped",
  });
  const reader = watch.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n").length < 5) text += (await reader.read()).value ?? "";
  watch.kill("SIGINT");
  assertEquals((await watch.status).signal, "SIGINT");
  await reader.cancel();
  const rows = text.split("\n").slice(0, 4).map((line) => JSON.parse(line));
  assert(rows.every(({ name }) => name === "web"));
  assert(rows[3].at > rows[0].at && rows[3].cpuPercent !== undefined);
});

kept("list --watch: on a terminal each over the one before", async (home, box) => {
  if (!installed("script")) box.skip("script is not installed");
  await home.start("web", "exec sleep 1000");
  const inner = "stty cols 60 rows 20; exec $IMP list --watch --interval 50ms </dev/null";
  const terminal = new Deno.Command("script", {
    args: ["-qec", inner, "/dev/null"],
    env: { ...home.env, IMP: impBinary(), [TAG]: box.tag },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = terminal.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\x1b[H").length < 5) text += (await reader.read()).value ?? "";
  // Its terminal is gone, and so is imp.
  terminal.kill("SIGKILL");
  await terminal.status;
  await reader.cancel();
  const screens = text.split("\x1b[H").slice(1, 4);
  assert(screens.every((screen) => screen.includes("web") && screen.includes("\x1b[K")), text);
});

kept("status: a pidfile, and a name of imp daemon", async (home, box) => {
  const pid = (await home.done("daemon", "-n", "plain", "--", "sleep", "1000")).trim();
  const { code, facts } = await status(home, "plain");
  assertEquals([code, facts.state, String(facts.pid), facts.certain], [0, "running", pid, true]);
  const file = facts.pidfile;
  assertStringIncludes(await home.done("status", "-p", file), `program     ${pid}  sleep 1000`);
  Deno.kill(Number(pid), "SIGKILL");
  await eventually(() => !isAlive(Number(pid)), "it has ended");
  assertEquals((await home.imp(["status", "-q", "-p", file])).code, 1, "dead, with a pidfile");
  assertEquals((await home.imp(["status", "-q", "-p", box.path("nothing")])).code, 3);
});

kept(
  "list --all-users: root sees those of others, with their rights and never through links",
  async (home, box) => {
    const theirs = box.path("theirs");
    await Deno.mkdir(theirs);
    await Deno.chmod(box.directory, 0o755);
    await Deno.chown(theirs, 65534, 65534);
    const asNobody = (...words: string[]) =>
      box.run([
        ...["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"],
        ...[
          impBinary(),
          ...words,
        ],
      ], { env: { IMP_HOME: `${theirs}/home` } });
    await home.start("own", "exec sleep 1000");
    const started = await asNobody("start", "other", "--", "sleep", "1000");
    assertEquals(started.code, 0, started.stderr);
    try {
      const rows = await listed(home, "--all-users");
      assertEquals([rows.get("own")?.user, rows.get("other")?.user], ["root", "nobody"]);
      assertEquals([rows.get("other").state, rows.get("other").kept], ["running", "double"]);
      assertMatch(await home.done("list", "--all-users"), /^NAME +USER +STATE/);
      // A user does not own what a link of that user points to.
      await Deno.rename(`${theirs}/home/daemons`, `${theirs}/moved`);
      await Deno.symlink(`${home.path}/daemons`, `${theirs}/home/daemons`);
      const linked = (await home.done("list", "--json", "--all-users")).trimEnd().split("\n");
      assertEquals(
        linked.map((line) => JSON.parse(line)).filter(({ user }) => user === "nobody"),
        [],
      );
      await Deno.remove(`${theirs}/home/daemons`);
      await Deno.rename(`${theirs}/moved`, `${theirs}/home/daemons`);
      const refused = await asNobody("list", "--all-users");
      assertEquals(refused.code, 125);
      assertStringIncludes(refused.stderr, "EPERM");
    } finally {
      await asNobody("stop", "--all", "--now");
    }
  },
  e2eAsRoot,
);

kept("inspect, tree and orphans know what imp keeps", async (home) => {
  await home.start("web", "(setsid sh -c '(sleep 1000 &)' &); exec sleep 1000");
  const pid = home.pid("web")!;
  const { guard, keeper } = home.waiters("web");
  const title = async (one: number) =>
    JSON.parse(await home.done("inspect", "--json", String(one))).title;
  assertEquals(await title(pid), "daemon kept by imp: web");
  assertEquals(await title(keeper!), "keeper of the daemon web");
  assertEquals(await title(guard!), "guard of the keeper of the daemon web");
  let adopted = 0;
  await eventually(async () => {
    const { tree } = (await status(home, "web")).facts;
    adopted = tree.find((one: Facts) => one.pid !== pid && one.comm === "sleep")?.pid ?? 0;
    return tree.length === 2 && adopted > 0;
  }, "what left the tree is below the keeper");
  assertEquals(await title(adopted), "daemon kept by imp: web");
  const rows = JSON.parse(await home.done("orphans", "--json")).orphans;
  const known = [pid, keeper, guard, adopted];
  assertEquals(rows.filter((row: Facts) => known.includes(row.pid)), []);
  const lines = (await home.done("tree", String(pid))).split("\n");
  assert(lines.some((line) => line.includes(`${pid} `) && line.includes("daemon")));
});

kept("list and status: what runs is seen when its records have been removed", async (home) => {
  await home.start("web", "exec sleep 1000");
  const pid = home.pid("web")!;
  await Deno.rename(`${home.path}/daemons`, `${home.path}/moved`);
  try {
    const row = (await listed(home)).get("web");
    assertEquals([row.pid, row.state, row.kept], [pid, "running", "double"]);
    const { code, facts } = await status(home, "web");
    assertEquals([code, facts.pid], [0, pid]);
    assertEquals(facts.records.map(({ is }: Facts) => is), ["missing", "missing", "missing"]);
    assertEquals((await home.imp(["status", "-q", "other"])).code, 4);
  } finally {
    await Deno.rename(`${home.path}/moved`, `${home.path}/daemons`);
  }
});

kept("status: where the code of the keepers lies", async (home) => {
  for (const kind of ["file", "memfd", "resident"]) {
    await home.done("start", kind, "--waiter", kind, "--", "sleep", "1000");
    const { facts } = await status(home, kind);
    assertEquals([facts.waiter, facts.kept], [kind, "double"]);
  }
});

kept(
  "list and status: who calls itself a keeper is none",
  async (home, box) => {
    await home.start("web", "exec sleep 1000");
    await home.killWaiters("web");
    await Deno.chmod(box.directory, 0o755);
    // The program takes its name from its file, and looks at no words.
    const named = box.script("imp-keeper", "#!/bin/sh\nwhile :; do sleep 0.1; done\n");
    const asNobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups", named];
    const pretender = new Deno.Command("setpriv", {
      args: [...asNobody, "keeper-turn", `${home.path}/daemons/web`],
      env: { [TAG]: box.tag },
    }).spawn();
    try {
      const comm = () => Deno.readTextFileSync(`/proc/${pretender.pid}/comm`).trim();
      await eventually(() => comm() === "imp-keeper", "it has the name");
      assertEquals((await listed(home)).get("web").kept, "unkept");
    } finally {
      pretender.kill("SIGKILL");
      await pretender.status;
    }
  },
  e2eAsRoot,
);

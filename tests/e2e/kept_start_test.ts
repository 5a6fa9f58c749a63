// imp start: one daemon for each name, and what imp says about it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { contentOf, eventually, exists, isAlive, rounds, sideBySide } from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

e2e(
  "start: a daemon that is kept, named after its program; --json; the caller's directory",
  async (box) => {
    const home = new KeptHome(box);
    const said = await home.done("start", "--", "sleep", "1000");
    assertMatch(said, /^sleep \(the name of its program\): started, pid \d+, in \d+/);
    const facts = JSON.parse(
      await home.done(
        "start",
        "web",
        "--json",
        "-C",
        ".",
        "--",
        "sh",
        "-c",
        "pwd; exec sleep 1000",
      ),
    );
    assertEquals([facts.name, facts.result, facts.done, facts.ready], ["web", "runs", true, true]);
    assert(isAlive(facts.pid));
    const log = `${home.path}/logs/web.log`;
    await eventually(
      () => contentOf(log) === `${box.directory}\n`,
      "it writes its log",
    );
    assertEquals(await home.done("start", "-q", "other", "--", "sleep", "1000"), "");
    await home.done("stop", "--all");
  },
);

e2e(
  "start: a program that is missing or cannot be executed is reported before anything is written",
  async (box) => {
    const home = new KeptHome(box);
    box.script("nointerpreter", "#!/nowhere/sh\n");
    await Deno.writeTextFile(box.path("plain"), "text");
    const table: [words: string[], code: number, message: RegExp][] = [
      [["web", "--", "imp-test-nothing"], 127, /cannot find imp-test-nothing: ENOENT/],
      [["web", "--", "./nothing"], 127, /cannot execute \S+\/nothing: ENOENT/],
      [["web", "--", "./plain"], 126, /EACCES/],
      [["web", "--", "./nointerpreter"], 126, /\/nowhere\/sh/],
      [["web", "-C", "/nowhere", "--", "true"], 125, /change directory to \/nowhere: ENOENT/],
      [["web", "-u", "imp-test-nobody", "--", "true"], 125, /no such user/],
      [["web", "--env-file", "./nothing", "--", "true"], 1, /environment file \S+: ENOENT/],
      [["web", "--pre", "./nothing", "--", "true"], 1, /cannot use --pre '.*': cannot/],
      [
        ["web", "--ready", "cmd:./nothing", "--", "true"],
        1,
        /cannot use --ready 'cmd:\/\S*\/nothing': /,
      ],
      [
        ["web"],
        1,
        /cannot start .web.: no kept daemon has that name\n +imp start web -- PROGRAM creates it/,
      ],
    ];
    for (const [words, code, message] of table) {
      const result = await home.imp(["start", ...words]);
      assertEquals([result.code, result.stdout], [code, ""], words.join(" "));
      assertMatch(result.stderr, message);
    }
    assertEquals(exists(`${home.path}/daemons`), false);
  },
);

e2e(
  "start: what ends at once is reported, with how and its last lines, and stopped or tried again",
  async (box) => {
    const home = new KeptHome(box);
    const script = "echo hello; echo bad >&2; exit 3";
    const once = await home.imp(["start", "web", "--restart", "no", "--", "sh", "-c", script]);
    assertEquals([once.code, once.stdout], [1, ""]);
    assertMatch(
      once.stderr,
      /^imp start: web: not running: .*\n {2}it ended with an error \(exit 3\)\n {2}\| hello\n {2}\| bad\n$/,
    );
    const again = await home.imp([
      ...["start", "more", "--backoff", "10m", "--", "sh", "-c", "kill -SEGV $$"],
    ]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "it ended by a fatal fault: SEGV");
    assertStringIncludes(again.stderr, "  its keeper tries again; 'imp stop more' ends that\n");
    // It waits, and a request to start it is carried out at once.
    const third = await home.imp(["start", "more"]);
    assertStringIncludes(third.stderr, "it ended by a fatal fault: SEGV");
    assertEquals(home.record("more", "state").runs.length, 2);
    const large = await home.imp(["start", "large", "--max-rss", "4K", "--", "sleep", "1000"]);
    assertEquals(large.code, 1);
    assertMatch(
      large.stderr,
      /\n {2}it was killed by TERM, by its keeper: --max-rss 4K, it has .*\n/,
    );
    await home.done("stop", "--all");
  },
);

e2e(
  "start: a running name is refused; --oknodo takes it; without a program as before",
  async (box) => {
    const home = new KeptHome(box);
    await home.done("start", "web", "-E", "A=1", "--", "sh", "-c", "echo $A $B; exec sleep 1000");
    const pid = home.pid("web");
    const refused = await home.imp(["start", "web"]);
    assertEquals([refused.code, refused.stderr], [
      1,
      `imp start: web: already running, pid ${pid}\n`,
    ]);
    assertEquals(await home.done("start", "web", "--oknodo"), `web: already running, pid ${pid}\n`);
    await home.done("stop", "web");
    const log = () => contentOf(`${home.path}/logs/web.log`);
    const env = { ...home.env, B: "2" };
    await home.imp(["start", "web"], { env });
    await eventually(() => log() === "1\n1\n", "the recorded environment");
    await home.done("stop", "web");
    await home.imp(["start", "web", "--new-env"], { env });
    await eventually(() => log() === "1\n1\n1 2\n", "the new environment");
    await home.done("stop", "web");
  },
);

e2e(
  "start: several by name, patterns, all: what is stopped is started, what runs is left and told",
  async (box) => {
    const home = new KeptHome(box);
    for (const name of ["a", "b", "c"]) await home.start(name, "exec sleep 1000");
    await home.done("stop", "a", "b");
    const pid = home.pid("c");
    const some = await home.imp(["start", "a", "c", "nobody"]);
    assertEquals(some.code, 1);
    assertMatch(some.stdout, /^a: started, pid \d+, in .*\n$/);
    assertStringIncludes(some.stderr, `imp start: c: already running, pid ${pid}\n`);
    assertStringIncludes(some.stderr, "cannot start 'nobody': no kept daemon has that name");
    assertEquals(home.pid("b"), undefined);
    const all = (await home.done("start", "--all", "--json")).trim().split("\n")
      .map((line) => JSON.parse(line)).sort((x, y) => x.name < y.name ? -1 : 1);
    assertEquals(
      all.map(({ name, result, done }) => [name, result, done]),
      [["a", "running already", true], ["b", "runs", true], ["c", "running already", true]],
    );
    assertEquals([home.pid("c"), all[1].pid], [pid, home.pid("b")]);
    await home.done("stop", "[ab]");
    assertMatch(await home.done("start", "[ab]", "--no-wait"), /a: its keeper starts it/);
    await home.done("start", "*");
    await home.done("stop", "--all");
  },
);

e2e("start: other options are shown, and taken with --replace", async (box) => {
  const home = new KeptHome(box);
  await home.done("start", "web", "-E", "KEY=secret-1", "--", "sleep", "1000");
  const before = home.pid("web")!;
  const changed = ["start", "web", "-E", "KEY=secret-2", "--", "sleep", "1001"];
  const refused = await home.imp(changed);
  assertEquals(refused.code, 1);
  assertEquals(refused.stderr.split("\n"), [
    `imp start: web: already running, pid ${before}, and known with other options; --replace takes these and restarts it`,
    "  - -- sleep 1000",
    "  + -- sleep 1001",
    "  - --env KEY (a value that is not shown)",
    "  + --env KEY (another value)",
    "",
  ]);
  const taken = await home.imp(["start", "web", "--replace", ...changed.slice(2)]);
  assertEquals(taken.code, 0, taken.stderr);
  const after = home.pid("web")!;
  assert(after !== before && !isAlive(before) && isAlive(after));
  assertEquals(home.record("web", "settings").words, ["sleep", "1001"]);
  // The same again makes no difference.
  const same = await home.imp(["start", "web", "--replace", ...changed.slice(2)]);
  assertEquals([same.code, same.stdout], [0, `web: already running, pid ${after}\n`], same.stderr);
  await home.done("stop", "web");
  const stopped = await home.imp(["start", "web", "--", "sleep", "1000"]);
  assertStringIncludes(stopped.stderr, "web: known with other options; --replace takes these\n");
});

e2e("start: INT while it waits undoes it", async (box) => {
  const home = new KeptHome(box);
  const start = box.start(
    [
      "start",
      "web",
      "--ready",
      "log:never",
      "--",
      "sh",
      "-c",
      `touch ${box.path("up")}; exec sleep 1000`,
    ],
    { env: home.env, stderr: "piped" },
  );
  await eventually(() => exists(box.path("up")), "it runs");
  start.kill("SIGINT");
  const { signal, stderr } = await start.output();
  assertEquals(signal, "SIGINT");
  assertEquals(
    new TextDecoder().decode(stderr),
    "imp start: web: interrupted; it is stopped again\n",
  );
  assertEquals(home.record("web", "intent").wanted, "stop");
  assertEquals(box.processes(), []);
});

e2e("start: a HUP that the caller ignores does not undo it", async (box) => {
  const home = new KeptHome(box);
  const words = `--ready file:${box.path("ready")} -- sh -c 'touch ${
    box.path("up")
  }; exec sleep 1000'`;
  const { code, stderr } = await box.sh(
    `trap '' HUP; "$IMP" start web ${words} & until test -e ${box.path("up")}; do sleep 0.01; done
    kill -HUP $!; touch ${box.path("ready")}; wait $!`,
    { env: home.env },
  );
  assertEquals([code, stderr], [0, ""]);
  await home.done("stop", "web");
});

e2e("start: instances, each with its number, name and log", async (box) => {
  const home = new KeptHome(box);
  const words = ["--", "sh", "-c", "echo $IMP_INSTANCE; exec sleep 1000"];
  const said = await home.done("start", "web", "--instances", "3", ...words);
  assertEquals(said.split("\n").map((line) => line.split(":")[0]).sort(), [
    ...["", "web@1", "web@2", "web@3"],
  ]);
  for (const n of [1, 2, 3]) {
    const log = `${home.path}/logs/web@${n}.log`;
    await eventually(() => contentOf(log) === `${n}\n`, log);
  }
  const alone = await home.imp(["start", "web", ...words]);
  assertStringIncludes(alone.stderr, "web@1, web@2, web@3 are known");
  await home.done("stop", "web@2");
  assertMatch(await home.done("start", "web@2"), /^web@2: started/);
  await home.done("stop", "web");
  assertEquals(box.processes(), []);
});

e2e("start: a name of imp daemon -n is refused, and one of imp start there", async (box) => {
  const home = new KeptHome(box);
  const pid = Number(await home.done("daemon", "-n", "web", "--", "sleep", "1000"));
  const refused = await home.imp(["start", "web", "--", "sleep", "1000"]);
  assertEquals(refused.code, 1);
  assertStringIncludes(
    refused.stderr,
    `imp daemon -n web has started a daemon of that name, which is running, pid ${pid}`,
  );
  Deno.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid), "it has ended");
  await home.done("start", "web", "--", "sleep", "1000");
  const other = await home.imp(["daemon", "-n", "web", "--", "sleep", "1000"]);
  assertEquals(other.code, 1);
  assertStringIncludes(other.stderr, "imp start keeps a daemon of that name");
  await home.done("stop", "web");
});

e2e("start: many clients at once, one daemon", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("starts");
  const words = ["start", "web", "--", "sh", "-c", `echo $$ >>${file}; exec sleep 1000`];
  const results = await Promise.all(Array.from({ length: rounds(16, 40) }, () => home.imp(words)));
  assertEquals(results.filter(({ code }) => code === 0).length, 1);
  for (const { code, stderr } of results) {
    if (code !== 0) {
      // On a busy machine a client gives up before it is its turn, and says who is at work.
      assertMatch(
        stderr,
        /^imp start: web: already (running, pid \d+|being started\n.*)\n$|^imp start: .* held for more than 5 s by /,
      );
    }
  }
  assertEquals(Deno.readTextFileSync(file).trim().split("\n").length, 1);
  await home.done("stop", "web");
});

e2e(
  "start: one name, started again and again by twenty at once: one daemon each time",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("starts");
    const options = { env: home.env };
    for (let i = 1; i <= rounds(2, 50); i++) {
      const { stdout, stderr } = await box.sh(
        `for i in $(seq 20); do
        "$IMP" start web -- sh -c 'echo $$ >>${file}; exec sleep 1000' && echo one &
      done; wait; "$IMP" stop web`,
        options,
      );
      assertEquals(stdout.match(/^one$/gm)?.length, 1, stdout + stderr);
      assertEquals((await pidsIn(file)).length, i);
      assertEquals(box.processes(), []);
    }
  },
);

e2e(
  "start: what has never run is tried again with other options, without --replace",
  async (box) => {
    const home = new KeptHome(box);
    const words = ["--restart", "no", "--", "sleep", "1000"];
    const failed = await home.imp(["start", "web", "--limit", "nofile=64:999999999999", ...words]);
    assertEquals(failed.code, 1, failed.stdout);
    await home.done("start", "web", ...words);
    await home.done("stop", "web");
  },
);

e2e("start: no_new_privs of the caller is reported", async (box) => {
  const home = new KeptHome(box);
  const { stdout } = await box.sh(
    `setpriv --no-new-privs "$IMP" start web -- sleep 1000`,
    { env: home.env },
  );
  const init = Deno.readTextFileSync("/proc/1/status");
  if (/NoNewPrivs:\t0/.test(init)) assertStringIncludes(stdout, "no_new_privs is set");
  await home.done("stop", "web");
});

e2e("start: records of a newer imp are left alone, damaged ones until --replace", async (box) => {
  const home = new KeptHome(box);
  const words = ["--", "sleep", "1000"];
  await home.done("start", "web", ...words);
  await home.done("stop", "web");
  const file = `${home.path}/daemons/web/settings.json`;
  const text = Deno.readTextFileSync(file);
  const newer = text.replace('"schema":1', '"schema":99');
  for (
    const [content, why] of [[newer, "a newer imp wrote them"], [text.slice(0, 50), "cut off"]]
  ) {
    Deno.writeTextFileSync(file, content);
    for (const more of [[], words, ...content === newer ? [["--replace", ...words]] : []]) {
      const { code, stderr } = await home.imp(["start", "web", ...more]);
      assertEquals([code, Deno.readTextFileSync(file)], [125, content]);
      assertStringIncludes(stderr, why);
    }
  }
  await home.done("start", "web", "--replace", ...words);
  await home.done("stop", "web");
});

e2e("start: a caller without standard output is not told", async (box) => {
  const home = new KeptHome(box);
  const { code, stderr } = await box.sh('"$IMP" start web -- sleep 1000 >&-', { env: home.env });
  assertEquals([code, stderr], [0, ""]);
  await home.done("stop", "web");
});

e2e("start --no-wait: returns at once", async (box) => {
  const home = new KeptHome(box);
  const words = ["--ready", "log:up", "--", "sh", "-c", "exec sleep 1000"];
  const said = await home.done("start", "web", "--no-wait", ...words);
  assertEquals(said, "web: its keeper starts it\n");
  await eventually(() => home.pid("web") !== undefined, "it runs");
  assertEquals(home.record("web", "state").phase, "starting");
  const again = await home.imp(["start", "web"]);
  assertMatch(again.stderr, /^imp start: web: already running, pid \d+\n$/);
  // What ends it before it is ready is reported as at any other time.
  await home.done("start", "web", "--no-wait", "--replace", ...words, "more");
  await eventually(() => home.pid("web") !== undefined, "the other one runs");
  await home.done("stop", "web");
  const ends = home.record("web", "state").runs
    .map(({ signal, by, failedStart }: Record<string, unknown>) => [signal, by, failedStart]);
  assertEquals(ends, [["TERM", "imp start web", false], ["TERM", "imp stop web", false]]);
});

e2e("start: racing starts and stops, never two copies", async (box) => {
  const home = new KeptHome(box);
  // The lock is held by all of its tree: a new one must not begin before the old one is gone.
  const program = box.script(
    "program",
    `#!/bin/sh\nexec 9>>${box.path("held")}; flock -n 9 || echo two >>${box.path("two")}\n` +
      "while :; do sleep 0.05; done\n",
  );
  await home.imp(["start", "web", "--restart", "no", "--", program]);
  for (let i = 0; i < rounds(4, 300); i++) {
    await Promise.all([
      ...[1, 2, 3, 4].map(() => home.imp(["start", "web"])),
      home.imp(["stop", "web"]),
      ...[1, 2, 3].map(() => home.imp(["start", "web", "--oknodo"])),
      home.imp(["restart", "web"]),
    ]);
  }
  await home.done("stop", "web");
  assertEquals([exists(box.path("two")), box.processes()], [false, []]);
});

e2e("start: a living keeper whose records are lost is found", async (box) => {
  const home = new KeptHome(box);
  await home.done("start", "web", "--", "sleep", "1000");
  const pid = home.pid("web");
  await Deno.remove(`${home.path}/daemons`, { recursive: true });
  const again = await home.imp(["start", "web", "--", "sleep", "1000"]);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, `already running, pid ${pid}`);
  await home.done("stop", "web");
  assertEquals(box.processes(), []);
});

e2e("start: of a run that has failed, its own last lines are reported", async (box) => {
  const home = new KeptHome(box);
  const way = ["--restart", "no", "--log", box.path("web.log")];
  const start = async (...options: string[]) => {
    const { code, stderr } = await home.imp(
      ["start", "web", "--replace", ...way, ...options, "--", "sh", "-c", "echo alone; exit 3"],
    );
    assertEquals(code, 1);
    return stderr.split("\n").filter((line) => line.startsWith("  | "));
  };
  for (let i = 0; i < 3; i++) assertEquals(await start(), ["  | alone"]);
  // Read by another process.
  for (let i = 0; i < 2; i++) {
    const [line, ...more] = await start("--log-format", "time");
    assertMatch(line, /^ {2}\| \S+Z alone$/);
    assertEquals(more, []);
  }
  assertEquals(Deno.readTextFileSync(box.path("web.log")).match(/alone/g)?.length, 5);
});

e2e(
  "start: the keeper holds the pipe of a log: a program that ends before anybody reads it loses no line",
  async (box) => {
    const home = new KeptHome(box);
    const words = ["--restart", "no", "--start-seconds", "0", "--log-format", "json"];
    await home.start("held", "exec sleep 1000", ...words);
    const { keeper } = home.waiters("held");
    const fds = [...Deno.readDirSync(`/proc/${keeper}/fd`)].map(({ name }) =>
      Deno.readLinkSync(`/proc/${keeper}/fd/${name}`)
    );
    assert(fds.some((path) => path.endsWith("/log.stdout.pipe")), fds.join(" "));
    await home.done("stop", "held");
    const names = Array.from({ length: 4 }, (_, i) => `short${i}`);
    for (const name of names) await home.start(name, "echo last words", ...words);
    for (const name of names) {
      await eventually(
        async () => (await home.imp(["logs", name])).stdout.includes("last words"),
        `the line of ${name}`,
      );
    }
  },
);

e2e("start: a program that ends well by itself", async (box) => {
  const home = new KeptHome(box);
  const words = ["--restart", "no", "--", "sh", "-c", "exit 0"];
  const { stderr } = await home.imp(["start", "soon", ...words]);
  if (stderr !== "") assertStringIncludes(stderr, "--start-seconds");
  await eventually(() => home.record("soon", "state").phase === "failed", "it was too short");
  const well = await home.done("start", "once", "--start-seconds", "0", ...words);
  assertMatch(well, /^once: started, /);
  await eventually(() => home.record("once", "state").phase === "finished", "it has finished");
});

// imp stop: nothing of a daemon is left, whatever it has made of itself.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2eAsRoot, eventually, exists, isAlive, NEVER, rounds, sideBySide } from "./harness.ts";
import { assertGone, KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

e2e("stop: main dies on TERM, a child in its group ignores it", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("pids");
  await home.start(
    "web",
    `sh -c 'trap "" TERM; echo $$ >>${file}; while :; do sleep 1; done' & wait`,
  );
  const [child] = await pidsIn(file);
  const main = home.pid("web")!;
  const said = await home.done("stop", "-t", "300ms", "web");
  assertMatch(said, /^web: stopped \(pid \d+\) in .*by KILL\n$/);
  assertGone([main, child]);
  const { phase, runs } = home.record("web", "state");
  assertEquals([phase, runs.at(-1).by], ["stopped", "imp stop web"]);
  assertEquals(home.waiters("web"), { guard: undefined, keeper: undefined });
});

e2e("stop: a pipeline ends whole", async (box) => {
  const home = new KeptHome(box);
  await home.start(
    "web",
    `while :; do echo x; sleep 0.01; done | tee ${box.path("out")} >/dev/null`,
  );
  await eventually(() => exists(box.path("out")), "it writes");
  await home.done("stop", "web");
  assertEquals(box.processes(), []);
});

e2e("stop: sessions of their own, double forks, TERM ignored", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("pids");
  const stubborn = `trap "" TERM HUP INT; echo $$ >>${file}; while :; do sleep 1; done`;
  box.script("stubborn", `#!/bin/sh\n${stubborn}\n`);
  await home.start(
    "web",
    `(setsid ${box.path("stubborn")} &); (nohup ${box.path("stubborn")} >/dev/null 2>&1 &); ` +
      `setsid sh -c '(${box.path("stubborn")} &)'; exec sleep 1000`,
  );
  const pids = await pidsIn(file, 3);
  const outcome = JSON.parse(await home.done("stop", "--json", "-t", "100ms", "web"));
  assertEquals([outcome.name, outcome.result, outcome.done], ["web", "stopped", true]);
  assert(outcome.killed >= 3, `${outcome.killed}`);
  assertGone(pids);
});

e2e("stop: what is started while the others are ended", async (box) => {
  const home = new KeptHome(box);
  const path = box.path("again");
  // Each that is asked to end starts two others first.
  box.script(
    "again",
    `#!/bin/sh\ntrap 'setsid ${path} & setsid ${path} & exit' TERM\ntouch ${
      box.path("there")
    }\nwhile :; do sleep 0.05; done\n`,
  );
  await home.start("web", `exec ${path}`);
  await eventually(() => exists(box.path("there")), "it runs");
  await home.done("stop", "-t", "300ms", "web");
  assertEquals(box.processes(), []);
});

e2e("stop: many at once, and a slow one holds up nobody", async (box) => {
  const home = new KeptHome(box);
  const names = Array.from({ length: rounds(20, 500) }, (_, i) => `w${i}`);
  for (let i = 0; i < names.length; i += 10) {
    const some = names.slice(i, i + 10);
    await Promise.all(some.map((name) => home.start(name, "sleep 1000 & exec sleep 1000")));
  }
  const file = box.path("pids");
  await home.start("slow", `trap "" TERM; echo $$ >${file}; while :; do sleep 1; done`);
  const [slow] = await pidsIn(file);
  const lines: string[] = [];
  const stop = box.start(["stop", "--all", "-t", NEVER], { env: home.env, stdout: "piped" });
  const reading = (async () => {
    for await (const chunk of stop.stdout.pipeThrough(new TextDecoderStream())) {
      lines.push(...chunk.split("\n").filter(Boolean));
    }
  })();
  await eventually(() => lines.length === names.length, () => `${lines.length} are told of`);
  assertEquals(lines.map((line) => line.split(":")[0]).sort(), names.toSorted());
  assert(isAlive(slow));
  await home.done("stop", "--now", "slow");
  assertEquals((await stop.status).code, 0);
  await reading;
});

e2e(
  "stop: what is not running counts as stopped; unknown names are reported with the nearest one",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "exec sleep 1000");
    await home.done("stop", "web");
    assertEquals(await home.done("stop", "web"), "web: not running\n");
    const { code, stderr } = await home.imp(["stop", "wev", "w*"]);
    assertEquals(code, 1);
    assertStringIncludes(stderr, "did you mean web?");
  },
);

e2e("stop: is final for a daemon that crashes in a loop, also while it waits", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("runs");
  await home.imp([
    "start",
    "web",
    "--backoff",
    "10ms..50ms",
    "--",
    "sh",
    "-c",
    `echo $$ >>${file}; exit 3`,
  ]);
  await pidsIn(file, 3);
  await home.done("stop", "web");
  const after = Deno.readTextFileSync(file);
  assertEquals(home.record("web", "state").phase, "stopped");
  assertEquals(home.waiters("web"), { guard: undefined, keeper: undefined });
  assertEquals(box.processes(), []);
  assertEquals(Deno.readTextFileSync(file), after);
});

e2e("stop: two at the same time both return when it has ended", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", `trap "sleep 0.5; exit" TERM; while :; do sleep 0.1; done`);
  const results = await Promise.all([1, 2, 3].map(() => home.imp(["stop", "web"])));
  assertEquals(results.map(({ code }) => code), [0, 0, 0], JSON.stringify(results));
  assertEquals(box.processes(), []);
});

e2e("stop: Ctrl-C returns at once, and the keeper goes on", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("asked");
  await home.start(
    "web",
    `trap "echo $$ >>${file}" TERM; while :; do sleep 0.05; done`,
    "--stop",
    `TERM:${NEVER}`,
  );
  const stop = box.start(["stop", "web"], { env: home.env, stderr: "piped" });
  await pidsIn(file);
  stop.kill("SIGINT");
  const { signal, stderr } = await stop.output();
  assertEquals(signal, "SIGINT");
  assertMatch(new TextDecoder().decode(stderr), /not stopped yet; its keeper \(pid \d+\) goes on/);
  // The keeper asks as well.
  await pidsIn(file, 2);
  await home.done("stop", "--now", "web");
});

e2e("stop: goes on when the command is killed", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("asked");
  await home.start(
    "web",
    `trap "echo $$ >>${file}" TERM; while :; do sleep 0.05; done`,
    "--stop",
    "TERM:2s",
  );
  const stop = box.start(["stop", "-t", NEVER, "web"], { env: home.env });
  await pidsIn(file);
  stop.kill("SIGKILL");
  await stop.status;
  await eventually(() => box.processes().length === 0, "its keeper has stopped it");
  assertEquals(home.record("web", "state").phase, "stopped");
});

e2e("stop: a keeper that was stopped by a signal is not needed", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "sleep 1000 & exec sleep 1000");
  const { keeper } = home.waiters("web");
  Deno.kill(keeper!, "SIGSTOP");
  const said = await home.done("stop", "web");
  assertStringIncludes(said, "was stopped by a signal");
  assertEquals(home.record("web", "state").phase, "stopped");
  assertEquals(box.processes(), []);
});

for (const which of ["guard", "keeper", "both"] as const) {
  e2e(`stop: kill -9 of ${which}, then stop`, async (box) => {
    const home = new KeptHome(box);
    const file = box.path("pids");
    await home.start(
      "web",
      `(setsid sh -c 'echo $$ >>${file}; exec sleep 1000' &); exec sleep 1000`,
    );
    const pids = [...await pidsIn(file), home.pid("web")!];
    if (which === "both") await home.killWaiters("web");
    else Deno.kill(home.waiters("web")[which]!, "SIGKILL");
    await home.done("stop", "web");
    assertGone(pids);
    assertEquals(home.record("web", "state").phase, "stopped");
    assertEquals(box.processes(), []);
  });
}

e2e("stop --kill-mode main: the sessions of a server survive, and are reported", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("pids");
  await home.start(
    "sshd",
    `setsid sh -c 'echo $$ >>${file}; exec sleep 1000' & wait`,
    "--kill-mode",
    "main",
  );
  const [session] = await pidsIn(file);
  const said = await home.done("stop", "sshd");
  assertStringIncludes(said, `left running (--kill-mode main):\n  ${session} `);
  assert(isAlive(session));
  await box.endAll();
});

e2e("stop: --stop-cmd comes before the signals", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("said");
  await home.start(
    "web",
    `trap "echo TERM >>${file}; exit" TERM; while :; do sleep 0.05; done`,
    "--stop-cmd",
    `sh -c 'echo $MAINPID >>${file}'`,
  );
  const main = home.pid("web")!;
  await home.done("stop", "web");
  assertEquals(Deno.readTextFileSync(file), `${main}\nTERM\n`);
});

e2e("stop from within its own tree is left to the keeper", async (box) => {
  const home = new KeptHome(box);
  const [out, go] = [box.path("out"), box.path("go")];
  const wait = `until [ -e ${go} ]; do sleep 0.02; done`;
  await home.start("web", `${wait}; $IMP stop web >${out} 2>&1; exec sleep 1000`);
  Deno.writeTextFileSync(go, "");
  await eventually(() => home.record("web", "state")?.phase === "stopped", "it is stopped");
  await eventually(() => box.processes().length === 0, "nothing is left");
  assertMatch(Deno.readTextFileSync(out), /^web: its keeper \(pid \d+\) stops it/);
});

e2eAsRoot("stop: a process of root in a user's tree is named, and the code is 1", async (box) => {
  const home = new KeptHome(box);
  const setpriv = (await box.sh("command -v setpriv")).stdout.trim();
  Deno.copyFileSync(setpriv, box.path("become"));
  Deno.chmodSync(box.path("become"), 0o4755);
  Deno.mkdirSync(home.path);
  Deno.chownSync(home.path, 65534, 65534);
  Deno.chmodSync(box.directory, 0o755);
  const as = "setpriv --reuid 65534 --regid 65534 --clear-groups";
  const imp = (words: string) =>
    box.sh(`exec ${as} "$IMP" ${words}`, { env: { ...home.env, HOME: "/" } });
  const started = await imp(
    `start web -- sh -c '${
      box.path("become")
    } --reuid 0 --regid 0 --clear-groups sleep 1000 & wait'`,
  );
  assertEquals(started.code, 0, started.stderr);
  await eventually(async () => (await box.sh("pgrep -x -u 0 sleep")).code === 0, "root's is there");
  const { code, stderr } = await imp("stop -t 100ms web");
  assertEquals(code, 1, stderr);
  assertMatch(
    stderr,
    /not all of it could be ended\n {2}\d+ sleep \(user root\): not permitted \(EPERM\)/,
  );
  await box.endAll();
}, ["setpriv", "pgrep"]);

e2e("stop: of a daemon whose records were removed while it runs", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("pids");
  await home.start("web", `(setsid sh -c 'echo $$ >>${file}; exec sleep 1000' &); exec sleep 1000`);
  const pids = [...await pidsIn(file), home.pid("web")!];
  Deno.removeSync(home.path, { recursive: true });
  await home.done("stop", "web");
  assertGone(pids);
  assertEquals(box.processes(), []);
});

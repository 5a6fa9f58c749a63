import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  endIfThere,
  eventually,
  exists,
  impBinary,
  isAlive,
  sideBySide,
  statFields,
  wordsOf,
} from "./harness.ts";
import { cgroupOfKept } from "../../src/keeper/tree/kept_cgroup.ts";
import { KeptDaemon } from "./kept_daemon.ts";

const e2e = sideBySide();

/** Numbers of processes with these words. */
function running(pids: readonly number[], word: string): number[] {
  return pids.filter((pid) => isAlive(pid) && wordsOf(pid).join(" ").includes(word));
}

e2e(
  "kept: a program is started once, restarted when it is killed, and stopped for good",
  async (box) => {
    const web = new KeptDaemon(box);
    const { keeper, guard } = web.start({ words: ["sleep", "1000"], startMs: 0 });
    const first = await web.reaches("running");
    assertEquals([first.keeper, first.guard], [keeper, guard]);
    // Its turn has it until it exits.
    await eventually(() => statFields(web.pid)?.[1] === String(keeper.pid), "its parent");
    // It leads a session of its own.
    assertEquals(statFields(web.pid)![3], String(web.pid));
    endIfThere(web.pid);
    const second = await web.reaches("running", ({ restarts }) => restarts === 1);
    const [run] = second.runs;
    assertEquals([run.pid, run.kind, run.signal, run.by, run.core], [
      first.program!.pid,
      "killed",
      "KILL",
      undefined,
      false,
    ]);
    const stopped = await web.stop();
    assertEquals([stopped.runs.at(-1)!.by, stopped.runs.at(-1)!.signal], ["imp stop web", "TERM"]);
    assertEquals(stopped.keeper, undefined);
  },
);

e2e("kept: ends of all kinds are distinguished, with the last lines of the log", async (box) => {
  const web = new KeptDaemon(box);
  const script = box.script(
    "prog",
    `#!/bin/sh
n=$(cat ${box.path("n")} 2>/dev/null || echo 0); echo $((n + 1)) > ${box.path("n")}
echo "run $n"
case $n in
  0) exit 3 ;;
  1) ulimit -c 0; kill -SEGV $$ ;;
  2) kill -KILL $$ ;;
  3) exit 7 ;;
esac
exit 0
`,
  );
  web.start({ words: [script], startMs: 0, success: [7], backoff: { firstMs: 1, mostMs: 1 } });
  const state = await web.reaches("finished");
  await web.isLeft();
  assertEquals(state.runs.map(({ kind, exitCode, signal }) => [kind, exitCode, signal]), [
    ["error", 3, undefined],
    ["fault", undefined, "SEGV"],
    ["killed", undefined, "KILL"],
    ["normal", 7, undefined],
  ]);
  assertEquals(state.runs[1].lastLines, ["run 1"]);
  assertEquals([state.keeper, state.guard, state.program], [undefined, undefined, undefined]);
});

e2e(
  "kept: what fails at once is tried again after growing pauses, and stop is final then",
  async (box) => {
    const web = new KeptDaemon(box);
    web.start({ words: ["false"], backoff: { firstMs: 30, mostMs: 100_000 } });
    const waiting = await web.reaches("waiting", ({ failures }) => failures >= 4);
    const pauses = waiting.runs.map(({ startedAt }, i, runs) => startedAt - runs[i - 1]?.startedAt);
    assert(pauses[3] > 2 * 30 * 0.75, `${pauses}`);
    await web.stop();
    assertEquals(exists(box.path("never")), false);
  },
);

e2e("kept: --max-restarts gives up, and says so", async (box) => {
  const web = new KeptDaemon(box);
  web.start({
    words: ["sh", "-c", "echo it is wrong; exit 9"],
    backoff: { firstMs: 1, mostMs: 2 },
    maxRestarts: { count: 3, withinMs: 600_000 },
  });
  const state = await web.reaches("failed");
  await web.isLeft();
  assertEquals([state.runs.length, state.restarts], [4, 3]);
  assertMatch(state.reason!, /as often as --max-restarts allows/);
  assertEquals(state.runs.at(-1)!.lastLines.at(-1), "it is wrong");
});

e2e("kept: a program that cannot be executed fails for good at the first start", async (box) => {
  const web = new KeptDaemon(box);
  web.start({ words: [box.path("missing")] });
  const state = await web.reaches("failed");
  await web.isLeft();
  assertMatch(state.reason!, /cannot execute .*missing: ENOENT/);
  const other = new KeptDaemon(box, "other");
  other.start({ words: ["sleep", "1000"], directory: box.path("nowhere") });
  assertMatch((await other.reaches("failed")).reason!, /change directory to .*nowhere: ENOENT/);
  await other.isLeft();
});

e2e("kept: the whole tree ends, what ignores TERM and what has left its session", async (box) => {
  const web = new KeptDaemon(box);
  const script = box.script(
    "tree",
    `#!/bin/bash
(trap '' TERM; exec -a stubborn sleep 1000) &
(setsid -f bash -c 'exec -a daemonic sleep 1000')
exec sleep 1000
`,
  );
  web.start({ words: [script], stop: [{ signal: 15, wait: 300 }] });
  await web.reaches("running");
  await eventually(() => running(box.processes(), "sleep 1000").length === 1, "the program");
  await eventually(() => running(box.processes(), "1000").length === 3, "its children");
  await web.stop();
  assertEquals(running(box.processes(), "1000"), []);
});

e2e(
  "kept: a program is restarted only when what it left is gone; --kill-mode main leaves it",
  async (box) => {
    for (const killMode of ["tree", "main"] as const) {
      const web = new KeptDaemon(box, killMode);
      const script = box.script(
        `leave-${killMode}`,
        `#!/bin/bash
(exec -a left-${killMode} sleep 1000) &
sleep 1000
`,
      );
      web.start({ words: [script], killMode, startMs: 0, restart: "always" });
      await web.reaches("running");
      await eventually(() => running(box.processes(), `left-${killMode}`).length === 1, "it");
      const [left] = running(box.processes(), `left-${killMode}`);
      endIfThere(web.pid);
      await web.reaches("running", ({ restarts }) => restarts === 1);
      assertEquals(isAlive(left), killMode === "main");
      await web.stop();
    }
    await box.endAll();
  },
);

e2e(
  "kept: TERM to the keeper, or to its guard, stops the daemon and keeps the intent",
  async (box) => {
    for (const whom of ["keeper", "guard"] as const) {
      const web = new KeptDaemon(box, whom);
      const waiters = web.start({ words: ["sleep", "1000"], restart: "always" });
      await web.reaches("running");
      Deno.kill(waiters[whom]!.pid, "SIGTERM");
      const state = await web.reaches("stopped");
      await web.isLeft();
      assertEquals([web.intent()!.wanted, state.runs.at(-1)!.by], [
        "run",
        "imp keeper: it got TERM",
      ]);
    }
  },
);

e2e("kept: a shutdown sends TERM to everybody, and nothing is started again", async (box) => {
  const web = new KeptDaemon(box);
  const { keeper, guard } = web.start({ words: ["sleep", "1000"], restart: "always", startMs: 0 });
  await web.reaches("running");
  for (const pid of [web.pid, keeper.pid, guard!.pid]) Deno.kill(pid, "SIGTERM");
  const state = await web.reaches("stopped");
  await web.isLeft();
  assertEquals(state.restarts, 0);
});

e2e(
  "kept: kill -9 of keeper, of guard, of both in turn: one program, and it is kept again",
  async (box) => {
    const web = new KeptDaemon(box);
    web.start({ words: ["sleep", "1000"], startMs: 0 });
    const { program } = await web.reaches("running");
    endIfThere(web.state()!.keeper!.pid);
    const alone = await web.reaches("running", ({ guard }) => guard === undefined);
    assertEquals(alone.program, program);
    endIfThere(alone.program!.pid);
    const paired = await web.reaches("running", ({ restarts }) => restarts === 1);
    assert(paired.guard !== undefined && paired.keeper !== undefined, JSON.stringify(paired));
    const [parent, child] = [String(paired.keeper!.pid), paired.program!.pid];
    await eventually(() => statFields(child)?.[1] === parent, "its parent");
    endIfThere(paired.guard!.pid);
    await web.reaches("running", ({ guard }) => guard === undefined);
    endIfThere(web.pid);
    const again = await web.reaches("running", ({ restarts }) => restarts === 2);
    assertEquals([again.runs.length, again.guard !== undefined], [2, true]);
    assertEquals(running(box.processes(), "sleep 1000").length, 1);
    await web.stop();
  },
);

e2e(
  "kept: a restart replaces the program when the old one is gone, and is never limited",
  async (box) => {
    const web = new KeptDaemon(box);
    web.start({ words: ["sleep", "1000"], maxRestarts: { count: 0, withinMs: 1000 } });
    const { program, startSerial } = await web.reaches("running");
    web.want("run");
    web.wake();
    const state = await web.reaches("running", (one) => one.startSerial > startSerial);
    assert(state.program!.pid !== program!.pid);
    assertEquals([state.restarts, state.runs.length, isAlive(program!.pid)], [0, 1, false]);
    await web.stop();
  },
);

e2e("kept: PIDs of another boot, or with another start time, are nobody's", async (box) => {
  const other = new Deno.Command("sleep", { args: ["1000"] }).spawn();
  try {
    for (const boot of ["another-boot", undefined]) {
      const web = new KeptDaemon(box, `web-${boot ?? "here"}`);
      web.start({ words: ["true"], restart: "no", startMs: 0 });
      const before = await web.reaches("finished");
      await web.isLeft();
      const program = { pid: other.pid, startTicks: 1 };
      Deno.writeTextFileSync(
        `${web.place.directory}/state.json`,
        JSON.stringify({ ...before, phase: "running", program, bootId: boot ?? before.bootId }),
      );
      web.settle({ words: ["sleep", "1000"] });
      web.want("run");
      web.raise();
      const state = await web.reaches("running", ({ program }) => program?.pid !== other.pid);
      assertEquals(state.runs.at(-1)!.kind, "unknown");
      await web.stop();
      assert(isAlive(other.pid));
    }
  } finally {
    other.kill();
    await other.status;
  }
});

e2e(
  "kept: hooks run before, when it is ready and when it has failed; one that overruns is ended",
  async (box) => {
    const web = new KeptDaemon(box);
    const hook = box.script(
      "hook",
      `#!/bin/sh\necho "$IMP_HOOK $IMP_NAME $IMP_KIND $IMP_EXIT_STATUS" >> ${box.path("hooks")}\n`,
    );
    web.start({
      words: ["sh", "-c", "exit 5"],
      restart: "no",
      startMs: 0,
      hooks: { pre: [hook], post: [hook], onFail: [hook] },
    });
    const state = await web.reaches("failed");
    await web.isLeft();
    assertEquals(state.runs.length, 1);
    assertEquals(Deno.readTextFileSync(box.path("hooks")).trim().split("\n"), [
      "pre web  ",
      "post web  ",
      "onFail web error 5",
    ]);
    const slow = new KeptDaemon(box, "slow");
    slow.start({
      words: ["sleep", "1000"],
      readyTimeoutMs: 200,
      hooks: { pre: ["sh", "-c", "sleep 999 & wait"] },
    });
    assertMatch((await slow.reaches("failed")).reason!, /^--pre: sh took longer than 200ms/);
    await slow.isLeft();
    const wrong = new KeptDaemon(box, "wrong");
    wrong.start({ words: ["sleep", "1000"], hooks: { pre: ["false"] } });
    assertMatch((await wrong.reaches("failed")).reason!, /^--pre: false: exit 1/);
    await wrong.isLeft();
  },
);

e2e("kept: records that are lost or damaged do not hurt the program", async (box) => {
  const web = new KeptDaemon(box);
  web.start({ words: ["sleep", "1000"], startMs: 0 });
  const { program } = await web.reaches("running");
  Deno.writeTextFileSync(`${web.place.directory}/state.json`, "{");
  // A turn that has read the record before it was damaged may take the first wake-up.
  await eventually(() => {
    web.wake();
    return eventually(() => web.state()?.phase === "running", "written", 3000)
      .then(() => true, () => false);
  }, "its record is not written again");
  assertEquals(web.state()!.program, program);
  endIfThere(program!.pid);
  await web.reaches("running", ({ restarts }) => restarts === 1);
  const { pid } = web;
  await Deno.remove(web.home, { recursive: true });
  Deno.kill(web.waiters!.keeper.pid, "SIGUSR1");
  Deno.kill(web.waiters!.keeper.pid, "SIGUSR1");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert(isAlive(pid) && isAlive(web.waiters!.keeper.pid));
  endIfThere(pid);
  await web.isLeft();
  // No record mentioned it any longer.
  assertEquals(exists(cgroupOfKept(web.place) ?? "/none"), false);
});

e2e("kept: settings of a newer imp are left alone, and so is the program", async (box) => {
  const web = new KeptDaemon(box);
  web.start({ words: ["sleep", "1000"], startMs: 0 });
  const { program } = await web.reaches("running");
  const path = `${web.place.directory}/settings.json`;
  const text = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, '{"schema":2}');
  endIfThere(program!.pid);
  await new Promise((resolve) => setTimeout(resolve, 500));
  assertEquals([web.state()!.program, Deno.readTextFileSync(path)], [program, '{"schema":2}']);
  // The newer imp is back, so to say.
  Deno.writeTextFileSync(path, text);
  await web.reaches("running", ({ restarts }) => restarts === 1);
  await web.stop();
});

e2e(
  "kept: environment, files of variables, umask, directory and the tag reach the program",
  async (box) => {
    const web = new KeptDaemon(box);
    const file = box.path("vars");
    Deno.writeTextFileSync(file, "FROM_FILE=1\nBOTH=file\n", { mode: 0o600 });
    web.start({
      words: ["sh", "-c", "umask; pwd; env; ls /proc/self/fd | tr '\\n' ' '; exec sleep 1000"],
      directory: box.directory,
      umask: 0o027,
      environmentFiles: [file],
      environment: ["BOTH=option", "OTHER=2"],
    }, ["SNAPSHOT=yes", "IMP_KEPT=/elsewhere:1"]);
    const { runId } = await web.reaches("running");
    await eventually(() => /0 1 2 \d+/.test(web.logText()), () => web.logText());
    const lines = web.logText().split("\n");
    assertEquals(lines.slice(0, 2), ["0027", box.directory]);
    for (const word of ["FROM_FILE=1", "BOTH=option", "OTHER=2", "SNAPSHOT=yes"]) {
      assert(lines.includes(word), word);
    }
    assert(lines.includes(`IMP_KEPT=${web.place.directory}:${runId}`));
    await web.stop();
    Deno.chmodSync(file, 0o644);
    web.want("run");
    web.raise();
    assertStringIncludes((await web.reaches("failed")).reason!, "every user may read");
    await web.isLeft();
  },
);

e2e("kept: it ends for its age and begins again", async (box) => {
  const web = new KeptDaemon(box);
  web.start({ words: ["sleep", "1000"], startMs: 0, maxLifetimeMs: 300 });
  const state = await web.reaches("running", ({ restarts }) => restarts >= 2);
  assertMatch(state.runs[0].by!, /^imp keeper: --max-lifetime 300ms/);
  assertEquals([state.runs[0].failedStart, state.failures], [false, 0]);
  await web.stop();
});

e2e("kept: a daemon that was started from within another one is no part of it", async (box) => {
  const outer = new KeptDaemon(box, "outer");
  const words = ["sh", "-c", '"$IMP" start inner -- sleep 1000; exec sleep 1000'];
  const environment = [`IMP=${impBinary()}`, `IMP_HOME=${outer.home}`];
  outer.start({ words, startMs: 0 }, environment);
  await outer.reaches("running");
  const inner = new KeptDaemon(box, "inner");
  const { keeper, guard } = await inner.reaches("running");
  // Its waiters are below the outer one's keeper.
  await eventually(() => wordsOf(outer.pid)[0] === "sleep", "the outer program");
  endIfThere(outer.pid);
  await outer.reaches("running", ({ restarts }) => restarts === 1);
  await outer.stop();
  assert(isAlive(inner.pid) && isAlive(keeper!.pid) && isAlive(guard!.pid));
  inner.waiters = { kind: "file", keeper: keeper!, guard };
  await inner.stop();
});

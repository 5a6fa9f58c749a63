// The programs that the contract tests run from source, here as programs that imp's executable runs: `import … from "imp:multiprocessing"`.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  endIfThere,
  eventually,
  exists,
  impBinary,
  isAlive,
  LONELY_UID,
  rounds,
  type Sandbox,
  statFields,
  wordsOf,
} from "./harness.ts";

const FIXTURES = new URL("../fixtures/multiprocessing/", import.meta.url);

/** Puts the programs where a server would have them. */
function install(box: Sandbox): void {
  for (const { name } of Deno.readDirSync(FIXTURES)) {
    const source = Deno.readTextFileSync(new URL(name, FIXTURES));
    Deno.writeTextFileSync(
      box.path(name),
      source.replace(/"[./]+\/src\/mod\.ts"/, '"imp:multiprocessing"'),
    );
  }
}

async function basic(box: Sandbox, ...words: string[]) {
  install(box);
  const { code, stdout, stderr } = await box.imp(["run", "basic.ts", ...words]);
  const lines = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  return { code, lines, stderr, facts: Object.assign({}, ...lines) };
}

/** PIDs of the sleeps that have this number among their words, whatever environment they have. */
function marked(mark: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) =>
    pid > 0 && pid !== Deno.pid && wordsOf(pid).some((word) => word.includes(mark)) && isAlive(pid)
  );
}

/** Runs a program that leaves much behind, and proves that nothing is left. */
async function life(
  box: Sandbox,
  how: string,
  signal?: Deno.Signal,
) {
  install(box);
  const mark = `${Math.floor(Math.random() * 1e6) + 1e5}.${Math.floor(Math.random() * 1e9)}`;
  const child = box.start(["run", box.path("life.ts"), how, box.directory, mark]);
  if (signal) {
    await eventually(() => exists(box.path("ready")), "ready");
    Deno.kill(child.pid, signal);
  }
  const { code, signal: by } = await child.status;
  const waitedFor = exists(box.path("done"));
  await eventually(() => marked(mark).length === 0, () => `left: ${marked(mark)}`);
  return { code, by, waitedFor };
}

e2e("process: arguments, exit codes and names in imp's executable", async (box) => {
  const { facts, stderr, code } = await basic(box, "values");
  assertEquals([code, stderr], [0, ""]);
  assertEquals(facts.after, [true, 0, false, 0]);
  const codes = await basic(box, "codes");
  assertEquals(codes.facts.codes, [0, 4, 5, 1, 1, 1, 1, -15, -9]);
  assertMatch(
    codes.stderr,
    /^Process fail:\nTypeError: no such colour\n\s+at fail \(.*\nCaused by: Error: the reason\n/,
  );
  assert(!codes.stderr.includes("$bunfs"), codes.stderr);
  assertEquals((await basic(box, "names")).lines[2].parent, "Boss");
});

e2e("process: targets, right and wrong, in imp's executable", async (box) => {
  const { lines, stderr } = await basic(box, "targets");
  assertEquals([lines.length, stderr], [7, ""]);
  const wrong = await basic(box, "wrongTargets");
  const complaints = wrong.lines.flatMap(({ complaint }) => complaint ?? []);
  assertEquals(complaints.length, 10);
  assertStringIncludes(complaints[0], "target 'local' is not exported by ");
  assertStringIncludes(complaints[2], "a function without a name, is not exported");
  assertMatch(wrong.stderr, /starts\.ts#x:\ncannot load .*a process was started while .*imp run/);
  assertEquals(wrong.lines.filter(({ code }) => code === 1).length, 4);
});

e2e("process: rules and refusals in imp's executable", async (box) => {
  assertEquals((await basic(box, "rules")).lines.length, 12);
  const { lines } = await basic(box, "daemonic");
  assertEquals(lines[0].refused, "daemonic processes are not allowed to have children");
  assert(lines[1].status !== 0);
  assertEquals((await basic(box, "own")).facts, { codes: [0, 1, 2, 3, 4], mine: 9 });
  assertEquals((await basic(box, "large", "3000000")).facts, { code: 42 });
});

e2e(
  "process: many one after the other, many at once: no descriptor is left",
  async (box) => {
    const { facts } = await basic(box, "many", `${rounds(25, 200)}`);
    assertEquals(facts.failures, []);
    assert(Number(facts.grown) <= 4, `${facts.grown} more descriptors`);
    assertEquals((await basic(box, "together", `${rounds(20, 50)}`)).facts, {
      right: true,
      left: 0,
    });
  },
);

e2e(
  "process: however main ends, no daemonic tree is left and plain ones are waited for",
  async (box) => {
    for (
      const [how, status] of [["return", 0], ["exit", 3], ["throw", 1], ["late-throw", 1], [
        "reject",
        1,
      ]] as const
    ) {
      const { code, waitedFor } = await life(box, how);
      assertEquals([code, waitedFor], [status, true], how);
      for (const name of ["done", "ready", "family", "begun"]) Deno.removeSync(box.path(name));
    }
  },
);

e2e(
  "process: main is ended by a signal: no daemonic tree is left, a plain process goes on",
  async (box) => {
    for (
      const [how, signal] of [["wait", "SIGTERM"], ["wait", "SIGINT"], ["busy", "SIGKILL"]] as const
    ) {
      const { by, waitedFor } = await life(box, how, signal);
      assertEquals([by, waitedFor], [signal, false], how);
      await eventually(() => exists(box.path("done")), "the plain process goes on");
      for (const name of ["done", "ready", "family", "begun"]) Deno.removeSync(box.path(name));
    }
  },
);

e2e("process: main and its guard are killed at once: no daemonic process is left", async (box) => {
  install(box);
  const child = box.start(["run", box.path("life.ts"), "stubborn-wait", box.directory, "0"]);
  await eventually(() => exists(box.path("ready")), "ready");
  const guard = box.processes().find((pid) => wordsOf(pid).includes("imp-process-guard"));
  assert(guard !== undefined, "there is a guard");
  const daemonic = Number(Deno.readTextFileSync(box.path("family")));
  assert(isAlive(daemonic));
  for (const pid of [guard!, child.pid]) Deno.kill(pid, "SIGKILL");
  await child.status;
  await eventually(() => !isAlive(daemonic), "the daemonic process is gone");
  await eventually(() => exists(box.path("done")), "the plain one goes on");
});

e2e(
  "process: the guard is replaced as often as it is killed, and needs no file of imp's",
  async (box) => {
    install(box);
    const copy = box.path("copy");
    await Deno.copyFile(impBinary(), copy);
    const args = ["run", box.path("life.ts"), "stubborn-wait", box.directory, "0"];
    const env = { IMP_TEST_TAG: box.tag };
    const child = new Deno.Command(copy, {
      args,
      env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    })
      .spawn();
    await eventually(() => exists(box.path("ready")), "ready");
    await Deno.remove(copy);
    const guards = () =>
      box.processes().filter((pid) => wordsOf(pid).includes("imp-process-guard"));
    for (let round = 0; round < 8; round++) {
      const [guard] = guards();
      for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"] as const) Deno.kill(guard, signal);
      assertEquals(guards(), [guard]);
      Deno.kill(guard, "SIGKILL");
      await eventually(() => guards().some((pid) => pid !== guard), "no new guard");
    }
    const daemonic = Number(Deno.readTextFileSync(box.path("family")));
    assert(isAlive(daemonic));
    child.kill("SIGKILL");
    await child.status;
    await eventually(() => !isAlive(daemonic), "the daemonic process is gone");
    await eventually(() => exists(box.path("done")), "the plain one goes on");
  },
);

e2e("process: programs killed at any moment leave nothing", async (box) => {
  install(box);
  const most = rounds(8, 20);
  for (let round = 0; round < most; round++) {
    const mark = `${200_000 + round}.${Math.floor(Math.random() * 1e9)}`;
    const child = box.start(["run", box.path("life.ts"), "wait", box.directory, mark]);
    await new Promise((resolve) => setTimeout(resolve, 120 * round / most));
    child.kill("SIGKILL");
    await child.status;
    // The plain process, if it came to that, has its half second.
    const left = () => [...box.processes(), ...marked(mark)];
    await eventually(() => left().length === 0, () => `round ${round}: left ${left()}`);
    for (const name of ["done", "ready", "family", "begun"]) {
      if (exists(box.path(name))) Deno.removeSync(box.path(name));
    }
  }
});

e2e("process: Ctrl-C ends main, its processes and what they have started", async (box) => {
  install(box);
  const mark = `${300_000}.${Math.floor(Math.random() * 1e9)}`;
  // A process group of its own, as a shell gives one to a job in the foreground.
  const child = new Deno.Command("setsid", {
    args: ["-w", impBinary(), "run", box.path("life.ts"), "wait", box.directory, mark],
    env: { IMP_TEST_TAG: box.tag },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await eventually(() => exists(box.path("ready")), "ready");
  // The group's leader is imp itself, which setsid has become or forked.
  const daemonic = Number(Deno.readTextFileSync(box.path("family")));
  const group = Number(statFields(daemonic)![2]);
  const { code } = await box.sh(`kill -INT -- -${group}`);
  assertEquals(code, 0);
  await child.status;
  const left = () => box.processes().map((pid) => [pid, ...wordsOf(pid)].join(" "));
  await eventually(() => box.processes().length === 0, () => `left: ${left()}`);
  // One has no parent any more, another environment and another session: the only kind that escapes.
  await eventually(() => {
    const escaped = marked(mark);
    for (const pid of escaped) endIfThere(pid);
    return escaped.length === 0;
  }, "what has escaped stays");
});

e2e("process: what cannot be started says why, and leaves nothing", async (box) => {
  install(box);
  // How many imp needs for itself is its own affair: one fewer each time, until they do not suffice.
  const run = (limit: number) => box.sh(`ulimit -n ${limit}; exec "$IMP" run basic.ts many 3`);
  let limit = 16;
  let few = await run(limit);
  while (few.code === 0) few = await run(--limit);
  assertEquals(few.code, 1);
  assertMatch(few.stderr, /^cannot start process Process-1: EMFILE .*\n {2}.*ulimit -n/);
});

e2eAsRoot(
  "process: a limit on processes is reported as such, and those that were started are waited for",
  async (box) => {
    install(box);
    for (const { name } of Deno.readDirSync(box.directory)) Deno.chmodSync(box.path(name), 0o644);
    Deno.chmodSync(box.directory, 0o755);
    // The executable itself may lie where only root may go.
    Deno.copyFileSync(impBinary(), box.path("imp"));
    Deno.chmodSync(box.path("imp"), 0o755);
    // How many threads the runtime has at that moment is its own affair: where imp itself gets none, it says so (125).
    const run = (limit: number) =>
      box.sh(
        `exec setpriv --reuid ${LONELY_UID} --regid ${LONELY_UID} --clear-groups bash -c 'ulimit -u ${limit}; exec ./imp run basic.ts together 20'`,
      );
    let limit = 12;
    let outcome = await run(limit);
    while (outcome.code === 125 && limit < 24) outcome = await run(++limit);
    const { code, stderr } = outcome;
    assertEquals(code, 1);
    assertMatch(stderr, /^cannot start process Process-\d+: EAGAIN .*\n {2}.*ulimit -u/);
  },
);

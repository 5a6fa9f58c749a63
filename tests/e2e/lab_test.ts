// `imp lab` itself: its words, its exit status, and that nothing is left whatever ends it.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { SCENARIOS } from "../../src/lab/scenarios/mod.ts";
import { e2e, type Sandbox } from "./harness.ts";
import { lab } from "./lab_run.ts";
import { assertNothingLeft, disturbed, nothingStays } from "./leftovers.ts";

e2e("lab: the list, and what there is to be learned", async (box) => {
  const list = await lab(box);
  assertEquals([list.code, list.stderr], [0, ""]);
  for (const { id, title } of SCENARIOS) {
    assertMatch(
      list.stdout,
      new RegExp(`^  ${id} +${title[0] === "&" ? "" : title.slice(0, 10)}`, "m"),
    );
  }
  assertEquals((await lab(box, "--list")).stdout, list.stdout);
  const json = (await lab(box, "--list", "--json")).stdout.trim().split("\n");
  assertEquals(json.map((line) => JSON.parse(line).scenario), SCENARIOS.map(({ id }) => id));
  const explained = await lab(box, "daemon-join", "--explain", "--json");
  const { scenario, learn, claim, care } = JSON.parse(explained.stdout);
  assertEquals(scenario, "daemon-join");
  for (const text of [learn, claim, care]) assert(text.length > 40);
  const text = (await lab(box, "zombie", "--explain")).stdout;
  assertMatch(text, /^zombie {2}a child ends.*\n {2}learn {2}/);
  assertEquals(box.processes(), []);
});

e2e("lab: what it prints", async (box) => {
  const { stdout, stderr, code } = await lab(box, "umask", "one-fork-can-get-a-tty");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^umask {2}what a umask does to new files: holds \(\d+\.\ds\)$/m);
  assertMatch(stdout, /^ +MS +PID +WHO +STATE +PPID +PGID +SID +TTY +WHAT$/m);
  assertMatch(stdout, /^ +\d+ +\d+ +main +[RS] +\d+ +\d+ +\d+ +\S+ +"umask 022"$/m);
  assertMatch(stdout, /^ {2}holds {2}under 022 a file gets 644/m);
  assertMatch(stdout, /^ {2}care {3}/m);
  assertMatch(stdout, /\n2 of 2 scenarios hold, \d+ rules\n$/);
  assert(!stdout.includes("\x1b"), "colours only on a terminal");
  assertEquals((await lab(box, "umask", "--quiet")).stdout, "");
  assertNothingLeft(box);
});

e2e("lab: what cannot be done is said in a sentence", async (box) => {
  const refused = async (...args: string[]) => {
    const { code, stdout, stderr } = await lab(box, ...args);
    assertEquals([code, stdout], [2, ""], stderr);
    return stderr;
  };
  assertMatch(await refused("zombi"), /no scenario is called 'zombi'\n {2}did you mean zombie\?/);
  assertMatch(await refused("--all", "zombie"), /--all and scenarios cannot be used together/);
  assertMatch(
    await refused("zombie", "--speed", "0"),
    /--speed is a number from 0.1 to 20, not '0'/,
  );
  assertMatch(await refused("zombie", "--speed", "fast"), /not 'fast'/);
  assertMatch(await refused("zombie", "--list"), /--list takes no scenario/);
  assertMatch(await refused("--list", "--all"), /--list goes with neither/);
  const nowhere = await box.imp(["lab", "umask"], { env: { TMPDIR: "/nonexistent" } });
  assertEquals([nowhere.code, nowhere.stdout], [1, ""]);
  assertMatch(nowhere.stderr, /cannot create \/nonexistent\/imp-lab-/);
});

e2e("lab: what does not hold is reported, and the exit status is 1", async (box) => {
  // A PATH without shells: there is no terminal session to be had.
  const { code, stdout } = await box.imp(["lab", "daemonize-steps", "umask", "--json"], {
    env: { TMPDIR: box.directory, PATH: box.directory },
  });
  const [steps, umask] = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals([code, steps.verdict, umask.verdict], [1, "fails", "holds"]);
  const failed = steps.checks.filter(({ verdict }: { verdict: string }) => verdict === "fails");
  assertStringIncludes(JSON.stringify(failed), "none of bash, zsh, dash is installed");
  assertNothingLeft(box);
});

/** Starts scenarios that take long, waits until their processes are there, and sends the lab a signal. */
function disturb(box: Sandbox, signal: Deno.Signal) {
  const ids = ["two-pids", "orphan", "background-vs-daemon", "no-join"];
  const isUnderWay = () => box.processes().length >= 12;
  return disturbed(
    box,
    ["lab", ...ids, "--speed", "0.2"],
    isUnderWay,
    (pid) => Deno.kill(pid, signal),
  );
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  e2e(`lab: ended by ${signal} it leaves nothing and dies by it`, async (box) => {
    const result = await disturb(box, signal);
    assertEquals(result.signal, signal);
    assertStringIncludes(result.stderr, `interrupted by ${signal}`);
    assertNothingLeft(box);
  });
}

e2e("lab: killed with SIGKILL it leaves nothing, a moment later", async (box) => {
  const result = await disturb(box, "SIGKILL");
  assertEquals(result.signal, "SIGKILL");
  await nothingStays(box);
});

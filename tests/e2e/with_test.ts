// imp with: what ends when, with which status, and what is printed.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, impBinary } from "./harness.ts";
import { awaits, events, tryingHelper } from "./with_run.ts";

e2e("with: exits as main did, and leaves its output alone", async (box) => {
  const script = "cat; echo out; echo err >&2; exit 7";
  const { code, stdout, stderr } = await box.imp(
    ["with", "--daemon", "sleep 60", "--", "sh", "-c", script],
    { stdin: "in\n" },
  );
  assertEquals([code, stdout, stderr], [7, "in\nout\n", "err\n"]);
  const killed = await box.imp(["with", "--", "sh", "-c", "kill -TERM $$"]);
  assertEquals([killed.code, killed.signal], [143, null]);
  const interrupted = await box.imp(["with", "--", "sh", "-c", "kill -INT $$"]);
  assertEquals(interrupted.signal, "SIGINT");
});

e2e("with: plain children are waited for, daemonic ones are not", async (box) => {
  const { code, stderr } = await box.imp([
    ...["with", "--shell", "--plain", "sleep 0.3; echo plain is done", "--daemon"],
    ...["trap 'echo daemon is told; exit' TERM; echo armed; while :; do sleep 0.02; done"],
    ...["--ready", "log:armed", "--", "echo", "main"],
  ]);
  assertEquals(code, 0);
  assertMatch(stderr, /plain is done\n(.*\n)*.*daemon is told/);
});

e2e("with: --fail-fast ends main when a helper fails, else it is reported", async (box) => {
  // Main goes on until imp has reaped the helper.
  const main = `${awaits("pid")}; while [ -e /proc/$(cat pid) ]; do sleep 0.02; done`;
  const helper = (status: number) => `echo $$ >pid.new; mv pid.new pid; exit ${status}`;
  const run = async (status: number, main: string, ...options: string[]) => {
    const args = ["--shell", "--daemon", helper(status), "--name", "weak", "--", "sh", "-c", main];
    const result = await box.imp(["with", ...options, ...args]);
    Deno.removeSync(box.path("pid"));
    return result;
  };
  const told = await run(5, main);
  assertEquals(told.code, 0);
  assertMatch(told.stderr, /helper 'weak' \(pid \d+\) has ended: exit 5/);
  const fast = await run(5, "exec sleep 60", "--fail-fast");
  assertEquals(fast.code, 1);
  assertStringIncludes(fast.stderr, "helper 'weak': it failed");
  // A successful end is not a failure.
  assertEquals((await run(0, main, "--fail-fast")).code, 0);
});

e2e("with: --no-children refuses processes, says so, and leaves threads alone", async (box) => {
  const threads =
    `import threading,subprocess; t=threading.Thread(target=lambda: print('from a thread')); t.start(); t.join(); subprocess.run(['true'])`;
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--no-children", "--daemon", `python3 -u -c "${threads}"`, "--name", "py"],
    ...["--ready", "log:from a thread", "--ready", "log:^PermissionError"],
    ...["--plain", "sh -c '(echo plain may); exit 0'", "--", "sh", "-c", "(echo main may); exit 0"],
  ], { env: { PATH: "/usr/local/bin:/usr/bin:/bin" } });
  assertEquals([code, stdout], [0, "main may\n"], stderr);
  assertMatch(
    stderr,
    /helper 'py' \(pid \d+\): daemonic processes are not allowed to have children/,
  );
  assertStringIncludes(stderr, "plain may");
  // Reported once, however often it tries.
  const args = ["--no-children", "--daemon", tryingHelper(box), "--ready", "log:tried"];
  const often = await box.imp(["with", ...args, "--", "true"]);
  assertEquals(often.stderr.match(/not allowed/g)?.length, 1, often.stderr);
  const verbose = await box.imp(["with", "-v", ...args, "--", "true"]);
  assertEquals(verbose.stderr.match(/not allowed/g)?.length, 20, verbose.stderr);
});

e2e("with: what cannot be started is reported before anything runs", async (box) => {
  const missing = await box.imp(["with", "--daemon", "touch ran", "--", "no-such-program"]);
  assertEquals(missing.code, 127);
  assert(!(await Deno.stat(box.path("ran")).then(() => true, () => false)));
  assertEquals((await box.imp(["with", "--daemon", "no-such", "--", "true"])).code, 127);
  Deno.writeTextFileSync(box.path("plain"), "x");
  assertEquals((await box.imp(["with", "--daemon", "./plain", "--", "true"])).code, 126);
  assertEquals((await box.imp(["with", "--daemon", "true"])).code, 2);
  assertEquals((await box.imp(["with", "--log", "/no/such/file", "--", "true"])).code, 125);
  for (const args of [["--daemon", "no-such", "--", "true"], ["--", "no-such"]]) {
    const json = await box.imp(["with", "--json", ...args]);
    const last = events(json).at(-1)!;
    assertEquals([json.code, last.event, last.exit], [127, "error", 127]);
    assertStringIncludes(String(last.why), "cannot find no-such");
  }
});

e2e("with: --json tells everything", async (box) => {
  const result = await box.imp([
    ...["with", "--json", "--no-children", "--daemon", tryingHelper(box), "--name", "d"],
    ...["--ready", "log:tried", "--", "true"],
  ]);
  const all = events(result);
  const names = all.map(({ event }) => event);
  assertEquals(names[0], "guarantees");
  assertEquals(names.at(-1), "empty");
  const [first] = all;
  assertEquals([first.subreaper, first.pidNamespace, typeof first.guard], [true, false, "number"]);
  const of = (name: string) => all.find(({ event }) => event === name)!;
  assertEquals(of("output").line, "tried");
  assertEquals(of("refused").helper, "d");
  assertEquals(of("program-ended").exit, 0);
  assertEquals(all.every(({ time }) => !Number.isNaN(Date.parse(String(time)))), true);
});

e2e("with -v: says which guarantee is active", async (box) => {
  const { stderr } = await box.imp(["with", "-v", "--", "true"]);
  assertMatch(
    stderr,
    /nothing will be left: imp is a subreaper, and a guard \(pid \d+\) watches over it/,
  );
  assertMatch(stderr, /nothing is left/);
});

e2e("with: helpers have no terminal, clean signals, no stray descriptors", async (box) => {
  const look = box.script(
    "look",
    "#!/bin/sh\ngrep -E 'Sig(Blk|Ign)' /proc/self/status\nls -l /proc/self/fd\n(: </dev/tty) || echo no terminal\n",
  );
  const { stderr } = await box.sh(
    `exec 5</etc/passwd; nohup "$IMP" with --plain ${look} --name h -- sh -c 'cat <&5 >/dev/null && echo five'`,
  );
  assertMatch(stderr, /h \| SigBlk:\s*0+$/m);
  assertMatch(stderr, /h \| SigIgn:\s*0+$/m);
  assertEquals(stderr.includes("passwd"), false);
  assertStringIncludes(stderr, "no terminal");
});

e2eAsRoot("with: an ordinary user gets the same, without a control group", async (box) => {
  Deno.chmodSync(box.directory, 0o777);
  const trying = tryingHelper(box);
  const { stdout, stderr } = await box.sh(
    `cp "$IMP" ./imp && chmod 755 imp && setpriv --reuid 65534 --regid 65534 --clear-groups ./imp with --no-children -v ` +
      `--daemon ${trying} --ready log:tried --name h -- sh -c 'sleep 60 & setsid sleep 60 & echo main'`,
    { env: { HOME: box.directory } },
  );
  assertEquals(stdout, "main\n");
  assertMatch(stderr, /daemonic processes are not allowed to have children/);
  assertEquals(stderr.includes("control group"), false);
  assertMatch(stderr, /nothing is left/);
});

e2e("with: two descriptors to be ready on, and few descriptors to spare", async (box) => {
  const helper = "bash -c 'echo y >&31; echo x >&30; exec sleep 60'";
  const { code, stdout } = await box.sh(
    `ulimit -n 64; "$IMP" with --no-children --daemon "${helper}" --ready fd:30 --ready fd:31 ` +
      `--daemon 'sleep 60' --daemon 'sleep 60' -- echo main`,
  );
  assertEquals([code, stdout], [0, "main\n"]);
});

e2eAsRoot("with: as PID 1 the kernel is the guarantee, and it is said so", async (box) => {
  const unshare = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const main = "setsid sleep 60 & (setsid sleep 60 &); echo pid $$";
  const args = ["with", "--json", "--daemon", "sleep 60", "--", "sh", "-c", main];
  const result = await box.run([...unshare, impBinary(), ...args]);
  assertEquals(result.code, 0);
  assertMatch(result.stdout, /^pid \d+$/m);
  assertEquals(events(result)[0].pidNamespace, true);
  assertEquals(events(result).at(-1)!.event, "empty");
});

e2e("with: --help has examples that hold", async (box) => {
  const { code, stdout } = await box.imp(["with", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "--no-children");
  assert(impBinary().length > 0);
});

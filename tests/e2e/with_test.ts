import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, impBinary, isRoot, type RunResult, type Sandbox } from "./harness.ts";

/** A port that nobody listens on. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

function events({ stderr }: RunResult): Record<string, unknown>[] {
  return stderr.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

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

e2e("with: main starts when a real Redis accepts connections", async (box) => {
  const port = freePort();
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--daemon", `redis-server --port ${port} --save '' --appendonly no`],
    ...["--ready", `tcp:${port}`, "--quiet-helpers", "--", "redis-cli", "-p", String(port), "ping"],
  ]);
  assertEquals([code, stdout, stderr], [0, "PONG\n", ""]);
});

e2e("with: a server for one command, its lines named on stderr", async (box) => {
  const port = freePort();
  Deno.writeTextFileSync(box.path("page"), "the page\n");
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--daemon", `python3 -u -m http.server ${port} --bind 127.0.0.1`, "--name", "web"],
    ...[
      "--ready",
      `http://127.0.0.1:${port}/page`,
      "--daemon",
      "sleep 60",
      "--name",
      "longer-name",
    ],
    ...["--", "curl", "-s", `http://127.0.0.1:${port}/page`],
  ]);
  assertEquals([code, stdout], [0, "the page\n"]);
  assertMatch(stderr, /^web {9}\| 127\.0\.0\.1 .*GET \/page/m);
});

e2e("with: several helpers in parallel or in order, each rule", async (box) => {
  const helper = (n: number, then: string) => `sleep 0.1; echo ${n} >>order; ${then}; sleep 60`;
  const args = [
    ...["--shell", "--daemon", helper(1, "touch up"), "--ready", "file:up"],
    ...["--daemon", helper(2, "echo now ready"), "--ready", "log:^now"],
    ...["--daemon", helper(3, "echo >&9"), "--ready", "fd:9", "--ready", "cmd:test -e up"],
    ...[
      "--daemon",
      helper(4, "systemd-notify --ready"),
      "--ready",
      "notify",
      "--ready",
      "delay:1ms",
    ],
    ...["--", "cat", "order"],
  ];
  const together = await box.imp(["with", ...args]);
  assertEquals(together.stdout.split("\n").filter(Boolean).sort(), ["1", "2", "3", "4"]);
  Deno.removeSync(box.path("order"));
  Deno.removeSync(box.path("up"));
  const inOrder = await box.imp(["with", "--in-order", ...args]);
  assertEquals([inOrder.code, inOrder.stdout], [0, "1\n2\n3\n4\n"]);
});

e2e("with: plain children are waited for, daemonic ones are not", async (box) => {
  const { code, stderr } = await box.imp([
    ...["with", "--shell", "--plain", "sleep 0.3; echo plain is done", "--daemon"],
    ...[
      "trap 'echo daemon is told; exit' TERM; while :; do sleep 0.02; done",
      "--",
      "echo",
      "main",
    ],
  ]);
  assertEquals(code, 0);
  assertMatch(stderr, /plain is done\n(.*\n)*.*daemon is told/);
});

e2e("with: a helper that ends before it is ready: its last lines, nothing runs", async (box) => {
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--daemon", "sleep 60", "--shell", "--daemon"],
    ...["for i in 1 2 3; do echo line $i; done; exit 3", "--name", "bad", "--ready", "notify"],
    ...["--quiet-helpers", "--", "echo", "never"],
  ]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(stderr, "helper 'bad': it ended before it was ready; it said last:");
  assertStringIncludes(stderr, "line 3");
  assertMatch(stderr, /helper 'bad' \(pid \d+\) has ended: exit 3/);
});

e2e("with: a helper that prints that it is ready and ends is ready", async (box) => {
  const { code, stdout } = await box.imp(
    [
      "with",
      "--daemon",
      "echo ready",
      "--ready",
      "log:ready",
      "--quiet-helpers",
      "--",
      "echo",
      "main",
    ],
  );
  assertEquals([code, stdout], [0, "main\n"]);
});

e2e("with: not ready in time is 124, and says what was waited for", async (box) => {
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--daemon", "sleep 60", "--ready", "log:x", "--ready-timeout", "150ms"],
    ...["--", "echo", "never"],
  ]);
  assertEquals([code, stdout], [124, ""]);
  assertStringIncludes(
    stderr,
    "not ready within 150ms: waited until it prints a line that matches /x/",
  );
});

e2e("with: a port that is taken is no readiness", async (box) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { code, stderr } = await box.imp(
    ["with", "--daemon", "sleep 60", "--ready", `tcp:${listener.addr.port}`, "--", "true"],
  );
  listener.close();
  assertEquals(code, 1);
  assertStringIncludes(stderr, "EADDRINUSE");
});

e2e("with: --fail-fast ends main when a helper fails, else it is told", async (box) => {
  const args = ["--shell", "--daemon", "sleep 0.1; exit 5", "--name", "weak", "--", "sleep"];
  const slow = await box.imp(["with", ...args, "0.4"]);
  assertEquals(slow.code, 0);
  assertMatch(slow.stderr, /helper 'weak' \(pid \d+\) has ended: exit 5/);
  const fast = await box.imp(["with", "--fail-fast", ...args, "60"]);
  assertEquals(fast.code, 1);
  assertStringIncludes(fast.stderr, "helper 'weak': it failed");
  // Ending well is no failure.
  const well = await box.imp(["with", "--fail-fast", "--daemon", "true", "--", "sleep", "0.2"]);
  assertEquals(well.code, 0);
});

e2e("with: --no-children refuses processes, says so, and leaves threads alone", async (box) => {
  const threads =
    `import threading,subprocess; t=threading.Thread(target=lambda: print('from a thread')); t.start(); t.join(); subprocess.run(['true'])`;
  const { code, stderr } = await box.imp([
    ...["with", "--no-children", "--daemon", `python3 -u -c "${threads}"`, "--name", "py"],
    ...["--ready", "log:from a thread", "--plain", "sh -c '(echo plain may); exit 0'"],
    ...["--", "sh", "-c", "sleep 0.5; (echo main may)"],
  ], { env: { PATH: "/usr/local/bin:/usr/bin:/bin" } });
  assertEquals(code, 0);
  assertMatch(
    stderr,
    /helper 'py' \(pid \d+\): daemonic processes are not allowed to have children/,
  );
  assertStringIncludes(stderr, "PermissionError");
  assertStringIncludes(stderr, "plain may");
  // Told once, however often it tries.
  const loop = "while :; do true & sleep 0 2>/dev/null; done";
  const often = await box.imp(
    ["with", "--no-children", "--shell", "--daemon", loop, "--", "sleep", "0.2"],
  );
  assertEquals(often.stderr.match(/not allowed/g)?.length, 1);
});

e2e("with: what cannot be started is told before anything runs", async (box) => {
  const missing = await box.imp(["with", "--daemon", "touch ran", "--", "no-such-program"]);
  assertEquals(missing.code, 127);
  assert(!(await Deno.stat(box.path("ran")).then(() => true, () => false)));
  assertEquals((await box.imp(["with", "--daemon", "no-such", "--", "true"])).code, 127);
  Deno.writeTextFileSync(box.path("plain"), "x");
  assertEquals((await box.imp(["with", "--daemon", "./plain", "--", "true"])).code, 126);
  assertEquals((await box.imp(["with", "--daemon", "true"])).code, 2);
  assertEquals((await box.imp(["with", "--log", "/no/such/file", "--", "true"])).code, 1);
});

e2e("with: --log takes whole lines of all helpers", async (box) => {
  const count = "i=0; while [ $i -lt 200 ]; do echo line $i; i=$((i+1)); done; printf end";
  const { stderr } = await box.imp([
    ...["with", "--log", "all.log", "--shell", "--plain", count, "--name", "a", "--plain", count],
    ...["--name", "b", "--", "true"],
  ]);
  assertEquals(stderr, "");
  const lines = Deno.readTextFileSync(box.path("all.log")).trimEnd().split("\n");
  assertEquals(lines.length, 402);
  assertEquals(lines.every((line) => /^[ab] \| (line \d+|end)$/.test(line)), true);
  const ofA = lines.filter((line) => line.startsWith("a"));
  assertEquals(ofA.at(-1), "a | end");
});

e2e("with: --json tells everything", async (box) => {
  const result = await box.imp([
    ...["with", "--json", "--no-children", "--shell", "--daemon"],
    ...["echo hi; (x); sleep 60", "--name", "d", "--ready", "log:hi", "--", "true"],
  ]);
  const all = events(result);
  const names = all.map(({ event }) => event);
  assertEquals(names[0], "guarantees");
  assertEquals(names.at(-1), "empty");
  const [first] = all;
  assertEquals([first.subreaper, first.pidNamespace, typeof first.guard], [true, false, "number"]);
  const of = (name: string) => all.find(({ event }) => event === name)!;
  assertEquals(of("output").line, "hi");
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

async function flood(box: Sandbox, reader: string): Promise<RunResult> {
  const script =
    `"$IMP" with --daemon 'yes flood' --ready 'log:flood' -- sleep 0.3 2>&1 >/dev/null | ${reader}`;
  return await box.sh(script);
}

e2e("with: a slow reader holds helpers back, one that goes away harms nothing", async (box) => {
  const slow = await flood(box, "(sleep 0.6; wc -c)");
  // Not more than fits in between: the queue, a pipe, and what was read after main's end.
  assert(Number(slow.stdout) < 4_000_000, slow.stdout);
  const gone = await flood(box, "head -n 2");
  assertEquals(gone.stdout, "yes | flood\nyes | flood\n");
});

if (isRoot) {
  e2e("with: an ordinary user gets the same, without a control group", async (box) => {
    Deno.chmodSync(box.directory, 0o777);
    const { stdout, stderr } = await box.sh(
      `cp "$IMP" ./imp && chmod 755 imp && setpriv --reuid 65534 --regid 65534 --clear-groups ./imp with --no-children -v ` +
        `--shell --daemon '(x) ; sleep 60' --name h -- sh -c 'sleep 60 & setsid sleep 60 & echo main'`,
      { env: { HOME: box.directory } },
    );
    assertEquals(stdout, "main\n");
    assertMatch(stderr, /daemonic processes are not allowed to have children/);
    assertEquals(stderr.includes("control group"), false);
    assertMatch(stderr, /nothing is left/);
  });
}

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
  assertMatch(result.stdout, /^pid \d$/m);
  assertEquals(events(result)[0].pidNamespace, true);
  assertEquals(events(result).at(-1)!.event, "empty");
});

e2e("with: --help has examples that hold", async (box) => {
  const { code, stdout } = await box.imp(["with", "--help"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "--no-children");
  assert(impBinary().length > 0);
});

// When helpers of imp with are ready, and what happens when they are not.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { freePort } from "../free_port.ts";
import { e2e, eventually, exists, type Sandbox, statFields } from "./harness.ts";
import { awaits, events } from "./with_run.ts";

e2e("with: main starts when a real Redis accepts connections", async (box) => {
  const port = freePort();
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--daemon", `redis-server --port ${port} --save '' --appendonly no`],
    ...["--ready", `tcp:${port}`, "--quiet-helpers"],
    ...["--", "redis-cli", "-p", String(port), "ping"],
  ]);
  assertEquals([code, stdout, stderr], [0, "PONG\n", ""]);
});

e2e("with: a server for one command, its lines named on stderr", async (box) => {
  Deno.writeTextFileSync(box.path("page"), "the page\n");
  const port = freePort();
  const page = `http://127.0.0.1:${port}/page`;
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--daemon", `python3 -u -m http.server ${port} --bind 127.0.0.1`],
    ...["--name", "web", "--ready", page, "--daemon", "sleep 60", "--name", "longer-name"],
    ...["--", "curl", "-s", page],
  ]);
  assertEquals([code, stdout], [0, "the page\n"]);
  assertMatch(stderr, /^web {9}\| 127\.0\.0\.1 .*GET \/page/m);
});

e2e("with: a port is open on ::1 as well as on 127.0.0.1", async (box) => {
  const listen = `import socket, sys, time
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("::1", int(sys.argv[1])))
s.listen()
time.sleep(60)
`;
  Deno.writeTextFileSync(box.path("listen.py"), listen);
  const port = freePort();
  for (const rule of [`tcp:${port}`, `tcp:localhost:${port}`, `tcp:[::1]:${port}`]) {
    const { code, stdout, stderr } = await box.imp(
      ["with", "--daemon", `python3 listen.py ${port}`, "--ready", rule, "--", "echo", "main"],
    );
    assertEquals([code, stdout, stderr], [0, "main\n", ""]);
  }
});

e2e("with: several helpers in parallel or in order, each rule", async (box) => {
  const helper = (n: number, then: string) => `sleep 0.1; echo ${n} >>order; ${then}; sleep 60`;
  const args = [
    ...["--shell", "--daemon", helper(1, "touch up"), "--ready", "file:up"],
    ...["--daemon", helper(2, "echo now ready"), "--ready", "log:^now"],
    ...["--daemon", helper(3, "echo >&9"), "--ready", "fd:9", "--ready", "cmd:test -e up"],
    ...["--daemon", helper(4, "systemd-notify --ready"), "--ready", "notify"],
    ...["--ready", "delay:1ms", "--", "cat", "order"],
  ];
  const together = await box.imp(["with", ...args]);
  assertEquals(together.stdout.split("\n").filter(Boolean).sort(), ["1", "2", "3", "4"]);
  Deno.removeSync(box.path("order"));
  Deno.removeSync(box.path("up"));
  const inOrder = await box.imp(["with", "--in-order", ...args]);
  assertEquals([inOrder.code, inOrder.stdout], [0, "1\n2\n3\n4\n"]);
});

e2e("with: a helper that ends before it is ready: its last lines, nothing runs", async (box) => {
  const { code, stdout, stderr } = await box.imp([
    ...["with", "--daemon", "sleep 60", "--shell", "--daemon"],
    ...["for i in 1 2 3; do echo line $i; done; printf begun; exit 3"],
    ...["--name", "bad", "--ready", "notify", "--quiet-helpers", "--", "echo", "never"],
  ]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(
    stderr,
    "helper 'bad': it ended before it was ready (exit 3); it said last:",
  );
  assertMatch(stderr, /line 3\n.*begun\n/);
  assertMatch(stderr, /helper 'bad' \(pid \d+\) has ended: exit 3/);
});

e2e("with: a helper that goes into the background is told to stay in front", async (box) => {
  const { code, stderr } = await box.imp(
    ["with", "--shell", "--daemon", "sleep 60 &", "--ready", "notify", "--", "true"],
  );
  assertEquals(code, 1);
  assertStringIncludes(
    stderr,
    "it ended before it was ready (exit 0): it has to stay in the foreground",
  );
  assertEquals(box.processes(), []);
});

e2e("with: a helper that prints that it is ready and ends is ready", async (box) => {
  const { code, stdout } = await box.imp([
    ...["with", "--daemon", "echo ready", "--ready", "log:ready", "--quiet-helpers"],
    ...["--", "echo", "main"],
  ]);
  assertEquals([code, stdout], [0, "main\n"]);
});

/** Stops imp, lets `news` happen, and lets imp go on. */
async function meanwhile(pid: number, news: () => Promise<void>): Promise<void> {
  Deno.kill(pid, "SIGSTOP");
  await eventually(() => statFields(pid)?.[0] === "T", "imp is not stopped");
  await news();
  Deno.kill(pid, "SIGCONT");
}

/** The PID that a script has written to a file. */
async function pidIn(box: Sandbox, name: string): Promise<number> {
  await eventually(() => exists(box.path(name)), `no ${name}`);
  return Number(Deno.readTextFileSync(box.path(name)));
}

const TELL_PID = "echo $$ >pid.new; mv pid.new pid";

e2e(
  "with: ready with its last breath, on a descriptor: the next helper is heard too",
  async (box) => {
    const imp = box.start([
      ...["with", "--json", "--in-order", "--shell"],
      ...["--daemon", `${TELL_PID}; ${awaits("go")}; echo >&9`, "--name", "a", "--ready", "fd:9"],
      ...[
        "--daemon",
        "echo up; sleep 60",
        "--name",
        "b",
        "--ready",
        "log:up",
        "--",
        "echo",
        "main",
      ],
    ], { stdout: "piped", stderr: "piped" });
    const helper = await pidIn(box, "pid");
    // It is ready and has ended when imp looks again.
    await meanwhile(imp.pid, async () => {
      Deno.writeTextFileSync(box.path("go"), "");
      await eventually(() => statFields(helper)?.[0] === "Z", "the helper has not ended");
    });
    const { code, stdout, stderr } = await imp.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals([code, text(stdout)], [0, "main\n"], text(stderr));
    const told = events({ code, signal: null, stdout: "", stderr: text(stderr) })
      .filter(({ helper }) => helper === "a").map(({ event }) => event);
    assertEquals(told, ["started", "ready", "ended"]);
  },
);

e2e("with: what a helper said in time counts, also when imp looks too late", async (box) => {
  const imp = box.start([
    ...["with", "--shell", "--ready-timeout", "15s"],
    ...["--daemon", `${TELL_PID}; ${awaits("go")}; echo up; touch said; sleep 60`],
    ...["--ready", "log:up", "--", "true"],
  ]);
  await pidIn(box, "pid");
  await meanwhile(imp.pid, async () => {
    const stopped = performance.now();
    Deno.writeTextFileSync(box.path("go"), "");
    await eventually(() => exists(box.path("said")), "it does not say it");
    await eventually(() => performance.now() - stopped > 15_000, "time goes on");
  });
  assertEquals((await imp.status).code, 0);
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

e2e("with: a port that is taken does not count as readiness", async (box) => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const args = ["--daemon", "sleep 60", "--ready", `tcp:${listener.addr.port}`, "--", "true"];
  const { code, stderr } = await box.imp(["with", ...args]);
  const json = await box.imp(["with", "--json", ...args]);
  listener.close();
  assertEquals(code, 1);
  // The test itself listens there.
  assertStringIncludes(stderr, `EADDRINUSE (pid ${Deno.pid} (`);
  const last = events(json).at(-1)!;
  assertEquals([json.code, last.event, last.exit], [1, "error", 1]);
  assertStringIncludes(String(last.why), "EADDRINUSE");
});

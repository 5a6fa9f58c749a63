// When a kept daemon is ready, and what it says by sd_notify(3).
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2eAsRoot, eventually, exists, isAlive, isLong, sideBySide } from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

/** Rules, and scripts that are ready by them; each leaves `up` before that. */
const RULES: readonly (readonly [rule: string, script: string])[] = [
  ["notify", "touch up; systemd-notify --ready --status=up; exec sleep 1000"],
  ["fd:3", "touch up; echo >&3; exec 3>&-; exec sleep 1000"],
  ["fd:9", "touch up; echo >&9; exec 9>&-; exec sleep 1000"],
  ["file:there", "touch up there; exec sleep 1000"],
  ["log:^up$", "touch up; echo not up; echo up >&2; exec sleep 1000"],
  ["cmd:test -e DIR/there", "touch up there; exec sleep 1000"],
];

for (const [rule, script] of RULES) {
  e2e(`start --ready ${rule}, twice`, async (box) => {
    const home = new KeptHome(box);
    const ready = rule.replace("DIR", box.directory);
    const words = ["sh", "-c", `rm -f up there; sleep 0.1; ${script}`];
    await home.done("start", "web", "-C", ".", "--ready", ready, "--", ...words);
    assertEquals(exists(box.path("up")), true);
    assert(home.record("web", "state").readyAt > 0);
    // What the first run has left is no sign of the second one; a command is asked what it thinks.
    if (rule.startsWith("cmd")) Deno.removeSync(box.path("there"));
    await home.done("restart", "web");
    assertEquals(exists(box.path("up")), true);
    await home.done("stop", "web");
  }, rule === "notify" ? ["systemd-notify"] : []);
}

e2e(
  "start --ready: a real server, by its port and its answer; a port that is taken is reported",
  async (box) => {
    const home = new KeptHome(box);
    const port = freePort();
    const rules = ["--ready", `tcp:${port}`, "--ready", `http://127.0.0.1:${port}/`];
    const serve = ["python3", "-m", "http.server", String(port), "--bind", "127.0.0.1"];
    await home.done("start", "web", "-C", ".", ...rules, "--", ...serve);
    const answer = await (await fetch(`http://127.0.0.1:${port}/`)).text();
    assertStringIncludes(answer, "Directory listing");
    const other = await home.imp(["start", "two", "--restart", "no", ...rules, "--", ...serve]);
    assertEquals(other.code, 1);
    assertStringIncludes(other.stderr, "EADDRINUSE");
    await home.done("restart", "web");
    await home.done("stop", "--all");
  },
);

e2e("start --ready: not in time is 124, with the last lines; it is ended", async (box) => {
  const home = new KeptHome(box);
  const { code, stderr } = await home.imp([
    ...["start", "web", "--restart", "no", "--ready", "log:never", "--ready-timeout", "200ms"],
    ...["--", "sh", "-c", "echo waiting; exec sleep 1000"],
  ]);
  assertEquals(code, 124);
  assertMatch(
    stderr,
    /not ready within 200ms \(ready when it prints a line that matches \/never\/\)/,
  );
  assertStringIncludes(stderr, "| waiting\n");
  assertEquals(home.record("web", "state").phase, "failed");
});

/** A program that says to $NOTIFY_SOCKET what its arguments say, and takes orders from a file. */
const SPEAKER = `#!/usr/bin/env python3
import os, signal, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
def say(*lines): s.send("\\n".join(lines).encode())
`;

e2e("notify: READY, STATUS, RELOADING, and what imp status shows of it", async (box) => {
  const home = new KeptHome(box);
  const program = box.script(
    "program",
    SPEAKER + `
say("STATUS=opening files"); time.sleep(0.05)
def reload(*_):
  say("RELOADING=1"); open("reloaded", "w").close(); say("READY=1", "STATUS=read again")
signal.signal(signal.SIGHUP, reload)
def leave(*_):
  say("RELOADING=1"); say("STOPPING=1"); time.sleep(1000)
signal.signal(signal.SIGUSR1, leave)
say("READY=1", "STATUS=serving")
while True: time.sleep(0.05)
`,
  );
  await home.done("start", "web", "-C", ".", "--ready", "notify", "--", program);
  await eventually(() => home.record("web", "state").statusText === "serving", "its status");
  assertStringIncludes((await home.imp(["status", "web"])).stdout, "serving");
  const before = home.record("web", "state").readyAt;
  await home.done("reload", "web");
  assert(home.record("web", "state").readyAt > before);
  await eventually(() => home.record("web", "state").statusText === "read again", "its status");
  assertEquals(home.record("web", "state").phase, "running");
  await home.done("signal", "web", "USR1");
  await eventually(() => home.record("web", "state").stopsItself, "it stops itself");
  assertStringIncludes((await home.imp(["status", "web"])).stdout, ", stopping by itself");
  // What it has told belongs to this run.
  await home.done("stop", "--now", "web");
  await home.done("start", "web");
  const { reloading, stopsItself } = home.record("web", "state");
  assertEquals([reloading, stopsItself], [undefined, undefined]);
  await home.done("stop", "web");
}, ["python3"]);

e2e("start --ready log: in a log with times, and of JSON", async (box) => {
  const home = new KeptHome(box);
  for (const format of ["time", "json"]) {
    const options = ["--log-format", format, "--ready", "log:^up$"];
    const words = ["sh", "-c", "echo not up; echo up; exec sleep 1000"];
    await home.done("start", format, ...options, "--", ...words);
  }
  await home.done("stop", "--all");
});

e2e("notify: EXTEND_TIMEOUT gives it more time", async (box) => {
  const home = new KeptHome(box);
  const program = box.script(
    "program",
    SPEAKER + `
say("EXTEND_TIMEOUT_USEC=600000000"); time.sleep(5)
say("READY=1"); time.sleep(1000)
`,
  );
  const options = ["--ready", "notify", "--ready-timeout", "4s", "--restart", "no"];
  await home.done("start", "web", ...options, "--", program);
  await home.done("stop", "web");
}, ["python3"]);

e2e(
  "notify: MAINPID from the tree is the program from then on; a stranger's is not believed",
  async (box) => {
    const home = new KeptHome(box);
    const program = box.script(
      "program",
      SPEAKER + `
pid = os.fork()
if pid == 0:
  time.sleep(1000)
say("MAINPID=%d" % int(sys.argv[1] if len(sys.argv) > 1 else pid), "READY=1", "STATUS=%d" % pid)
os.wait() if len(sys.argv) > 1 else time.sleep(0.3)
`,
    );
    await home.done("start", "web", "--ready", "notify", "--", program);
    const state = home.record("web", "state");
    assertEquals(state.program.pid, Number(state.statusText));
    // The one that has made it may go.
    await eventually(
      () =>
        Deno.readTextFileSync("/proc/" + state.program.pid + "/stat").split(" ")[3] ===
          String(home.waiters("web").keeper),
      "the keeper has it",
    );
    assertEquals([home.pid("web"), home.record("web", "state").phase], [
      state.program.pid,
      "running",
    ]);
    await home.done("start", "two", "--ready", "notify", "--", program, "1");
    assert(home.record("two", "state").program.pid > 1);
    await home.done("stop", "--all");
    assertEquals(box.processes(), []);
  },
  ["python3"],
);

for (const [reaps, what] of [["wait", "reaps"], ["time.sleep", "does not reap"]]) {
  e2e(
    `notify: the end of a main process whose own parent goes on and ${what} it is seen`,
    async (box) => {
      const home = new KeptHome(box);
      const program = box.script(
        "program",
        SPEAKER + `
pid = os.fork()
if pid == 0:
  time.sleep(1000)
say("MAINPID=%d" % pid, "READY=1")
if sys.argv[1] == "wait": os.wait()
time.sleep(1000)
`,
      );
      await home.done("start", "web", "--ready", "notify", "--", program, reaps);
      const first = home.pid("web")!;
      Deno.kill(first, "SIGKILL");
      await eventually(() => {
        const { program, phase, runs } = home.record("web", "state");
        return phase === "running" && program.pid !== first && runs.at(-1).pid === first;
      }, "it was started again");
      await home.done("stop", "web");
      assertEquals(box.processes(), []);
    },
    ["python3"],
  );
}

e2e("notify: MAINPID of imp's own processes, and of a zombie, is not believed", async (box) => {
  const home = new KeptHome(box);
  const program = box.script(
    "program",
    SPEAKER + `
zombie = os.fork()
if zombie == 0:
  os._exit(0)
while open("/proc/%d/stat" % zombie).read().split(" ")[2] != "Z": time.sleep(0.01)
for i in range(30):
  above = int(open("/proc/%d/stat" % os.getppid()).read().split(" ")[3])
  say("MAINPID=%d" % os.getppid()); say("MAINPID=%d" % above); say("MAINPID=%d" % zombie)
  time.sleep(0.02)
say("READY=1", "STATUS=%d" % os.getpid())
time.sleep(1000)
`,
  );
  await home.done("start", "web", "--ready", "notify", "--", program);
  const { program: { pid }, phase, statusText } = home.record("web", "state");
  assertEquals([pid, phase], [Number(statusText), "running"]);
  await home.done("stop", "web");
  assertEquals(box.processes(), []);
}, ["python3"]);

e2e("notify: a program that does not ping, or says so itself, is restarted", async (box) => {
  const home = new KeptHome(box);
  const program = box.script(
    "program",
    SPEAKER + `
open(sys.argv[1], "a").write("%d\\n" % os.getpid())
assert os.environ["WATCHDOG_USEC"] == sys.argv[2]
say("READY=1")
if len(sys.argv) > 3: time.sleep(0.2); say("WATCHDOG=trigger")
time.sleep(1000)
`,
  );
  const options = ["-C", ".", "--ready", "notify", "--backoff", "10ms"];
  const hung = ["--", program, "hung", "300000"], asks = ["--", program, "asks", "60000000", "x"];
  await home.imp(["start", "hung", ...options, "--watchdog", "300ms", ...hung]);
  await home.imp(["start", "asks", ...options, "--watchdog", "1m", ...asks]);
  const pids = [...await pidsIn(box.path("hung"), 2), ...await pidsIn(box.path("asks"), 2)];
  assertEquals([isAlive(pids[0]), isAlive(pids[2])], [false, false]);
  assertStringIncludes(JSON.stringify(home.record("hung", "state").runs).toLowerCase(), "watchdog");
  await home.done("stop", "--all");
}, ["python3"]);

if (isLong) {
  e2e("notify: a program that pings is left alone", async (box) => {
    const home = new KeptHome(box);
    const program = box.script(
      "program",
      SPEAKER + `
say("READY=1")
for i in range(100): time.sleep(0.1); say("WATCHDOG=1", "STATUS=%d" % i)
time.sleep(1000)
`,
    );
    await home.done("start", "web", "--ready", "notify", "--watchdog", "5s", "--", program);
    const pid = home.pid("web");
    await eventually(() => home.record("web", "state").statusText === "99", "its last ping");
    assertEquals(home.pid("web"), pid);
    await home.done("stop", "web");
  }, ["python3"]);
}

e2e("notify: BARRIER=1 is answered, descriptors for the store are closed", async (box) => {
  const home = new KeptHome(box);
  const program = box.script(
    "program",
    SPEAKER + `
import array
def send(text, *fds):
  s.sendmsg([text.encode()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))])
r, w = os.pipe()
send("FDSTORE=1\\nFDNAME=x", w); say("READY=1")
send("BARRIER=1", w); os.close(w)
os.read(r, 1); open("done", "w").close(); time.sleep(1000)
`,
  );
  await home.done("start", "web", "-C", ".", "--ready", "notify", "--", program);
  await eventually(() => exists(box.path("done")), "the barrier");
  await home.done("stop", "web");
}, ["python3"]);

e2eAsRoot("notify: another user in a chroot is heard, strangers are not", async (box) => {
  const home = new KeptHome(box);
  Deno.mkdirSync(box.path("root"));
  Deno.chmodSync(box.directory, 0o755);
  await box.sh("cp /bin/busybox root/ 2>/dev/null || true");
  // The tools of the machine's own root: chroot(2) all the same.
  const stranger = SPEAKER.replace('os.environ["NOTIFY_SOCKET"]', "sys.argv[1]") + 'say("READY=1")';
  const script = `echo $NOTIFY_SOCKET >${box.path("name")}; sleep 0.5; exec sleep 1000`;
  const start = box.start([
    ...["start", "web", "--restart", "no", "--ready", "notify", "--ready-timeout", "2s"],
    ...["--", "sh", "-c", script],
  ], { env: home.env });
  await eventually(() => exists(box.path("name")), "it runs");
  await eventually(() => Deno.readTextFileSync(box.path("name")).includes("\n"), "its socket");
  const name = Deno.readTextFileSync(box.path("name")).trim();
  const program = box.script("stranger", stranger + "\ntime.sleep(1)");
  await box.run(["python3", program, name]);
  assertEquals((await start.status).code, 124);
  await home.done("stop", "web");
  const words = ["sh", "-c", "systemd-notify --ready; exec sleep 1000"];
  const options = ["--chroot", "/", "-u", "nobody", "--ready", "notify"];
  await home.done("start", "inside", ...options, "--", ...words);
  await home.done("stop", "inside");
}, ["python3", "systemd-notify"]);

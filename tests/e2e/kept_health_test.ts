// Health of kept daemons, end to end: probes of turns and of imp watch, real servers, kills.
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually, isAlive, type Sandbox, sideBySide } from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

/** Listens, records its port, and answers with the status in a file. */
const SERVER = `#!/usr/bin/env python3
import http.server, os, signal, sys
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
  def do_GET(self):
    self.send_response(int(open("status").read())); self.end_headers()
  def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever()
`;

async function server(box: Sandbox): Promise<{ program: string; port: number; rule: string }> {
  const port = freePort();
  await Deno.writeTextFile(box.path("status"), "200");
  return { program: box.script("server", SERVER), port, rule: `http://127.0.0.1:${port}/` };
}

function healthOf(home: KeptHome, name: string): string | undefined {
  return home.record(name, "state")?.health?.state;
}

async function becomes(home: KeptHome, name: string, state: string): Promise<void> {
  await eventually(
    () => healthOf(home, name) === state,
    () => `${state}, not ${JSON.stringify(home.record(name, "state"))}`,
    60_000,
  );
}

function watcher(box: Sandbox): number[] {
  return box.processes().filter((pid) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").at(-3) === "watch";
    } catch {
      return false;
    }
  });
}

e2e("health: healthy, unhealthy and back, with reason, for list, status and json", async (box) => {
  const home = new KeptHome(box);
  const { program, port, rule } = await server(box);
  const often = ["--health-every", "200ms", "--health-timeout", "3s", "--health-retries", "2"];
  const hook = box.script("hook", '#!/bin/sh\necho "$IMP_HOOK $IMP_REASON" >>"$1"\n');
  const hooks = ["--on-unhealthy", `${hook} ${box.path("told")}`];
  const options = ["-C", ".", "--health", rule, ...often, "--health-start", "30s", ...hooks];
  await home.done("start", "web", ...options, "--", program, `${port}`);
  // It is ready when it has answered.
  assertEquals(healthOf(home, "web"), "healthy");
  const pid = home.pid("web");
  await Deno.writeTextFile(box.path("status"), "503");
  await becomes(home, "web", "unhealthy");
  assertMatch(await home.done("list"), /web\s+unhealthy .* answered 503 \(2 times\)/);
  assertMatch(await home.done("status", "web"), /health +unhealthy: http/);
  const listed = JSON.parse(await home.done("list", "--json"));
  assertEquals([listed.well, listed.health.state], [false, "unhealthy"]);
  assertEquals(listed.health.reason, `${rule} answered 503`);
  await Deno.writeTextFile(box.path("status"), "200");
  await becomes(home, "web", "healthy");
  assertEquals(home.pid("web"), pid);
  const told = await Deno.readTextFile(box.path("told"));
  assertEquals(told, `onUnhealthy unhealthy: ${rule} answered 503 (2 times)\n`);
  await home.done("stop", "web");
  await eventually(() => box.processes().length === 0, "nothing is left");
}, ["python3"]);

e2e(
  "health: a restart is counted, has its cause, and comes although it exits with 0",
  async (box) => {
    const home = new KeptHome(box);
    const { program, port, rule } = await server(box);
    const often = ["--health-every", "200ms", "--health-timeout", "3s", "--health-restart"];
    const options = ["-C", ".", "--health", rule, ...often, "--health-start", "30s"];
    await home.done("start", "web", ...options, "--backoff", "10ms", "--", program, `${port}`);
    const first = home.pid("web")!;
    await Deno.writeTextFile(box.path("status"), "500");
    await eventually(() => !isAlive(first), "it is ended", 60_000);
    await Deno.writeTextFile(box.path("status"), "200");
    await eventually(() => (home.pid("web") ?? first) !== first, "another one", 60_000);
    await becomes(home, "web", "healthy");
    const state = home.record("web", "state");
    assert(state.restarts >= 1);
    assertEquals(state.runs[0].exitCode, 0);
    assertEquals(state.runs[0].by, `imp keeper: unhealthy: ${rule} answered 500 (3 times)`);
    await home.done("stop", "web");
  },
  ["python3"],
);

e2e("health: what is not healthy within --health-start has failed to start", async (box) => {
  const home = new KeptHome(box);
  const options = ["--health", `tcp:${freePort()}`, "--health-start", "300ms", "--restart", "no"];
  const { code, stderr } = await home.imp(["start", "web", ...options, "--", "sleep", "1000"]);
  assertEquals(code, 124, stderr);
  assertMatch(stderr, /not ready within 300ms/);
  await eventually(() => box.processes().length === 0, "its keepers leave");
});

e2e(
  "health: imp watch is killed during a probe: another one goes on, nothing is left",
  async (box) => {
    const home = new KeptHome(box);
    const pids = box.path("pids");
    const probe = box.script("probe", `#!/bin/sh\necho $$ >>${pids}\nexec sleep 1000\n`);
    const often = ["--health-every", "200ms", "--health-timeout", "10m", "--health-retries", "1"];
    await home.done("start", "web", "--health", `cmd:${probe}`, ...often, "--", "sleep", "1000");
    const [first] = await pidsIn(pids);
    const [watch] = watcher(box);
    Deno.kill(watch, "SIGKILL");
    await pidsIn(pids, 2);
    assert(!isAlive(first), "the probe of the killed one");
    assertEquals(healthOf(home, "web"), "starting");
    await home.done("stop", "web");
    await eventually(() => box.processes().length === 0, "nothing is left");
  },
);

e2e(
  "health: what a probe leaves behind ends with it, and is no part of any daemon",
  async (box) => {
    const home = new KeptHome(box);
    const pids = box.path("pids");
    const probe = box.script("probe", `#!/bin/sh\nsetsid sleep 1000 & echo $! >>${pids}\n`);
    const often = ["--health-every", "200ms", "--health-timeout", "1m"];
    await home.done("start", "web", "--health", `cmd:${probe}`, ...often, "--", "sleep", "1000");
    const left = await pidsIn(pids, 3);
    await eventually(() => left.slice(0, 2).every((pid) => !isAlive(pid)), "they run on");
    await home.done("stop", "web");
    await eventually(() => box.processes().length === 0, "nothing is left");
  },
  ["setsid"],
);

e2e("health: new keepers go on with what imp watch has found meanwhile", async (box) => {
  const home = new KeptHome(box);
  const { program, port, rule } = await server(box);
  const often = ["--health-every", "200ms", "--health-timeout", "3s", "--health-start", "30s"];
  await home.done("start", "web", "-C", ".", "--health", rule, ...often, "--", program, `${port}`);
  const pid = home.pid("web");
  await home.killWaiters("web");
  await Deno.writeTextFile(box.path("status"), "404");
  await home.imp(["start", "web"]);
  await becomes(home, "web", "unhealthy");
  assertEquals(home.pid("web"), pid);
  await home.done("stop", "web");
}, ["python3"]);

e2e("health: silence in the log", async (box) => {
  const home = new KeptHome(box);
  const often = ["--health-every", "100ms", "--health-retries", "1"];
  const script = `while :; do [ -e ${box.path("mute")} ] || echo tick; sleep 0.1; done`;
  await home.start("web", script, "--health", "log-silence:5s", ...often);
  await becomes(home, "web", "healthy");
  await box.sh("touch mute");
  await becomes(home, "web", "unhealthy");
  assertMatch(home.record("web", "state").health.reason, /^log-silence:5s nothing logged for /);
  await home.done("stop", "web");
});

e2e("health: a name that has to be looked up, and one without an address", async (box) => {
  const home = new KeptHome(box);
  const often = ["--health-every", "300ms", "--health-timeout", "20s", "--health-retries", "1"];
  await home.done(
    "start",
    "web",
    "--health",
    "tcp:nowhere.invalid:80",
    ...often,
    "--",
    "sleep",
    "99",
  );
  await becomes(home, "web", "unhealthy");
  assertMatch(home.record("web", "state").health.reason, /^tcp:nowhere.invalid:80 \S/);
  await home.done("stop", "web");
});

e2e("health: bad input", async (box) => {
  const home = new KeptHome(box);
  const tried: [string[], RegExp][] = [
    [["--health", "fd:3"], /'fd:3' is not a health rule/],
    [["--health", ""], /'' is not a health rule/],
    [["--health", "https://x/"], /over http only/],
    [["--health", "log-silence:0"], /must be more than 0/],
    [["--health", "tcp:80", "--health-every", "50ms"], /too short/],
    [["--health", "tcp:80", "--health-every", "x"], /not a duration/],
    [["--health", "tcp:80", "--health-retries", "0"], /from 1 to 9999/],
    [["--health", "tcp:80", "--health-timeout", "0"], /more than 0/],
    [["--health", "tcp:80", "--health-start", "0"], /more than 0/],
    [["--health-every", "5s"], /--health-every goes with --health/],
    [["--health-restart"], /--health-restart goes with --health/],
    [["--on-unhealthy", "true"], /--on-unhealthy goes with --health/],
    [["--health", "tcp:80", "--health-restart", "--restart", "no"], /cannot be used together/],
    [["--health", "tcp:80", "--health-restart", "--every", "1m"], /cannot be used together/],
    [["--health", "log-silence:1m", "--log", "none"], /cannot be used together/],
  ];
  for (const [options, says] of tried) {
    const { code, stderr } = await home.imp(["start", "web", ...options, "--", "true"]);
    assertEquals(code, 2, `${options}: ${stderr}`);
    assertMatch(stderr, says);
  }
  const missing = await home.imp(["start", "web", "--health", "cmd:no-such-probe", "--", "true"]);
  assertEquals(missing.code, 1, missing.stderr);
  assertMatch(missing.stderr, /no-such-probe/);
  assertEquals(box.processes(), []);
});

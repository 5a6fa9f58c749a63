// Daemons on demand while they, their keepers and turns of imp are killed, and such as do nothing with a connection.
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { e2e, eventually, rounds } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { ask, Clients, socketServer } from "./socket_server.ts";

const TOOLS = ["python3"];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

e2e("on demand: who crashes at each connection is not started without end", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  await box.sh("touch crashes");
  const options = ["--socket", `tcp:${port}`, "--on-demand", "-C", ".", "--backoff", "200ms..30s"];
  await home.done("start", "web", ...options, "--", socketServer(box));
  const clients = new Clients({ port, hostname: "127.0.0.1" });
  await eventually(() => home.record("web", "state").failures >= 3, "it has failed thrice");
  const { phase, runs, restarts } = home.record("web", "state");
  // The connection that it had taken is gone with it; the next one waits for the pause.
  assert(["waiting", "listening", "starting", "running", "stopping"].includes(phase), phase);
  assertEquals([runs[0].exitCode, runs[0].failedStart], [3, true]);
  assert(restarts < 8, `${restarts} restarts`);
  await box.sh("rm crashes");
  await eventually(() => clients.crowd.answered > 10, "it serves");
  assertEquals((await clients.end()).refused, 0);
  await home.done("stop", "web");
}, TOOLS);

e2e("on demand: who never accepts is given up with a reason", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  await box.sh("touch ignores");
  const options = ["--socket", `tcp:${port}`, "--on-demand", "-C", ".", "--backoff", "10ms..50ms"];
  await home.done("start", "web", ...options, "--", socketServer(box));
  using _ = await Deno.connect({ port });
  await eventually(() => home.record("web", "state").phase === "failed", "it is given up");
  const { reason, runs } = home.record("web", "state");
  assertMatch(reason, /^started 5 times in a row by connections that it has not accepted/);
  assertEquals(runs.length, 5);
  assertMatch((await home.imp(["status", "web"])).stdout, /LISTEN_FDS/);
  await eventually(() => box.processes().length === 0, "its keepers have left");
  await box.sh("rm ignores");
  await home.done("start", "web");
  await ask({ port });
  await home.done("stop", "web");
}, TOOLS);

e2e("on demand: one connection for each run, as many as come", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const once = box.script(
    "once",
    `#!/usr/bin/env python3
import os, socket
c, _ = socket.socket(fileno=3).accept()
c.sendall(b"%d:" % os.getpid() + c.recv(100))
`,
  );
  const options = ["--socket", `tcp:${port}`, "--on-demand", "-C", "."];
  await home.done("start", "web", ...options, "--", once);
  const pids = await Promise.all(Array.from({ length: 12 }, () => ask({ port })));
  assertEquals(new Set(pids).size, 12);
  await eventually(() => home.record("web", "state").phase === "listening", "it listens");
  const { failures, unserved, runs } = home.record("web", "state");
  assertEquals([failures, unserved, runs.at(-1).kind], [0, undefined, "normal"]);
  await home.done("stop", "web");
}, TOOLS);

e2e("on demand: keepers that are killed at rest are no loss, one at a time", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const options = ["--socket", `tcp:${port}`, "--on-demand", "-C", ".", "--backoff", "10ms"];
  await home.done("start", "web", ...options, "--", socketServer(box));
  for (const victim of ["keeper", "guard"] as const) {
    Deno.kill(home.waiters("web")[victim]!, "SIGKILL");
    const pid = await ask({ port });
    await eventually(() => home.pid("web") === pid, "it is known");
    Deno.kill(pid, "SIGKILL");
    await eventually(() => {
      const { guard, keeper } = home.waiters("web");
      return home.record("web", "state").phase === "listening" && guard !== undefined &&
        keeper !== undefined;
    }, () => JSON.stringify(home.record("web", "state")));
  }
  await home.done("stop", "web");
}, TOOLS);

e2e("on demand: turns that are killed while clients connect lose nobody", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const options = ["--socket", `tcp:${port}`, "--on-demand", "--idle-stop", "200ms", "-C", "."];
  await home.done("start", "web", ...options, "--", socketServer(box));
  let isOver = false;
  const asked = (async () => {
    for (; !isOver; await pause(150)) await ask({ port });
  })();
  const { keeper } = home.waiters("web");
  for (let i = 0; i < rounds(12, 200); i++) {
    await eventually(() => (readKeeperPage(keeper!)?.turn ?? 0) !== 0, "a turn");
    await pause(4 * (i % 12));
    const { turn = 0 } = readKeeperPage(keeper!) ?? {};
    if (turn > 0) Deno.kill(turn, "SIGKILL");
  }
  isOver = true;
  await asked;
  await home.done("stop", "web");
}, TOOLS);

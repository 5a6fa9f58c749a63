// Daemons that are started when somebody connects.
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { eventually, isAlive, rounds, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { ask, say, socketServer, starts } from "./socket_server.ts";

const e2e = sideBySide();

const TOOLS = ["python3"];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

e2e("on demand: it rests until somebody connects, and again when nobody is left", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const options = ["--socket", `tcp:${port}`, "--on-demand", "--idle-stop", "1s", "-C", "."];
  const told = await home.done("start", "web", ...options, "--", socketServer(box));
  assertEquals(told, `web: listening on tcp:127.0.0.1:${port}\n`);
  assertEquals((await home.imp(["start", "web"])).code, 1);
  assertMatch((await home.imp(["list"])).stdout, new RegExp(`web +listening .*on tcp:.*:${port}`));
  assertEquals((await home.imp(["status", "web"])).code, 0);
  const { keeper } = home.waiters("web");
  const page = () => readKeeperPage(keeper!)!;
  await eventually(() => page().turn === 0, "it is at rest");
  const { raised } = page();
  await pause(1000);
  assertEquals([page().raised, home.pid("web"), starts(box)], [raised, undefined, []]);
  const connection = await Deno.connect({ port });
  const pid = await say(connection);
  assertEquals(pid, home.pid("web"));
  assertMatch((await home.imp(["status", "web"])).stdout, /connections 1 open, 0 waiting/);
  // A client is connected, although it sends nothing.
  await pause(2000);
  assertEquals([await say(connection), home.pid("web")], [pid, pid]);
  connection.close();
  await eventually(() => home.record("web", "state").phase === "listening", "it is stopped");
  assert(!isAlive(pid));
  const [run] = home.record("web", "state").runs;
  assertEquals([run.by, run.failedStart], ["imp keeper: --idle-stop 1s", false]);
  assert(await ask({ port }) !== pid);
  await home.done("restart", "web");
  assertEquals(home.record("web", "state").phase, "listening");
  await ask({ port });
  await home.done("stop", "web");
}, TOOLS);

e2e("on demand: who connects in the instant of the stop is served", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const options = ["--socket", `tcp:${port}`, "--on-demand", "--idle-stop", "100ms", "-C", "."];
  await home.done("start", "web", ...options, "--", socketServer(box));
  for (let i = 0; i < rounds(12, 200); i++) {
    await ask({ port });
    await pause(80 + 17 * (i % 12));
  }
  await eventually(() => home.record("web", "state").phase === "listening", "it is stopped");
  assert(starts(box).length > 1);
  await home.done("stop", "web");
}, TOOLS);

e2e("on demand: Unix sockets and datagrams start it, too", async (box) => {
  const home = new KeptHome(box);
  const [port, path] = [freePort(), box.path("web.sock")];
  const sockets = ["--socket", `udp:${port}`, "--socket", `unix:${path}`];
  const options = [...sockets, "--on-demand", "-C", ".", "--idle-stop", "500ms"];
  await home.done("start", "web", ...options, "--", socketServer(box));
  const { stdout } = await box.sh(
    `python3 -c 'import socket as s; u = s.socket(s.AF_INET, s.SOCK_DGRAM); u.sendto(b"hi", ("127.0.0.1", ${port})); print(u.recv(99))'`,
  );
  const [first] = starts(box);
  assertEquals(stdout, `b'${first}:hi'\n`);
  await eventually(() => home.record("web", "state").phase === "listening", "it is stopped");
  const connection = await Deno.connect({ transport: "unix", path });
  const second = await say(connection);
  assert(second !== first);
  await pause(1000);
  assertEquals(await say(connection), second);
  connection.close();
  await eventually(() => home.record("web", "state").phase === "listening", "it is stopped");
  await home.done("stop", "web");
}, TOOLS);

// The watchdog of sd_notify(3), end to end.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { eventually, isAlive, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

/** Pings ten times a second for as long as a file is there. */
const PINGS = `#!/usr/bin/env python3
import os, socket, sys, time
def say(text):
  # As sd_notify(3): a socket for each message, and nobody may be there.
  s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  try: s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:]); s.send(text)
  except OSError: pass
  s.close()
open("environment", "w").write(os.environ.get("WATCHDOG_USEC", "none"))
say(b"READY=1")
while os.path.exists("pinging"): say(b"WATCHDOG=1\\n"); time.sleep(0.1)
time.sleep(1000)
`;

const e2e = sideBySide();

for (const waiter of ["file", "resident"] as const) {
  e2e(
    `watchdog, ${waiter}: pings cause no turns; who stops pinging is ended and started again`,
    async (box) => {
      const home = new KeptHome(box);
      const program = box.script("program", PINGS);
      await box.sh("touch pinging");
      const options = ["-C", ".", "--ready", "notify", "--backoff", "10ms", "--waiter", waiter];
      await home.done("start", "web", ...options, "--watchdog", "5s", "--", program);
      assertEquals(await Deno.readTextFile(box.path("environment")), "5000000");
      const first = home.pid("web")!;
      const { keeper } = home.waiters("web");
      const page = () => readKeeperPage(keeper!)!;
      await eventually(() => page().turn === 0 && page().pinged > 0, "it is at rest");
      const before = page();
      // Longer than its time, and no ping comes late on any machine that runs ten a second.
      await eventually(() => page().pinged >= before.pinged + 60, "it pings", 120_000);
      if (home.pid("web") === first) {
        assertEquals([page().raised, page().turn], [before.raised, 0]);
      }
      assertEquals(home.pid("web"), first);
      await box.sh("rm pinging");
      await eventually(() => (home.pid("web") ?? first) !== first, "another one", 60_000);
      assert(!isAlive(first));
      const [run] = home.record("web", "state").runs;
      assertMatch(run.by, /^imp keeper: no WATCHDOG=1 for 5/);
      assertMatch((await home.imp(["status", "web"])).stdout, /no WATCHDOG=1 for\s+5/);
      await home.done("stop", "web");
      assertEquals(box.processes(), []);
    },
    ["python3"],
  );
}

e2e(
  "watchdog: a program says how often it pings from now on, for its run; 0 ends that",
  async (box) => {
    const home = new KeptHome(box);
    const says = `#!/usr/bin/env python3
import os, socket, sys, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:])
for text in sys.argv[1:]: s.send(text.encode())
time.sleep(1000)
`;
    const program = box.script("program", says);
    const start = (name: string, ms: string, ...words: string[]) =>
      home.done("start", name, "--ready", "notify", "--watchdog", ms, "--", program, ...words);
    await start("short", "1h", "READY=1", "WATCHDOG_USEC=300000");
    const first = home.pid("short")!;
    await start("never", "300ms", "WATCHDOG_USEC=0", "READY=1");
    const never = home.pid("never");
    await eventually(() => ![undefined, first].includes(home.pid("short")), "another one", 60_000);
    const [run] = home.record("short", "state").runs;
    assertEquals(run.by, "imp keeper: no WATCHDOG=1 for 300ms");
    assertEquals([home.pid("never"), home.record("never", "state").runs], [never, []]);
    await home.done("stop", "--all", "--now");
  },
  ["python3"],
);

e2e("watchdog: a lifetime is over in time for a program that pings", async (box) => {
  const home = new KeptHome(box);
  const program = box.script("program", PINGS);
  await box.sh("touch pinging");
  const limits = ["--watchdog", "1m", "--max-lifetime", "2s"];
  await home.done("start", "web", "-C", ".", "--ready", "notify", ...limits, "--", program);
  const first = home.pid("web")!;
  await eventually(() => (home.pid("web") ?? first) !== first, "another one", 60_000);
  assertMatch(home.record("web", "state").runs[0].by, /--max-lifetime 2/);
  await home.done("stop", "web");
}, ["python3"]);

e2e("watchdog: pings wake nobody where there is no watchdog", async (box) => {
  const home = new KeptHome(box);
  const program = box.script("program", PINGS);
  await box.sh("touch pinging");
  await home.done("start", "web", "-C", ".", "--ready", "notify", "--", program);
  assertEquals(await Deno.readTextFile(box.path("environment")), "none");
  const { keeper } = home.waiters("web");
  const page = () => readKeeperPage(keeper!)!;
  await eventually(() => page().turn === 0 && page().pinged > 0, "it is at rest");
  const { raised, pinged } = page();
  await eventually(() => page().pinged > pinged + 10, "it pings");
  assertEquals(page().raised, raised);
  await home.done("stop", "web");
}, ["python3"]);

e2e("watchdog: new keepers of a program that runs go on with it", async (box) => {
  const home = new KeptHome(box);
  const program = box.script("program", PINGS);
  await box.sh("touch pinging");
  const options = ["-C", ".", "--ready", "notify", "--backoff", "10ms"];
  await home.done("start", "web", ...options, "--watchdog", "3s", "--", program);
  const first = home.pid("web")!;
  await home.killWaiters("web");
  await home.imp(["start", "web"]);
  const { keeper } = home.waiters("web");
  const page = () => readKeeperPage(keeper!)!;
  await eventually(() => page().pinged > 5, "its pings are taken");
  assertEquals(home.pid("web"), first);
  await box.sh("rm pinging");
  await eventually(() => (home.pid("web") ?? first) !== first, "another one", 60_000);
  assertMatch(home.record("web", "state").runs[0].by, /no WATCHDOG=1/);
  await home.done("stop", "web");
}, ["python3"]);

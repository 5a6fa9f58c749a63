// One pair of waiters for each daemon, whatever is killed, removed or held: a lock that they inherit says who keeps it.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { findWaiters } from "../../src/keeper/waiter/find_waiters.ts";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { WAITER_FD } from "../../src/keeper/waiter/page_layout.ts";
import { endIfThere, eventually, exists, isAlive, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

const NEEDS = ["flock"];

e2e("keepers: guard and keeper hold the lock, and no program gets it", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "sleep 1000 & exec sleep 1000");
  const kept = `${home.path}/daemons/web/kept`;
  assertEquals((await box.sh(`flock -n ${kept} true`)).code, 1);
  const { guard, keeper } = home.waiters("web");
  for (const pid of [guard, keeper]) {
    assertEquals(Deno.readLinkSync(`/proc/${pid}/fd/${WAITER_FD.kept}`), kept);
  }
  for (const pid of box.processes().filter((pid) => pid !== guard && pid !== keeper)) {
    const files = [...Deno.readDirSync(`/proc/${pid}/fd`)]
      .map(({ name }) => Deno.readLinkSync(`/proc/${pid}/fd/${name}`));
    assertEquals(files.includes(kept), false, `${pid}: ${files}`);
  }
  await home.done("stop", "web");
  assertEquals((await box.sh(`flock -n ${kept} true`)).code, 0);
}, NEEDS);

e2e(
  "keepers: killed while a turn runs: it starts nothing, and a start waits for its end",
  async (box) => {
    const home = new KeptHome(box);
    const [begun, go, copies] = [box.path("begun"), box.path("go"), box.path("copies")];
    const pre = box.script(
      "pre",
      `#!/bin/sh\necho >>${begun}; until [ -e ${go} ]; do sleep 0.02; done\n`,
    );
    const program = box.script("program", `#!/bin/sh\necho $$ >>${copies}; exec sleep 1000\n`);
    const first = home.imp(["start", "web", "--pre", pre, "--", program]);
    await eventually(() => exists(begun), "the turn runs its command");
    const acting = findWaiters(`${home.path}/daemons/web`).keeper!.pid;
    const { guard, keeper, turn } = readKeeperPage(acting)!;
    for (const pid of [guard, keeper]) endIfThere(pid);
    await eventually(() => !isAlive(guard) && !isAlive(keeper), "they are gone");
    const second = home.imp(["start", "web", "--oknodo"]);
    Deno.writeTextFileSync(go, "");
    await first;
    const { code, stderr, stdout } = await second;
    assertEquals(code, 0, stderr + stdout);
    await eventually(() => !isAlive(turn), "that turn has ended");
    const started = Deno.readTextFileSync(copies).trim().split("\n").map(Number);
    assertEquals(started.filter(isAlive), [home.pid("web")]);
    await home.done("stop", "web");
    assertEquals(box.processes(), []);
  },
  NEEDS,
);

e2e(
  "keepers: records that were copied back in another place do not get a second pair",
  async (box) => {
    const home = new KeptHome(box);
    await home.done("start", "web", "--", "sleep", "1000");
    const { keeper } = home.waiters("web");
    const daemons = `${home.path}/daemons`;
    await box.sh(
      `cp -a ${daemons}/web ${box.path("copy")}; rm -r ${daemons}/web; mv ${
        box.path("copy")
      } ${daemons}/web`,
    );
    // Nobody holds the lock on that file, and the state knows of nobody.
    const state = home.record("web", "state");
    const forgetful = {
      ...state,
      phase: "stopped",
      guard: undefined,
      keeper: undefined,
      program: undefined,
    };
    Deno.writeTextFileSync(`${daemons}/web/state.json`, JSON.stringify(forgetful));
    await home.imp(["start", "web"]);
    const names = box.processes().map((pid) => Deno.readTextFileSync(`/proc/${pid}/comm`).trim());
    assertEquals(names.sort(), ["imp-guard", "imp-keeper", "sleep"]);
    assertEquals(home.waiters("web").keeper, keeper);
    await home.done("stop", "web");
    assertEquals(box.processes(), []);
  },
  NEEDS,
);

e2e("keepers: a lock that somebody else holds is reported, and nothing is written", async (box) => {
  const home = new KeptHome(box);
  await home.done("start", "web", "--", "sleep", "1000");
  await home.done("stop", "web");
  const kept = `${home.path}/daemons/web/kept`;
  const before = home.record("web", "intent");
  const { code, stderr } = await box.sh(
    `exec 9>>${kept}; flock 9; "$IMP" start web 9>&-`,
    { env: home.env },
  );
  assertEquals(code, 125, stderr);
  assertMatch(stderr, /kept: EWOULDBLOCK \(held for more than 5 s by pid \d+ \(\w+\)\)/);
  assertEquals(home.record("web", "intent"), before);
}, NEEDS);

e2e("keepers: an adopted program that its keeper has ended leaves that at rest", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "exec sleep 1000", "--backoff", "10ms");
  await home.killWaiters("web");
  await home.done("start", "web");
  await home.done("restart", "web");
  const { keeper } = home.waiters("web");
  const page = () => readKeeperPage(keeper!)!;
  await eventually(() => page().turn === 0, "it is at rest");
  // The records of an ended daemon stay readable.
  const before = page().raised;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const { raised } = page();
  assert(raised.watched - before.watched <= 1, `${raised.watched - before.watched} turns`);
  await home.done("stop", "web");
});

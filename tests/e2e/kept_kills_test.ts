// Kept daemons whose turns are killed at any moment, and whose records cannot be written.
import { assertEquals, assertMatch } from "@std/assert";
import { readKeeperPage } from "../../src/keeper/waiter/keeper_page.ts";
import { e2e, e2eAsRoot, endIfThere, eventually, isAlive, rounds, wordsOf } from "./harness.ts";
import { KeptDaemon } from "./kept_daemon.ts";
import { randomNumbers } from "./random.ts";
import { SEED } from "../seed.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

e2e(
  "kept: turns that are killed at any moment: never a second copy, nothing is lost",
  async (box) => {
    const web = new KeptDaemon(box);
    // Each copy takes a lock: a second one beside it would say so.
    const script = box.script(
      "only",
      `#!/bin/bash
exec 9> ${box.path("lock")}
flock -n 9 || echo "a second copy" >> ${box.path("copies")}
echo $$ >> ${box.path("starts")}
exec -a only sleep 1000
`,
    );
    web.start({ words: [script], startMs: 0, backoff: { firstMs: 1, mostMs: 1 } });
    await web.reaches("running", () => wordsOf(web.pid)[0] === "only");
    const only = () => box.processes().filter((pid) => wordsOf(pid)[0] === "only");
    const random = randomNumbers(SEED);
    let killed = 0;
    for (let round = 0; round < rounds(15, 400) || killed === 0; round++) {
      const { keeper } = web.waiters!;
      const before = only();
      for (const pid of before) endIfThere(pid);
      // A turn takes some milliseconds: it may be over between two looks.
      const delay = random() * 15;
      const turnNow = () => readKeeperPage(keeper.pid)?.turn ?? 0;
      let turn = turnNow();
      for (const soon = performance.now() + 50; turn === 0 && performance.now() < soon;) {
        turn = turnNow();
      }
      await eventually(
        () => (turn ||= turnNow()) > 0 || only().some((pid) => !before.includes(pid)),
        "a turn begins",
      );
      const until = performance.now() + delay;
      while (performance.now() < until);
      if (turn > 0 && turnNow() === turn) {
        endIfThere(turn);
        killed++;
      }
      await eventually(
        () => only().length === 1 && web.state()?.phase === "running" && web.pid === only()[0],
        () => `${only()} ${JSON.stringify(web.state())}`,
      );
    }
    const state = await web.stop();
    assertEquals(only(), []);
    assertEquals(box.processes(), []);
    // Every end is recorded once: no more runs than there were starts.
    const pids = state.runs.map(({ pid, endedAt }) => `${pid} ${endedAt}`);
    assertEquals(new Set(pids).size, pids.length);
    assertEquals(await box.sh(`cat ${box.path("copies")} 2>/dev/null`).then((r) => r.stdout), "");
  },
  ["flock"],
);

e2e(
  "kept: a program that dies while its turn is being killed is not taken for one that runs",
  async (box) => {
    const web = new KeptDaemon(box);
    web.start({
      words: ["sleep", "0.02"],
      restart: "always",
      startMs: 0,
      backoff: { firstMs: 1, mostMs: 1 },
    });
    const { keeper } = web.waiters!;
    const random = randomNumbers(SEED);
    for (let kills = 0; kills < rounds(10, 200);) {
      const { turn = 0, failures = 0 } = readKeeperPage(keeper.pid) ?? {};
      // After each further one the pause before the next turn doubles.
      if (turn > 0 && failures < 3 && random() < 0.2) {
        endIfThere(turn);
        kills++;
      }
      await pause(random() * 5);
    }
    const before = web.state()!.restarts;
    await eventually(() => web.state()!.restarts > before + 2, "it goes on");
    await web.stop();
  },
);

e2eAsRoot(
  "kept: a full disk: the program is restarted all the same, and records come back",
  async (box) => {
    const home = box.path("home");
    Deno.mkdirSync(home, { mode: 0o700 });
    const mounted = await box.sh(`mount -t tmpfs -o size=256k,mode=700 none ${home}`);
    if (mounted.code !== 0) box.skip("a file system cannot be mounted here");
    try {
      const web = new KeptDaemon(box);
      web.start({ words: ["sleep", "1000"], startMs: 0 });
      const { program } = await web.reaches("running");
      await box.sh(`dd if=/dev/zero of=${home}/full bs=4k; true`);
      endIfThere(program!.pid);
      const { keeper } = web.waiters!;
      const now = () => readKeeperPage(keeper.pid)?.program ?? 0;
      await eventually(
        () => now() !== 0 && now() !== program!.pid && isAlive(now()),
        "another one",
      );
      const pid = now();
      assertEquals(web.state()!.program, program);
      // Nothing else happens then: it recovers by itself.
      Deno.removeSync(`${home}/full`);
      const again = await web.reaches("running", ({ program }) => program?.pid === pid);
      assertEquals([again.restarts, again.runs.map((run) => run.pid)], [1, [program!.pid]]);
      assertEquals(
        [...Deno.readDirSync(web.place.directory)].filter(({ name }) => name.startsWith(".")),
        [],
      );
      await web.stop();
    } finally {
      await box.sh(`umount -l ${home}`);
    }
  },
);

e2eAsRoot(
  "kept: a home that becomes read-only: the daemon lives and is restarted; stopping works",
  async (box) => {
    const home = box.path("home");
    Deno.mkdirSync(home, { mode: 0o700 });
    const mounted = await box.sh(`mount -t tmpfs -o size=256k,mode=700 none ${home}`);
    if (mounted.code !== 0) box.skip("a file system cannot be mounted here");
    try {
      const web = new KeptDaemon(box);
      web.start({ words: ["sleep", "1000"], startMs: 0 });
      const { program, keeper } = await web.reaches("running");
      // Its files are open: another mount of it is made read-only, over this one.
      const changed = await box.sh(
        `mount --bind ${home} ${home} && mount -o remount,bind,ro ${home}`,
      );
      if (changed.code !== 0) box.skip("a file system cannot be made read-only here");
      endIfThere(program!.pid);
      const now = () => readKeeperPage(keeper!.pid)?.program ?? 0;
      await eventually(
        () => now() !== 0 && now() !== program!.pid && isAlive(now()),
        "another one",
      );
      // What its keeper cannot record is reported as well.
      const listed = await box.imp(["list", "--json"], { env: { IMP_HOME: home } });
      const { pid, state, restarts } = JSON.parse(listed.stdout);
      assertEquals([pid, state, restarts], [now(), "running", 1]);
      Deno.kill(keeper!.pid, "SIGTERM");
      await web.isLeft();
      const told = await box.imp(["stop", "web"], { env: { IMP_HOME: home } });
      assertEquals(told.code, 0);
      assertMatch(told.stderr, /EROFS/);
      assertEquals(box.processes(), []);
    } finally {
      await box.sh(`umount -l ${home}; umount -l ${home}; true`);
    }
  },
);

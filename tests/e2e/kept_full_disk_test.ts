// Kept daemons whose records cannot be written: what a command does all the same, and what it says.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { contentOf, e2eAsRoot, eventually, exists, isAlive, type Sandbox } from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

/** A home on a file system of its own, which can be filled. */
async function ownDisk(box: Sandbox, work: (home: KeptHome) => Promise<void>): Promise<void> {
  const home = new KeptHome(box);
  Deno.mkdirSync(home.path, { mode: 0o700 });
  const mounted = await box.sh(`mount -t tmpfs -o size=256k,mode=700 none ${home.path}`);
  if (mounted.code !== 0) box.skip("a file system cannot be mounted here");
  try {
    await work(home);
  } finally {
    await box.sh(`umount -l ${home.path}; umount -l ${home.path}; true`);
  }
}

const fill = (box: Sandbox, { path }: KeptHome) =>
  box.sh(`dd if=/dev/zero of=${path}/full bs=4k; true`);
/** Without the line breaks of a narrow output. */
const plain = (text: string) => text.replaceAll(/\s+/g, " ");
const makeRoom = ({ path }: KeptHome) => Deno.removeSync(`${path}/full`);

/** Its children outlive it; one of them ignores signals. */
const TREE = (pids: string) =>
  `for i in 1 2; do setsid sh -c 'trap "" TERM; while :; do sleep 0.1; done' & echo $! >>${pids}; done; exec sleep 1000`;
const LOG = ["--log", "none", "--stop-timeout", "300ms", "--start-seconds", "0"];

e2eAsRoot("kept: what is stopped on a full disk is stopped, and stays so", async (box) => {
  await ownDisk(box, async (home) => {
    const pids = box.path("pids");
    const names = ["web", "now", "still", "alone"];
    for (const name of names) await home.start(name, TREE(pids), ...LOG);
    const tree = await pidsIn(pids, 8);
    await fill(box, home);
    Deno.kill(home.waiters("still").keeper!, "SIGSTOP");
    await home.killWaiters("alone");
    for (const name of names) {
      const { code, stdout, stderr } = await home.imp([
        ...["stop", name],
        ...name === "now" ? ["--now"] : [],
      ]);
      assertEquals(code, 0, stderr);
      assertMatch(stdout, RegExp(`^${name}: stopped`));
      assertEquals(home.record(name, "intent").wanted, "stop");
      assertMatch(plain(stderr), /how it ended could not be recorded: .*ENOSPC/);
    }
    assertEquals(tree.filter(isAlive), []);
    assertEquals(box.processes(), []);
    assertMatch(await home.done("list"), /end not on record/);
    const { stdout } = await home.imp(["status", "web"]);
    assertMatch(plain(stdout), /stopped by 'imp stop web'; its end is not on record/);
    makeRoom(home);
    await home.done("stop", "--all");
    assertEquals(home.record("web", "state").phase, "stopped");
  });
});

e2eAsRoot("kept: signal, reload, restart, remove and down on a full disk", async (box) => {
  await ownDisk(box, async (home) => {
    const caught = box.path("caught");
    const script =
      `trap "echo hup >>${caught}" HUP; trap "echo usr >>${caught}" USR2; while :; do sleep 0.05; done`;
    for (const name of ["web", "gone"]) await home.start(name, script, ...LOG);
    const file = box.path("imp.toml");
    Deno.writeTextFileSync(
      file,
      `[daemons.app]\ncommand = ["sleep", "1000"]\nlog = "none"\n[daemons.db]\ncommand = ["sleep", "1000"]\nlog = "none"\n`,
    );
    await home.done("up", "-f", file);
    const pid = home.pid("web")!;
    await fill(box, home);
    await home.killWaiters("gone");

    await home.done("reload", "web");
    await home.done("signal", "web", "USR2");
    const unkept = await home.imp(["signal", "gone", "USR2"]);
    assertEquals(unkept.code, 0, unkept.stderr);
    assertMatch(plain(unkept.stdout), /not be given new ones: .*ENOSPC/);
    await eventually(
      () => contentOf(caught).split("\n").sort().join(" ").trim() === "hup usr usr",
      () => contentOf(caught),
    );
    // What was to be replaced and cannot be keeps running.
    const replaced = await home.imp(["start", "web", "--replace", "--", "sleep", "1"]);
    assertEquals([replaced.code, home.pid("web")], [125, pid]);
    assertMatch(replaced.stderr, /ENOSPC/);
    await home.done("restart", "web");
    assert(!isAlive(pid));
    const down = await home.imp(["down", "-f", file]);
    assertEquals(down.code, 0, down.stderr);
    assertMatch(down.stdout, /app: stopped[^]*db: stopped|db: stopped[^]*app: stopped/);
    assertEquals(home.record("app", "intent").wanted, "stop");
    await home.done("remove", "--yes", "--stop", "web", "gone");
    assertEquals(box.processes(), []);
    makeRoom(home);
  });
});

e2eAsRoot("kept: stop, signal and reload with a home that is read-only", async (box) => {
  await ownDisk(box, async (home) => {
    const caught = box.path("caught"), pids = box.path("pids");
    await home.start("web", `trap "echo >>${caught}" HUP; while :; do sleep 0.05; done`, ...LOG);
    const names = ["slow", "now", "still", "alone"];
    for (const name of names) await home.start(name, TREE(pids), ...LOG);
    const tree = await pidsIn(pids, 8);
    const pid = home.pid("web")!;
    // Its files are open: another mount of it is made read-only, over this one.
    const changed = await box.sh(
      `mount --bind ${home.path} ${home.path} && mount -o remount,bind,ro ${home.path}`,
    );
    if (changed.code !== 0) box.skip("a file system cannot be made read-only here");
    const lines = () => exists(caught) ? Deno.readTextFileSync(caught).length : 0;
    await home.done("reload", "web");
    await eventually(() => lines() === 1, "it is caught");
    await home.done("signal", "web", "HUP");
    await eventually(() => lines() === 2, "the other one, too");
    for (const words of [["restart", "web"], ["remove", "web"]]) {
      const { code, stderr } = await home.imp(words);
      assert(code !== 0);
      assertMatch(stderr, words[0] === "remove" ? /it is running/ : /EROFS/);
      assertEquals(home.pid("web"), pid);
    }
    Deno.kill(home.waiters("still").keeper!, "SIGSTOP");
    await home.killWaiters("alone");
    for (const name of ["web", ...names]) {
      const { code, stdout, stderr } = await home.imp([
        ...["stop", name],
        ...name === "now" ? ["--now"] : [],
      ]);
      assertEquals(code, 0, stderr);
      assertMatch(stdout, RegExp(`^${name}: stopped`));
      assertMatch(plain(stderr), /to stay stopped could not be recorded: cannot .*EROFS/);
      assertMatch(plain(stderr), RegExp(`repeat imp stop ${name}`));
    }
    assertEquals(tree.filter(isAlive), []);
    assertEquals(box.processes(), []);
    const groups = ["web", ...names].map((name) => home.record(name, "state").cgroup);
    assertEquals(groups.filter((group) => group !== undefined && exists(group)), []);
    assertEquals(home.record("web", "intent").wanted, "run");
    const again = await home.imp(["stop", "web", "--json"]);
    assertEquals([again.code, JSON.parse(again.stdout).result], [0, "not running"]);
    assertMatch(JSON.parse(again.stdout).unrecorded, /EROFS/);
    const removed = await home.imp(["remove", "web"]);
    assertEquals(removed.code, 125);
    assertMatch(removed.stderr, /EROFS/);
  });
});

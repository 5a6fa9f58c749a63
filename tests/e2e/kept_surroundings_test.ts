// Kept daemons on hosts of all kinds: containers, shutdowns, logins that end, file systems that refuse what is usual.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  e2eAsRoot,
  eventually,
  exists,
  impBinary,
  isAlive,
  sideBySide,
  statFields,
} from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

e2e(
  "kept: kill -9 of the main process is seen within a second, whoever holds its stdout",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "sleep 1000 & exec sleep 1001", "--restart", "no");
    let best = Infinity;
    // Once is enough: a machine that is busy is late.
    for (let tries = 0; tries < 5 && best > 1000; tries++) {
      if (tries > 0) await home.done("start", "web");
      const killedAt = Date.now();
      Deno.kill(home.pid("web")!, "SIGKILL");
      await eventually(() => home.record("web", "state").phase === "failed", "its end is seen");
      best = Math.min(best, home.record("web", "state").runs.at(-1).endedAt - killedAt);
    }
    assert(best <= 1000, `${best} ms`);
    await eventually(() => box.processes().length === 0, "its keepers leave");
  },
);

e2e("kept: a login whose terminal is closed takes nothing with it", async (box) => {
  const home = new KeptHome(box);
  // A session with a terminal, whose leader is killed, as sshd's is: HUP to its foreground group.
  const inside = `"$IMP" start web -- sleep 1000; echo $$ >${box.path("shell")}; exec sleep 1002`;
  const login = box.sh(`script -qec '${inside}' /dev/null`, { env: home.env });
  const [shell] = await pidsIn(box.path("shell"));
  const pid = home.pid("web")!;
  assert(statFields(shell)![4] !== "0", "it has a terminal");
  Deno.kill(shell, "SIGKILL");
  await login;
  const { guard, keeper } = home.waiters("web");
  for (const one of [pid, guard!, keeper!]) {
    assert(isAlive(one));
    assertEquals(statFields(one)![4], "0", "no terminal");
  }
  assertMatch(await home.done("list"), /web +running/);
  await home.done("stop", "web");
}, ["script"]);

/** A script that is PID 1 of a PID namespace of its own, with its own /proc. */
function contained(script: string, ...options: string[]): string[] {
  return ["unshare", "-pfm", "--mount-proc", ...options, "bash", "-c", script];
}

e2e(
  "kept: where /proc shows other processes than its own, nothing is started or stopped",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "exec sleep 1000");
    for (
      const words of ["start db -- sleep 1000", "stop web", "restart web", "remove --stop web"]
    ) {
      const inside = ["unshare", "-Urpf", impBinary(), ...words.split(" ")];
      const { code, stderr } = await box.run(inside, { env: home.env });
      assertEquals(code, 125, words + stderr);
      assertMatch(stderr, /: \/proc shows another PID namespace, in which its PIDs are other/);
    }
    assertMatch(await home.done("list"), /^web +running/m);
    assertEquals((await home.done("list")).split("\n").length, 3, "no db");
    await home.done("stop", "web");
  },
  ["unshare"],
);

e2eAsRoot(
  "kept: a system that shuts down: TERM to all, then KILL: nothing is started again",
  async (box) => {
    const home = new KeptHome(box);
    const starts = box.path("starts");
    const script = `
    start() { name=$1; shift; "$IMP" start $name --restart always --start-seconds 1ms --backoff 1ms..1ms -- \
      bash -c "echo $name >>${starts}; $*" >/dev/null || exit 1; }
    start soft 'exec sleep 1000'
    start slow 'trap "sleep 0.5; exit 0" TERM; while :; do sleep 0.1; done'
    start deaf 'trap "" TERM; while :; do sleep 0.1; done'
    kill -TERM -1
    sleep 2
    kill -KILL -1
    # Nobody is left but this shell.
    for i in $(seq 1000); do set -- /proc/[0-9]*; [ $# = 1 ] && break; sleep 0.01; done
    echo /proc/[0-9]*`;
    const { code, stdout, stderr } = await box.run(contained(script), { env: home.env });
    assertEquals([code, stdout], [0, "/proc/1\n"], stderr);
    assertEquals(Deno.readTextFileSync(starts).trim().split("\n").sort(), ["deaf", "slow", "soft"]);
    // What is wanted stays as it was, and the next boot's commands find it.
    for (const name of ["soft", "slow", "deaf"]) {
      assertEquals(home.record(name, "intent").wanted, "run");
      await home.done("start", name);
    }
    assertEquals(Deno.readTextFileSync(starts).trim().split("\n").length, 6);
    await home.done("stop", "--now", "--all");
  },
  ["unshare"],
);

e2eAsRoot("kept: in a container whose PID 1 never reaps", async (box) => {
  const home = new KeptHome(box);
  const script = box.script(
    "inside",
    `#!/bin/bash
    state() { sed -n 's/.*"'$1'":{"pid":\\([0-9]*\\).*/\\1/p' $IMP_HOME/daemons/web/state.json; }
    "$IMP" start web --restart always --start-seconds 1ms -- bash -c 'setsid sleep 1000 & exec sleep 1001' || exit 1
    before=$(state program)
    kill -9 $(state keeper); "$IMP" restart web || exit 2
    kill -9 $(state guard) $(state keeper); "$IMP" start web --oknodo || exit 3
    kill -9 $(state guard) $(state keeper); kill -9 $(state program); "$IMP" start web || exit 4
    kill -9 $(state guard) $(state keeper); "$IMP" stop web || exit 5
    "$IMP" start web && "$IMP" stop web || exit 6
    "$IMP" status web; [ $? = 3 ] || exit 7
    ps -eo stat=,comm= | grep -v '^Z' >${box.path("left")}
    ps -eo stat= | grep -c '^Z' >${box.path("zombies")}
    echo fine`,
  );
  // It waits for a file, not for a process.
  const first = `
import os, time
if os.fork() == 0:
    os.dup2(os.open("${box.path("said")}", os.O_WRONLY | os.O_CREAT, 0o600), 1)
    os.dup2(1, 2)
    os.execv("/bin/bash", ["bash", "-c", "${script}; echo $? >${box.path("code.new")}; mv ${
    box.path("code.new")
  } ${box.path("code")}"])
while not os.path.exists("${box.path("code")}"):
    time.sleep(0.01)
`;
  const words = ["unshare", "-pfm", "--mount-proc", "python3", "-c", first];
  await box.run(words, { env: home.env });
  const said = Deno.readTextFileSync(box.path("said"));
  assertEquals(Deno.readTextFileSync(box.path("code")), "0\n", said);
  assert(Number(Deno.readTextFileSync(box.path("zombies"))) > 2, "PID 1 reaps");
  assert(!/sleep|imp/.test(Deno.readTextFileSync(box.path("left"))));
}, ["unshare", "python3", "ps"]);

e2eAsRoot("kept: with a root that is read-only all is well where its home is not", async (box) => {
  const script = `
    mkdir -p ${box.path("home")} && mount -t tmpfs -o mode=700 none ${box.path("home")} || exit 77
    mount --bind / / 2>/dev/null; mount -o remount,ro,bind / 2>/dev/null
    mount -o remount,ro,bind /tmp 2>/dev/null
    : >${box.path("try")} && exit 77
    [ -w /var/lib ] && exit 77
    "$IMP" start web -- sleep 1000; echo "refused $?"
    export IMP_HOME=${box.path("home")}
    "$IMP" start web -- sleep 1000 && "$IMP" restart web && "$IMP" list && "$IMP" logs web &&
    "$IMP" stop web; echo "done $?"`;
  const { code, stdout, stderr } = await box.run(["unshare", "-m", "bash", "-c", script], {
    env: { HOME: "/nonexistent" },
  });
  if (code === 77) box.skip("the root cannot be made read-only here");
  assertStringIncludes(stdout, "refused 125");
  assertMatch(stderr, /EROFS[^]*set IMP_HOME/);
  assertStringIncludes(stdout, "done 0");
}, ["unshare"]);

e2eAsRoot(
  "kept: hidepid: a user's daemons are kept, adopted and stopped all the same",
  async (box) => {
    Deno.chmodSync(box.directory, 0o755);
    const script = `
    mount -t proc -o hidepid=2 proc /proc || exit 77
    mkdir -m 700 $IMP_HOME && chown 65534 $IMP_HOME
    exec setpriv --reuid 65534 --regid 65534 --clear-groups bash -c '
    state() { sed -n "s/.*\\"$1\\":{\\"pid\\":\\([0-9]*\\).*/\\1/p" $IMP_HOME/daemons/web/state.json; }
    "$IMP" start web --restart always -- sleep 1000 &&
    kill -9 $(state keeper) && "$IMP" restart web && "$IMP" list && "$IMP" status web >/dev/null &&
    kill -9 $(state guard) $(state keeper) && "$IMP" start web --oknodo && "$IMP" logs web &&
    "$IMP" stop web; echo "done $?"'`;
    const { code, stdout, stderr } = await box.run(["unshare", "-pfm", "bash", "-c", script], {
      env: { IMP_HOME: box.path("own"), HOME: "/nonexistent" },
    });
    if (code === 77) box.skip("/proc cannot be mounted here");
    assertStringIncludes(stdout, "done 0", stderr);
  },
  ["unshare", "setpriv"],
);

e2e(
  "kept: a home that is removed and made again: the daemon is found, and one copy runs",
  async (box) => {
    const home = new KeptHome(box);
    await home.done("start", "web", "--", "sleep", "1000");
    const pid = home.pid("web")!;
    Deno.removeSync(home.path, { recursive: true });
    assert(isAlive(pid));
    // Nothing is there, and what runs is shown.
    assertMatch(await home.done("list"), /web/);
    Deno.mkdirSync(home.path, { mode: 0o700 });
    const again = await home.imp(["start", "web", "--", "sleep", "1000"]);
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, `already running, pid ${pid}`);
    await home.done("stop", "web");
    assertEquals(box.processes(), []);
    await home.done("start", "web", "--", "sleep", "1000");
    await home.done("stop", "web");
  },
);

e2eAsRoot(
  "kept: a start on a full disk, or on one that is read-only, says so and leaves nothing",
  async (box) => {
    const home = new KeptHome(box);
    Deno.mkdirSync(home.path, { mode: 0o700 });
    const mount = await box.sh(`mount -t tmpfs -o size=64k,mode=700 none ${home.path}`);
    if (mount.code !== 0) box.skip("a file system cannot be mounted here");
    try {
      await box.sh(`dd if=/dev/zero of=${home.path}/full bs=4k; true`);
      const words = ["start", "web", "--", "sleep", "1000"];
      const full = await home.imp(words);
      assertEquals([full.code, full.stdout], [125, ""]);
      assertMatch(full.stderr, /ENOSPC/);
      assertEquals(box.processes(), []);
      Deno.removeSync(`${home.path}/full`);
      await home.done(...words);
      await home.done("stop", "web");
      await box.sh(`mount -o remount,ro ${home.path}`);
      const readOnly = await home.imp(["start", "web"]);
      assertEquals([readOnly.code, readOnly.stdout], [125, ""]);
      assertMatch(readOnly.stderr, /EROFS/);
      await home.done("list");
      assertEquals(box.processes(), []);
    } finally {
      await box.sh(`umount -l ${home.path}`);
    }
  },
);

e2e(
  "kept: a start and a restart for which no keeper can be had leave no record of what did not happen",
  async (box) => {
    const home = new KeptHome(box);
    const imp = impBinary();
    const inject = ["-e", "trace=memfd_create", "-e", "inject=memfd_create:error=ENFILE"];
    const refused = async (...words: string[]) => {
      const strace = ["strace", "-o", "/dev/null", ...inject, imp];
      const { code, stderr } = await box.run([...strace, ...words], { env: home.env });
      assertEquals(code, 125, stderr);
      assertMatch(stderr, /ENFILE/);
      assertEquals(box.processes(), []);
    };
    const state = async () => (await home.imp(["status", "web"])).code;
    await refused("start", "web", "--", "sleep", "1000");
    assertEquals([await state(), await home.done("list", "--json")], [4, ""]);
    assertEquals([...Deno.readDirSync(`${home.path}/daemons`)], []);
    await home.done("start", "web", "--", "sleep", "1000");
    await home.done("stop", "web");
    const records = () =>
      ["settings.json", "intent.json", "environment"].map((name) =>
        Deno.readTextFileSync(`${home.path}/daemons/web/${name}`)
      );
    const before = records();
    for (
      const words of ["start web", "start web --replace -- sleep 1001", "restart --env web"]
    ) {
      await refused(...words.split(" "));
      assertEquals([await state(), records()], [3, before], words);
    }
    await home.done("start", "web");
    await home.done("stop", "web");
  },
  ["strace"],
);

e2eAsRoot(
  "kept: a disk that becomes full in the middle of a restart: the command learns from the keeper what has happened",
  async (box) => {
    const home = new KeptHome(box);
    Deno.mkdirSync(home.path, { mode: 0o700 });
    const mount = await box.sh(`mount -t tmpfs -o size=256k,mode=700 none ${home.path}`);
    if (mount.code !== 0) box.skip("a file system cannot be mounted here");
    try {
      const full = `${home.path}/full`;
      const script =
        `trap 'dd if=/dev/zero of=${full} bs=4k 2>/dev/null; exit 0' TERM; while :; do sleep 0.05; done`;
      await home.start("web", script);
      const before = home.pid("web")!;
      const { code, stdout, stderr } = await home.imp(["restart", "web"]);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, new RegExp(`^web: restarted, pid \\d+ \\(before: ${before}\\)`));
      assert(exists(full));
      Deno.removeSync(full);
      await home.done("stop", "--now", "web");
    } finally {
      await box.sh(`umount -l ${home.path}`);
    }
  },
);

e2e(
  "kept: on a file system without locks a command says so, and nothing is started",
  async (box) => {
    const home = new KeptHome(box);
    const inject = ["strace", "-o", "/dev/null", "-e", "trace=flock", "-e"];
    const start = ["start", "web", "--", "sleep", "1000"];
    const imp = impBinary();
    const none = await box.run([...inject, "inject=flock:error=ENOLCK", imp, ...start], {
      env: home.env,
    });
    assertEquals(none.code, 125);
    assertMatch(none.stderr, /ENOLCK/);
    assertEquals(box.processes(), []);
    await home.done(...start);
    await home.done("stop", "web");
    assert(exists(home.path));
  },
  ["strace"],
);

e2e("kept: in a user namespace whose root may not set groups", async (box) => {
  const home = new KeptHome(box);
  const script = '"$IMP" start web -- sleep 1000 && "$IMP" stop web';
  const { code, stdout, stderr } = await box.run(["unshare", "-Ur", "sh", "-c", script], {
    env: home.env,
  });
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^web: started, .*\nweb: stopped /);
}, ["unshare"]);

// imp daemon: unusual names, places and limits of a daemon's files. What is refused says why, and leaves nothing.
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, eventually, exists, impBinary, isRoot, type Sandbox } from "./harness.ts";

const SLEEP = ["--", "sleep", "60"];

function names(box: Sandbox, folder = "."): string[] {
  return [...Deno.readDirSync(box.path(folder))].map(({ name }) => name).sort();
}

e2e("daemon -p: names as long as there may be, with room for that of the lock", async (box) => {
  const fits = "n".repeat(245);
  const { code, stderr } = await box.imp(["daemon", "-p", fits, ...SLEEP]);
  assertEquals([code, stderr, names(box)], [0, "", [`.${fits}.imp-lock`, fits]]);
  assertEquals((await box.imp(["daemon", "-p", fits, ...SLEEP])).code, 1);
  for (const length of [246, 255]) {
    const result = await box.imp(["daemon", "-p", "m".repeat(length), ...SLEEP]);
    assertEquals([result.code, result.stdout], [125, ""]);
    assertMatch(result.stderr, /ENAMETOOLONG .*\n {2}.*at most 245 bytes/);
  }
  assertEquals(names(box).length, 2);
  await box.endAll();
});

e2e("daemon: a caller's umask does not lock imp out of its own files", async (box) => {
  for (const code of [0, 1]) {
    const result = await box.sh(
      "umask 0777; $IMP daemon -p pid -o log -- sh -c 'umask; exec sleep 60'; r=$?\n" +
        "$IMP daemon -n own -- sleep 60 || exit 9; exit $r",
      { env: { IMP_HOME: box.path(`a${code}/b`) } },
    );
    assertEquals([result.code, result.stderr.includes("EACCES")], [code, false], result.stderr);
  }
  const mode = (name: string) => (Deno.statSync(box.path(name)).mode! & 0o777).toString(8);
  assertEquals(["pid", "log", ".pid.imp-lock", "a0", "a0/b"].map(mode), [
    "600",
    "600",
    "600",
    "700",
    "700",
  ]);
  await eventually(() => Deno.readTextFileSync(box.path("log")) === "0022\n", "the daemon's mask");
  // Group and others are the caller's matter.
  await box.sh("umask 027; $IMP daemon -p pid2 -o log2 -- sleep 60");
  assertEquals(["pid2", "log2"].map(mode), ["640", "640"]);
  await box.endAll();
});

e2e("daemon: with too few descriptors it leaves nothing, or runs", async (box) => {
  for (let most = 5; most < 24; most++) {
    const { code, stdout, stderr } = await box.sh(
      `ulimit -n ${most}; exec $IMP daemon -p pid -o log -- sleep 60`,
    );
    const found = names(box);
    if (code === 0) {
      assertEquals([found, stderr], [[".pid.imp-lock", "log", "pid"], ""], `${most}`);
      await box.endAll();
      for (const name of found) Deno.removeSync(box.path(name));
    } else {
      assertEquals([code, stdout, found], [125, "", []], `${most}: ${stderr}`);
      assertStringIncludes(stderr, "open files");
      assertEquals(stderr.includes("directory that exists"), false, stderr);
    }
  }
});

e2e("daemon: what cannot be a log or a pidfile is called by its name", async (box) => {
  const socket = Deno.listen({ transport: "unix", path: box.path("socket") });
  await box.run(["mkfifo", box.path("fifo")]);
  const before = names(box);
  const cases: [words: string[], says: RegExp][] = [
    [["-o", "fifo"], /ENXIO .*\n {2}nobody reads this FIFO/],
    [["-o", "socket"], /ENXIO .*\n {2}it is a socket/],
    [["-i", "socket"], /ENXIO .*\n {2}it is a socket/],
    [["-e", "/dev/tty"], /ENXIO .*\n {2}imp has no terminal/],
    [["-i", "/dev/tty"], /ENXIO .*\n {2}imp has no terminal/],
    [["-p", "socket"], /not a regular file \(socket\)/],
    [["-p", "fifo"], /not a regular file \(fifo\)/],
  ];
  for (const [words, says] of cases) {
    const { code, stderr } = await box.run([
      "setsid",
      "-w",
      impBinary(),
      "daemon",
      ...words,
      ...SLEEP,
    ]);
    assertEquals([code, names(box)], [125, before], words.join(" "));
    assertMatch(stderr, says);
  }
  socket.close();
});

e2e("daemon: a pidfile that is to be a log too is refused", async (box) => {
  for (const option of ["-o", "-e", "-i"]) {
    const { code, stderr } = await box.imp(["daemon", "-p", "same", option, "same", ...SLEEP]);
    assertEquals([code, names(box)], [2, []]);
    assertMatch(stderr, /--pidfile and --std\w+ name the same file/);
  }
});

e2e("daemon -p: one that an earlier version started is known without its pidfile", async (box) => {
  const { stdout } = await box.imp(["daemon", ...SLEEP]);
  const stat = Deno.readTextFileSync(`/proc/${Number(stdout)}/stat`);
  const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  const boot = Deno.readTextFileSync("/proc/sys/kernel/random/boot_id").trim();
  const kept = (start: string) =>
    Deno.writeTextFileSync(box.path("a.pid.imp"), `${Number(stdout)} ${start} ${boot}\n`);

  kept(ticks);
  const refused = await box.imp(["daemon", "-p", "a.pid", ...SLEEP]);
  assertEquals([refused.code, names(box)], [1, ["a.pid.imp"]]);
  assertMatch(refused.stderr, RegExp(`already running, pid ${Number(stdout)}\\n.*earlier version`));
  // Another process has that PID now: what was kept is of no use any more.
  kept(`${Number(ticks) - 1}`);
  assertEquals((await box.imp(["daemon", "-p", "a.pid", ...SLEEP])).code, 0);
  assertEquals(names(box), [".a.pid.imp-lock", "a.pid"]);
  await box.endAll();
});

e2eAsRoot("daemon -p: whose the lock is that this user may not use", async (box) => {
  Deno.chmodSync(box.directory, 0o755);
  Deno.mkdirSync(box.path("theirs"));
  Deno.chownSync(box.path("theirs"), 65534, 65534);
  const asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", impBinary()];
  assertEquals((await box.imp(["daemon", "-p", "theirs/root", "--", "sleep", "60"])).code, 0);
  const theirs = await box.run([...asNobody, "daemon", "-p", "theirs/root", ...SLEEP]);
  assertEquals(theirs.code, 125);
  assertMatch(theirs.stderr, /EACCES .*\n {2}'\.root\.imp-lock' belongs to user 0/);

  assertEquals((await box.run([...asNobody, "daemon", "-p", "theirs/n", ...SLEEP])).code, 0);
  const ours = await box.imp(["daemon", "-p", "theirs/n", ...SLEEP]);
  assertEquals(ours.code, 125);
  assertMatch(ours.stderr, /belongs to user 65534\n {2}a file that imp has not made for this user/);

  const closed = await box.run([...asNobody, "daemon", "-p", "mine", ...SLEEP]);
  assertMatch(closed.stderr, /cannot make the lock of .* EACCES .*\n {2}.*'\.mine\.imp-lock'/);
  assertEquals([closed.code, exists(box.path("mine"))], [125, false]);
  await box.endAll();
}, ["setpriv"]);

e2e("daemon -p: a daemon of another PID namespace is not called gone", async (box) => {
  await box.imp(["daemon", "-p", "pid", ...SLEEP]);
  const unshare = ["unshare", ...isRoot ? [] : ["-Ur"], "-pf", "--mount-proc", "sh", "-c"];
  const { code, stderr } = await box.run([...unshare, "$IMP daemon -p pid -- sleep 60; exit $?"]);
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /already running, held by a process that cannot be seen from here\n/);
  assertMatch(stderr, /another user's, or in another PID namespace/);
  assertEquals(stderr.includes("gone"), false, stderr);
  await box.endAll();
});

e2e("daemon -u: in a user namespace that has no such user the message says so", async (box) => {
  const { code, stderr } = await box.run([
    ...["unshare", "-Ur", impBinary(), "daemon", "-u", "5:5", "-C", box.directory, ...SLEEP],
  ]);
  assertEquals(code, 125);
  assertMatch(
    stderr,
    /^imp daemon: cannot (take on the rights of the user|join groups 5): (EPERM|EINVAL) /,
  );
  assertMatch(stderr, /\n {2}.*user namespace/);
});

e2eAsRoot(
  "daemon -u: a user's link leads into no directory that is closed to the user",
  async (box) => {
    Deno.chmodSync(box.directory, 0o755);
    Deno.mkdirSync(box.path("closed"), { mode: 0o700 });
    Deno.mkdirSync(box.path("theirs"));
    Deno.symlinkSync(box.path("closed"), box.path("theirs/link"));
    for (const name of ["theirs", "theirs/link"]) {
      await box.run([
        "chown",
        "-h",
        "65534",
        box.path(name),
      ]);
    }
    const enter = (words: string[]) => box.imp(["daemon", "-u", "65534:65534", ...words, ...SLEEP]);
    for (const option of ["-C", "--chroot"]) {
      const { code, stdout, stderr } = await enter([option, "theirs/link"]);
      assertEquals([code, stdout], [125, ""], option);
      assertMatch(stderr, /EACCES .*\n {2}others than root can change names in /);
    }
    // Root's own word counts.
    assertEquals((await enter(["-C", "closed"])).code, 0);
    await box.endAll();
  },
);

e2e("daemon, init: messages about limits, places and interpreters hold", async (box) => {
  box.script("self", `#!${box.path("self")}\n`);
  const cases: [words: string[], code: number, says: RegExp][] = [
    [
      ["--limit", "cpu=unlimited"],
      125,
      /soft limit unlimited is above .* 99\)\n {2}give both: --limit cpu=unlimited:unlimited/,
    ],
    [["-n", "own"], 125, /without IMP_HOME/],
    [
      ["--", box.path("self")],
      126,
      /ELOOP \(its interpreter is a script whose interpreter is a script/,
    ],
  ];
  Deno.mkdirSync(box.path("open"));
  Deno.chmodSync(box.path("open"), 0o777);
  const env = { IMP_HOME: box.path("open") };
  for (const [words, code, says] of cases) {
    const all = words.includes("--") ? words : [...words, ...SLEEP];
    const result = await box.run(
      ["sh", "-c", 'ulimit -t 99; exec "$@"', "sh", impBinary(), "daemon", ...all],
      { env },
    );
    assertEquals([result.code, result.stdout], [code, ""], result.stderr);
    assertMatch(result.stderr, says);
  }
  const { code, stderr } = await box.imp(["init", "--", box.path("self")]);
  assertEquals(code, 126);
  assertMatch(stderr, /ELOOP \(its interpreter is a script/);
});

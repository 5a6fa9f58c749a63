// imp daemon: starts that are refused, that fail, or that somebody ends; what others can do to a pidfile.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, eventually, exists, isAlive, rounds, type Sandbox } from "./harness.ts";
import { comm } from "./inspecting.ts";

const SLEEP = ["--", "sleep", "60"];

function names(box: Sandbox, folder = "."): string[] {
  return [...Deno.readDirSync(box.path(folder))].map(({ name }) => name).sort();
}

const read = (box: Sandbox, name: string) => Deno.readTextFileSync(box.path(name));

async function start(box: Sandbox, ...words: string[]): Promise<number> {
  const { code, stdout, stderr } = await box.imp(["daemon", ...words]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return Number(stdout);
}

e2e("daemon --truncate: a start that is refused or fails empties no log", async (box) => {
  box.script("lost", "#!/no/such/interpreter\n");
  box.script("far", `#!${box.path("lost")}\n`);
  Deno.writeFileSync(box.path("garbage"), new Uint8Array([0x7f, 69, 76, 70, 0, 0, 0, 1, 10, 0]));
  const loaderless = Deno.readFileSync("/bin/sleep");
  const loader = new TextEncoder().encode("/lib64/ld-");
  const at = loaderless.findIndex((_, i) => loader.every((byte, n) => loaderless[i + n] === byte));
  if (at >= 0) loaderless.set(new TextEncoder().encode("/nowhere"), at);
  Deno.writeFileSync(box.path("loaderless"), loaderless);
  for (const name of ["garbage", "loaderless"]) Deno.chmodSync(box.path(name), 0o755);
  Deno.writeTextFileSync(box.path("notes"), "buy milk\n");
  Deno.writeTextFileSync(box.path("log"), "old\n");
  const pid = await start(box, "-p", "pid", "-o", "log", ...SLEEP);
  const before = names(box);

  const cases: [words: string[], code: number, says: RegExp][] = [
    [["-p", "pid", ...SLEEP], 1, /already running/],
    [["-p", "notes", ...SLEEP], 125, /does not contain a PID/],
    [["-p", "new.pid", "-e", "missing/err", ...SLEEP], 125, /ENOENT/],
    [["-p", "new.pid", "-e", ".", ...SLEEP], 125, /EISDIR/],
    [["-p", "new.pid", "--", "./lost"], 126, /interpreter \/no\/such\/interpreter/],
    [["-p", "new.pid", "--", "./far"], 126, /ENOENT/],
    [["-p", "new.pid", "--", "./garbage"], 126, /ENOEXEC/],
    [["-p", "new.pid", "--", "./notes"], 126, /EACCES/],
    [["-p", "new.pid", "--", "nosuchprogram"], 127, /ENOENT/],
    [["-p", "new.pid", "--limit", "nofile=99999999:99999999", ...SLEEP], 125, /EPERM|EINVAL/],
    ...at < 0 ? [] : [[["-p", "new.pid", "--", "./loaderless"], 126, /loader/]] as typeof cases,
  ];
  for (const [words, code, says] of cases) {
    const result = await box.imp(["daemon", "--truncate", "-o", "log", ...words]);
    assertEquals([words, result.code, result.stdout], [words, code, ""]);
    assertMatch(result.stderr, says);
    assertEquals([read(box, "log"), names(box)], ["old\n", before], words.join(" "));
  }
  assert(isAlive(pid));
  await box.endAll();
});

e2eAsRoot(
  "daemon -u --truncate: a program that the user may not execute empties no log",
  async (box) => {
    Deno.chmodSync(box.directory, 0o755);
    box.script("roots", "#!/bin/sh\n");
    Deno.chmodSync(box.path("roots"), 0o700);
    Deno.writeTextFileSync(box.path("log"), "old\n");
    const words = ["-u", "nobody", "--truncate", "-o", "log", "--", "./roots"];
    const { code, stderr } = await box.imp(["daemon", ...words]);
    assertEquals([code, read(box, "log")], [126, "old\n"]);
    assertMatch(stderr, /EACCES/);
  },
);

e2e(
  "daemon: a start that fails leaves no log that it has made, also behind a link",
  async (box) => {
    box.script("lost", "#!/no/such/interpreter\n");
    Deno.mkdirSync(box.path("logs"));
    Deno.symlinkSync("logs/out", box.path("out"));
    Deno.symlinkSync(box.path("out"), box.path("chain"));
    const before = names(box);
    for (
      const words of [
        ["-o", "new", "-e", "newer", "--", "./lost"],
        ["-o", "chain", "-e", "chain", "--", "./lost"],
        ["-o", "out", "-e", "missing/err", ...SLEEP],
        ["-o", "new", "-e", "/", ...SLEEP],
        ["-o", "new", "--limit", "nofile=99999999:99999999", ...SLEEP],
      ]
    ) {
      const { code } = await box.imp(["daemon", ...words]);
      assert(code === 125 || code === 126);
      assertEquals([names(box), names(box, "logs")], [before, []], words.join(" "));
    }
    await start(box, "-o", "chain", "--", "echo", "said");
    await eventually(
      () => exists(box.path("logs/out")) && read(box, "logs/out") === "said\n",
      "written",
    );
  },
);

e2e("daemon: a file of another with a name near the pidfile's is never touched", async (box) => {
  for (const name of ["web.pid.imp", ".web.pid.imp-lock", ".web.pid.imp-new"]) {
    Deno.writeTextFileSync(box.path(name), "mine\n");
    const { code, stderr } = await box.imp(["daemon", "-p", "web.pid", "--", "./nosuch"]);
    assert(code === 125 || code === 127, stderr);
    const good = await box.imp(["daemon", "-p", "web.pid", ...SLEEP]);
    if (name.startsWith(".")) {
      assertEquals(good.code, 125);
      assertStringIncludes(good.stderr, `'${name}'`);
      assertEquals(names(box), [name]);
    } else {
      assertEquals([good.code, names(box)], [0, [".web.pid.imp-lock", "web.pid", name]]);
    }
    assertEquals(read(box, name), "mine\n");
    await box.endAll();
    for (const one of names(box)) Deno.removeSync(box.path(one));
  }
});

e2eAsRoot(
  "daemon -u: the user can write to nothing of root's, and keep no start away",
  async (box) => {
    Deno.chmodSync(box.directory, 0o755);
    const tries =
      'for how in ">&3" ">/proc/self/fd/3" ">>.pid.imp-lock" ">>pid"; do eval "echo 1 $how" 2>/dev/null && echo "wrote: $how"; done; ' +
      "flock -n -s .pid.imp-lock true 2>/dev/null && echo locked; " +
      "test -r .pid.imp-lock && echo readable; chmod 666 .pid.imp-lock 2>/dev/null && echo chmod; echo end; exec sleep 60";
    const pid = await start(
      box,
      "-u",
      "nobody",
      "-p",
      "pid",
      "-C",
      ".",
      "-o",
      "log",
      "--",
      "sh",
      "-c",
      tries,
    );
    await eventually(() => read(box, "log").includes("end"), "the daemon has tried");
    assertEquals([read(box, "log"), read(box, "pid")], ["end\n", `${pid}\n`]);
    assertEquals(Deno.statSync(box.path("pid")).mode! & 0o777, 0o644);
    // A reader of the pidfile may lock it; that means nothing, while the daemon runs and afterwards.
    const { code } = await box.sh(
      `setpriv --reuid 54321 --clear-groups -- flock -s pid sleep 60 >/dev/null 2>&1 &
       while flock -n -x pid true; do :; done`,
    );
    assertEquals(code, 0);
    const refused = await box.imp(["daemon", "-p", "pid", ...SLEEP]);
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, `already running, pid ${pid}`);
    Deno.kill(pid, "SIGKILL");
    await eventually(() => !isAlive(pid), "the daemon ended");
    await start(box, "-u", "nobody", "-p", "pid", ...SLEEP);
    await box.endAll();
  },
);

e2eAsRoot(
  "daemon: a disk that is full after the lock leaves nothing and runs nothing",
  async (box) => {
    const { stdout, stderr } = await box.sh(
      "unshare -m sh -c 'mkdir full && mount -t tmpfs -o size=8k none full && chmod 755 full && head -c 4096 /dev/zero >full/fill; " +
        `"$IMP" daemon -p full/pid -o full/log -- sleep 60; echo $?; ls -A full'`,
    );
    assertEquals(stdout, "125\nfill\n");
    assertMatch(stderr, /cannot write pidfile .*full\/pid: ENOSPC/);
  },
);

e2e(
  "daemon: where only a file that can be written can be locked (NFS), that one is",
  async (box) => {
    // What NFS answers to flock(2) on a descriptor for reading.
    const inject = "-e trace=flock -e inject=flock:error=EBADF:when=1";
    await box.sh(`strace -f -o trace ${inject} "$IMP" daemon -p pid -- sleep 60 >out 2>&1 &`);
    await eventually(() => exists(box.path("out")) && read(box, "out") !== "", "it is started");
    const second = await box.imp(["daemon", "-p", "pid", ...SLEEP]);
    assertEquals([read(box, "pid"), second.code], [read(box, "out"), 1]);
    assertStringIncludes(second.stderr, "the lock on");
    await box.endAll();
  },
  ["strace"],
);

e2e("daemon: racing starts that all fail leave nothing", async (box) => {
  box.script("lost", "#!/no/such/interpreter\n");
  for (let round = 0; round < rounds(2, 20); round++) {
    const words = ["daemon", "-p", "pid", "-o", "log", "--", "./lost"];
    const results = await Promise.all(Array.from({ length: 12 }, () => box.imp(words)));
    // On a slow machine some have waited long enough for the others.
    const wrong = results.filter(({ code, stderr }) => code !== 126 && !/under way/.test(stderr));
    assertEquals(wrong, []);
    assertEquals(names(box), ["lost"]);
  }
});

e2e("daemon: a start that waits for another one can be ended", async (box) => {
  // The lock is held, and there is no daemon to name.
  await start(box, "-p", "pid", "--", "sh", "-c", "sleep 60 & exec true");
  await eventually(() => box.processes().map(comm).join() === "sleep", "the daemon is gone");
  const child = box.start(["daemon", "-p", "pid", ...SLEEP]);
  // From before it asks for the lock on, signals are held back; it has the lock's file open only now and then.
  await eventually(() => holdsBack(child.pid, 15), "it does not start");
  child.kill("SIGTERM");
  assertEquals((await child.status).signal, "SIGTERM");
  assertEquals(names(box), [".pid.imp-lock", "pid"]);
  await box.endAll();
});

function holdsBack(pid: number, signal: number): boolean {
  const mask = /^SigBlk:\s*(\w+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1] ?? "0";
  return (BigInt(`0x${mask}`) >> BigInt(signal - 1) & 1n) === 1n;
}

const SIGNALS = ["SIGTERM", "SIGHUP", "SIGINT", "SIGKILL"] as const;

/** Numbers from 0 to 1, the same in every run. */
function luck(seed: number): () => number {
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
}

for (const words of [["-p", "pid"], ["-p", "pid", "--truncate", "-o", "log"]]) {
  e2e(
    `daemon ${words.join(" ")}: ended at any moment, it runs with a complete pidfile or not at all`,
    async (box) => {
      const began = performance.now();
      await start(box, ...words, ...SLEEP);
      const usual = performance.now() - began;
      await box.endAll();
      const next = luck(2_026);
      for (let round = 0; round < rounds(10, 200); round++) {
        for (const name of names(box)) Deno.removeSync(box.path(name));
        const child = box.start(["daemon", ...words, ...SLEEP]);
        const signal = SIGNALS[Math.floor(next() * SIGNALS.length)];
        await new Promise((resolve) => setTimeout(resolve, next() * usual * 1.2));
        if (isAlive(child.pid)) child.kill(signal);
        const status = await child.status;
        await judge(box, words, `round ${round}, ${signal}: ${JSON.stringify(status)}`, status);
        await box.endAll();
      }
    },
  );
}

async function judge(
  box: Sandbox,
  words: string[],
  what: string,
  status: Deno.CommandStatus,
): Promise<void> {
  // A child of a killed imp is on its way to become the daemon, or to end.
  await eventually(() => box.processes().every((pid) => comm(pid) === "sleep"), what);
  const running = box.processes();
  assert(running.length <= 1, what);
  if (status.success) assertEquals(running.length, 1, what);
  // Whatever can be undone is undone.
  else if (status.signal !== "SIGKILL") assertEquals([running, names(box)], [[], []], what);
  if (running.length === 1) assertEquals(read(box, "pid"), `${running[0]}\n`, what);
  const again = await box.imp(["daemon", ...words, ...SLEEP]);
  if (running.length === 0) assertEquals([again.code, again.stderr], [0, ""], what);
  else {
    assertEquals(again.code, 1, `${what}: ${again.stderr}`);
    assertStringIncludes(again.stderr, `already running, pid ${running[0]}`);
  }
  const now = running[0] ?? Number(again.stdout);
  assertEquals([box.processes(), read(box, "pid")], [[now], `${now}\n`], what);
}

e2e("daemon, init: names that are not UTF-8 are what they are, everywhere", async (box) => {
  const { code, stdout, stderr } = await box.sh(`
    set -e
    e=$(printf '\\351')
    mkdir "d$e" && cp "$(command -v sleep)" "d$e/sl$e"
    ln -s "d$e" link
    $IMP daemon -p "p$e" -o "o$e" -E "K=v$e" -- sh -c 'echo "$K"; exec sleep 60' >/dev/null
    test "$(cat "p$e")" -gt 0
    $IMP daemon -p "p$e" -- sleep 60 2>told || echo "again: $?"
    cat told
    $IMP daemon -- "./d$e/sl$e" 0 >/dev/null
    PATH="$PWD/d$e:$PATH" $IMP daemon -- "sl$e" 0 >/dev/null
    $IMP init -- "./d$e/sl$e" 0
    cd link
    $IMP init -- "./sl$e" 0
    IMP_HOME="h$e" $IMP daemon -n own -C . -o "l$e" -- sh -c 'pwd -P; exec sleep 60' >/dev/null
    cd ..
    until test -s "d$e/l$e" && test -s "o$e"; do sleep 0.1; done
    test "$(cat "d$e/l$e")" = "$(pwd -P)/d$e"
    test "$(cat "o$e")" = "v$e"
    $IMP daemon --json -p "j$e" -- sleep 0
    find . | LC_ALL=C sort | LC_ALL=C sed "s/$e/E/g"`);
  assertEquals([code, stderr], [0, ""]);
  const [again, refused, lock, json, ...files] = stdout.trimEnd().split("\n");
  assertEquals(again, "again: 1");
  assertMatch(refused, /already running, pid \d+$/);
  assert(lock.endsWith("/p\\xe9 is held"), lock);
  assertEquals(JSON.parse(json).pidfile, "j\udce9");
  assertEquals(files, [
    ".",
    "./.jE.imp-lock",
    "./.pE.imp-lock",
    "./dE",
    "./dE/hE",
    "./dE/hE/.own.pid.imp-lock",
    "./dE/hE/.own.pid.imp-start",
    "./dE/hE/own.pid",
    "./dE/lE",
    "./dE/slE",
    "./jE",
    "./link",
    "./oE",
    "./pE",
    "./told",
  ]);
  await box.endAll();
});

// Logs of kept daemons: nothing is lost, whatever is killed.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2eAsRoot, eventually, exists, isAlive, rounds, sideBySide } from "./harness.ts";
import {
  assertAll,
  counting,
  killWatch,
  numbersIn,
  tmpfsDirectory,
  watchEnds,
  watchesOf,
} from "./kept_logs.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

e2e(
  "logs: a log without a limit needs no process of imp's; a deleted one is back at the next start",
  async (box) => {
    const home = new KeptHome(box);
    await home.start("web", "echo one; exec sleep 1000");
    const log = `${home.path}/logs/web.log`;
    await eventually(() => exists(log) && Deno.readTextFileSync(log) === "one\n", "it is written");
    assertEquals(Deno.statSync(log).mode! & 0o777, 0o640);
    assertEquals(watchesOf(home), []);
    Deno.removeSync(log);
    const gone = await home.imp(["logs", "web"]);
    assertEquals([gone.code, gone.stdout], [1, ""]);
    assertStringIncludes(gone.stderr, "web.log does not exist yet; it is created when web starts");
    await home.done("restart", "web");
    await eventually(
      async () => (await home.imp(["logs", "web"])).stdout === "one\n",
      "it is back",
    );
    await home.done("stop", "web");
  },
);

e2e(
  "logs: cut under a running program, every line is there once, whoever cuts is killed",
  async (box) => {
    const home = new KeptHome(box);
    const count = rounds(60_000, 400_000);
    const options = ["--log-max", "256K", "--log-keep", "1000"];
    await home.start("web", counting(count), ...options);
    for (let i = 0; i < rounds(5, 20); i++) await killWatch(home);
    await assertAll(home, "web", count);
    const way = JSON.parse(Deno.readTextFileSync(`${home.path}/daemons/web/log.stdout.way`));
    if (way.mode === "cut") {
      await eventually(
        () => Deno.statSync(`${home.path}/logs/web.log`).size < 300_000,
        "it is cut",
      );
      assertMatch(Deno.readTextFileSync(`${home.path}/logs/web.log.1`), /^line \d+ of .*\n$/s);
    }
    await home.done("stop", "web");
    await watchEnds(home);
  },
);

for (const format of ["raw", "time", "json"]) {
  e2e(
    `logs: through a pipe (${format}), every line is there once, whoever reads it is killed`,
    async (box) => {
      const home = new KeptHome(box);
      const directory = tmpfsDirectory(box);
      try {
        const count = rounds(40_000, 1_000_000);
        const options = ["--log", `${directory}/web.log`, "--log-max", "1M", "--log-keep", "1000"];
        await home.start("web", counting(count), ...options, "--log-format", format);
        const way = JSON.parse(Deno.readTextFileSync(`${home.path}/daemons/web/log.stdout.way`));
        if (way.mode !== "pipe") box.skip("files in /dev/shm can be cut");
        for (let i = 0; i < rounds(5, 20); i++) await killWatch(home);
        await assertAll(home, "web", count);
        await home.done("stop", "web");
        await watchEnds(home);
      } finally {
        Deno.removeSync(directory, { recursive: true });
      }
    },
  );
}

e2e(
  "logs: what a program has written outlives it, when whoever reads it is killed as well",
  async (box) => {
    const home = new KeptHome(box);
    const script = `while [ ! -e ${box.path("go")} ]; do sleep 0.01; done; echo last words; exit 0`;
    await home.start("web", script, "--log-format", "time", "--restart", "no");
    await eventually(() => watchesOf(home).length > 0, "imp watch runs");
    const [pid] = watchesOf(home);
    Deno.kill(pid, "SIGSTOP");
    Deno.writeTextFileSync(box.path("go"), "");
    await eventually(() => home.pid("web") === undefined, "the program ends");
    const state = () => Deno.readTextFileSync(`${home.path}/daemons/web/state.json`);
    await eventually(() => JSON.parse(state()).runs.length === 1, "its end is written down");
    Deno.kill(pid, "SIGKILL");
    await eventually(
      async () => (await home.imp(["logs", "web"])).stdout.endsWith(" last words\n"),
      "its last words are in the log",
    );
    await watchEnds(home);
  },
);

e2e("logs: the log of a pipe that is deleted is back at once", async (box) => {
  const home = new KeptHome(box);
  const script = `i=0; while :; do echo "line $i of some"; i=$((i+1)); sleep 0.02; done`;
  await home.start("web", script, "--log-format", "time");
  const log = `${home.path}/logs/web.log`;
  await eventually(async () => (await numbersIn(home, "web")).length > 2, "it is written");
  Deno.removeSync(log);
  await eventually(() => exists(log) && Deno.statSync(log).size > 0, "it is back");
  await home.done("stop", "web");
  await watchEnds(home);
});

e2e("logs: whoever reads them is no part of a daemon whose keeper was killed", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "exec sleep 1000", "--log-format", "time");
  await home.start("other", "exec sleep 1000", "--log-format", "time");
  await eventually(() => watchesOf(home).length === 1, "imp watch runs");
  const [watch] = watchesOf(home);
  const status = async () => JSON.parse(await home.done("status", "web", "--json"));
  const { keeper, guard } = await status();
  Deno.kill(keeper, "SIGKILL");
  await eventually(async () => (await status()).keeper === guard, "its guard acts");
  const { tree, processes } = await status();
  assertEquals([tree.length, processes], [1, 1]);
  // Nor is it mistaken for something the program left, which would be ended or continue as the program.
  const before = home.pid("web")!;
  Deno.kill(before, "SIGTERM");
  await eventually(() => ![undefined, before].includes(home.pid("web")), "it is restarted");
  assertEquals(watchesOf(home), [watch]);
  Deno.kill((await status()).keeper, "SIGKILL");
  await eventually(async () => (await status()).kept === "single", "one is left");
  assertMatch(await home.done("stop", "web"), /^web: stopped \(pid \d+\) in \S+\n$/);
  assertEquals([watchesOf(home), isAlive(watch)], [[watch], true]);
  await home.done("stop", "other");
  await watchEnds(home);
});

e2eAsRoot("logs: records that there is no room for cost no part of a log", async (box) => {
  const home = new KeptHome(box);
  Deno.mkdirSync(home.path, { mode: 0o700 });
  const mounted = await box.sh(`mount -t tmpfs -o size=1m,mode=700 none ${home.path}`);
  if (mounted.code !== 0) box.skip("a file system cannot be mounted here");
  try {
    const log = box.path("web.log");
    const text = "some text that fills a line".repeat(20);
    const script = `i=0; while :; do echo "line $i of ${text}"; i=$((i+1)); sleep 0.002; done`;
    const options = ["--log", log, "--log-max", "128K", "--log-keep", "1000"];
    await home.start("web", script, ...options);
    const way = JSON.parse(Deno.readTextFileSync(`${home.path}/daemons/web/log.stdout.way`));
    if (way.mode !== "cut") box.skip("files cannot be cut here");
    await eventually(() => exists(`${log}.2`), "it is cut");
    await box.sh(`dd if=/dev/zero of=${home.path}/full bs=4k; true`);
    await eventually(() => Deno.statSync(log).size > 500_000, "it grows");
    assert(exists(`${log}.2`));
    Deno.removeSync(`${home.path}/full`);
    await eventually(() => Deno.statSync(log).size < 300_000, "it is cut again");
    await home.done("stop", "web");
    const numbers = await numbersIn(home, "web");
    assertEquals(numbers.findIndex((number, i) => number !== i), -1);
    await watchEnds(home);
  } finally {
    await box.sh(`umount -l ${home.path}`);
  }
});

e2e("logs: one that is far too long is cut without room for all of it", async (box) => {
  const home = new KeptHome(box);
  const log = box.path("web.log");
  // A file with holes: it has no blocks, and its copy would have some.
  Deno.writeTextFileSync(log, "");
  Deno.truncateSync(log, 300_000_000);
  Deno.writeTextFileSync(log, `\n${"an old line\n".repeat(50_000)}`, { append: true });
  const options = ["--log", log, "--log-max", "1M", "--log-keep", "2"];
  await home.start("web", "echo new; exec sleep 1000", ...options);
  const way = JSON.parse(Deno.readTextFileSync(`${home.path}/daemons/web/log.stdout.way`));
  await eventually(() => Deno.statSync(log).size < 1_100_000, "it is cut");
  if (way.mode === "cut") {
    // Parts may be moving up: one that has just gone has no size.
    const sizeOf = (path: string) => {
      try {
        return Deno.statSync(path).size;
      } catch {
        return 0;
      }
    };
    const parts = [1, 2].map((i) => sizeOf(`${log}.${i}`));
    assert(parts.every((size) => size < 1_700_000), String(parts));
    assertEquals(exists(`${log}.3`), false);
  }
  const text = await home.done("logs", "web", "-n", "50001");
  assertEquals(text, "an old line\n".repeat(50_000) + "new\n");
  await home.done("stop", "web");
  await watchEnds(home);
});

e2eAsRoot(
  "logs: a full disk: a program sees it, or what is lost is counted, and logging goes on",
  async (box) => {
    const home = new KeptHome(box);
    const full = box.path("full");
    Deno.mkdirSync(full);
    // In a mount namespace of its own: the mount goes with it.
    const script = `
    mount -t tmpfs -o size=1m none ${full} || exit 77
    head -c 1000000 /dev/zero > ${full}/filler
    writer='i=0; while [ $i -lt 20000 ]; do echo "line $i of some text that fills a line" || echo no >> ${
      box.path("refused")
    }; i=$((i+1)); done; exec sleep 1000'
    $IMP start direct --log ${full}/direct.log -- sh -c "$writer" 2>/dev/null || exit 1
    $IMP start piped --log ${full}/piped.log --log-max 4M -- sh -c "$writer; " || exit 1
    for i in $(seq 1200); do grep -q "exec\\|sleep" /proc/$($IMP status piped --json | sed 's/.*"pid":\\([0-9]*\\).*/\\1/')/comm && break; sleep 0.1; done
    rm ${full}/filler
    for i in $(seq 1200); do grep -q "^imp: " ${full}/piped.log && break; sleep 0.1; done
    $IMP logs piped | grep -a "^imp: \\|^line" > ${box.path("piped")}
    $IMP stop --all
  `;
    const { code, stderr } = await box.run(["unshare", "-m", "bash", "-c", script], {
      env: home.env,
    });
    if (code === 77) box.skip("no tmpfs can be mounted");
    assertEquals(code, 0, stderr);
    await watchEnds(home);
    assert(exists(box.path("refused")), "the program is told");
    const lines = Deno.readTextFileSync(box.path("piped")).split("\n").slice(0, -1);
    const notices = lines.filter((line) => line.startsWith("imp: "));
    assertMatch(
      notices[0],
      /^imp: \d+ lines \(\d+ bytes\) of output were lost: no space left on device$/,
    );
    const lost = notices.reduce((sum, line) => sum + Number(/\d+/.exec(line)![0]), 0);
    const whole =
      lines.filter((line) => /^line \d+ of some text that fills a line$/.test(line)).length;
    // At most one line is cut at each end of a gap.
    assert(Math.abs(20_000 - lost - whole) <= 2 * notices.length, `${lost} lost, ${whole} there`);
  },
  ["unshare"],
);

e2eAsRoot(
  "logs: what the spool has no room for is reported in the log while the records' disk is full, and after a kill",
  async (box) => {
    const home = new KeptHome(box);
    Deno.mkdirSync(home.path, { mode: 0o700 });
    const mounted = await box.sh(`mount -t tmpfs -o size=1m,mode=700 none ${home.path}`);
    if (mounted.code !== 0) box.skip("a file system cannot be mounted here");
    try {
      const log = box.path("web.log"), told = box.path("told");
      const script =
        `i=0; while [ ! -e ${told} ]; do echo "line $i of some"; i=$((i+1)); sleep 0.01; done; echo; echo "all $i"; exec sleep 1000`;
      const text = () => exists(log) ? Deno.readTextFileSync(log) : "";
      const notices = () => [
        ...text().matchAll(/Z imp: (\d+) lines \((\d+) bytes\) of output were lost: (.*)$/gm),
      ];
      await home.start("web", script, "--log", log, "--log-format", "time");
      await eventually(() => text().includes("line 5 "), "it is written");
      await box.sh(`dd if=/dev/zero of=${home.path}/full bs=4k; true`);
      await eventually(
        () => notices().length > 0,
        "what was lost is told although the disk is full",
      );
      assertEquals(notices()[0][3], "no space left on device");
      await killWatch(home);
      const before = notices().length;
      await eventually(() => notices().length > before, "by the next reader as well");
      Deno.removeSync(`${home.path}/full`);
      Deno.writeTextFileSync(told, "");
      await eventually(() => /Z all \d+$/m.test(text()), "it has written everything");
      const written = Number(/all (\d+)$/m.exec(text())![1]);
      const lost = notices().reduce((sum, [, lines]) => sum + Number(lines), 0);
      const numbers = [...text().matchAll(/Z line (\d+) of some$/gm)].map(([, one]) => Number(one));
      assertEquals(new Set(numbers).size, numbers.length, "none comes twice");
      // At most one line is cut at each end of a gap.
      const missing = written - numbers.length - lost;
      assert(Math.abs(missing) <= 2 * notices().length, `${missing} of ${written}`);
      await home.done("stop", "web");
      await watchEnds(home);
    } finally {
      await box.sh(`umount -l ${home.path}`);
    }
  },
);

e2eAsRoot(
  "logs: to syslog, a record for each line, also while syslog is away for a moment",
  async (box) => {
    const home = new KeptHome(box);
    const receiver = box.script(
      "receiver.py",
      `import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
if os.path.exists("/dev/log"): os.unlink("/dev/log")
s.bind("/dev/log")
out = open(sys.argv[1], "ab", buffering=0)
have = open(sys.argv[1], "rb").read().count(b"\\n")
while have < int(sys.argv[2]):
  out.write(s.recv(65536) + b"\\n")
  have += 1
# What the kernel has taken by now was delivered; it takes no more.
s.shutdown(socket.SHUT_RD)
s.setblocking(False)
try:
  while record := s.recv(65536): out.write(record + b"\\n")
except BlockingIOError: pass
`,
    );
    const got = box.path("got");
    // A /dev of its own: the machine's socket is out of reach.
    const script = `
      mount -t tmpfs none /dev || exit 77
      mknod -m 666 /dev/null c 1 3; mknod -m 666 /dev/urandom c 1 9; ln -s /proc/self/fd /dev/fd
      python3 ${receiver} ${got} 100 &
      until [ -S /dev/log ]; do sleep 0.02; done
      $IMP start web --log syslog -- sh -c 'i=0; while [ $i -lt 200 ]; do echo "line $i"; sleep 0.002; i=$((i+1)); done; exec sleep 1000' || exit 1
      wait
      python3 ${receiver} ${got} 200
      $IMP logs web; echo "$?" > ${box.path("code")}
      $IMP stop web
    `;
    const { code, stderr } = await box.run(["unshare", "-m", "bash", "-c", script], {
      env: home.env,
    });
    if (code === 77) box.skip("no tmpfs can be mounted");
    assertEquals(code, 0, stderr);
    const lines = Deno.readTextFileSync(got).trimEnd().split("\n");
    assertEquals(lines, Array.from({ length: 200 }, (_, i) => `<30>web: line ${i}`));
    assertStringIncludes(stderr, "its output goes to syslog");
    assertEquals(Deno.readTextFileSync(box.path("code")), "1\n");
    await watchEnds(home);
  },
  ["python3", "unshare"],
);

e2eAsRoot("logs: with no inotify instance left they are kept and followed as well", async (box) => {
  const home = new KeptHome(box);
  const lines = "i=0; while [ $i -lt 999 ]; do echo line $i; i=$((i+1)); done; exec sleep 1000";
  Deno.writeTextFileSync(box.path("lines"), lines);
  const { code, stdout, stderr } = await box.sh(
    `unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_inotify_instances || exit 77
    "$IMP" start -q web --log-format json -C . -- sh lines &&
    "$IMP" start -q app --log-max 4K -C . -- sh lines && "$IMP" logs web -f -n 999 | head -n 999 | wc -l'`,
    { env: home.env },
  );
  // No user namespaces here.
  if (code === 77 || stderr.includes("unshare")) return;
  assertEquals([code, stdout.trim(), stderr], [0, "999", ""]);
  await eventually(() => exists(`${home.path}/logs/app.log.1`), "it is cut");
  await home.done("stop", "web", "app");
  await watchEnds(home);
}, ["unshare"]);

e2e("logs: of more daemons than the soft limit on open files has room for", async (box) => {
  const home = new KeptHome(box);
  const names = Array.from({ length: 8 }, (_, i) => `web@${i + 1}`);
  const probe = box.script("probe", `#!/bin/sh\nulimit -Sn >limit\n`);
  const { code, stderr } = await box.sh(
    `ulimit -Sn 40; exec "$IMP" start -q web --instances 8 --log-format time -C . \
    --health cmd:${probe} --health-every 200ms -- sh -c 'echo one; exec sleep 1000'`,
    { env: home.env },
  );
  assertEquals([code, stderr], [0, ""]);
  await eventually(
    () => names.every((name) => logOf(home, name).includes(" one\n")),
    () => names.map((name) => logOf(home, name)).join(),
  );
  // The limit of the caller is that of its programs.
  const limit = box.path("limit");
  await eventually(() => exists(limit) && Deno.readTextFileSync(limit) === "40\n", "it is probed");
  await home.done("stop", "web");
  await watchEnds(home);
});

function logOf(home: KeptHome, name: string): string {
  const path = `${home.path}/logs/${name}.log`;
  return exists(path) ? Deno.readTextFileSync(path) : "";
}

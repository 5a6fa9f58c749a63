// imp start --on-change: storms, kills, limits.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventually, exists, impBinary, isRoot, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { Watcher } from "./watcher.ts";

const e2e = sideBySide();

e2e("changes: a checkout of a thousand files is one restart; a storm is bounded", async (box) => {
  const web = new Watcher(box);
  const git = "git -c user.name=a -c user.email=a@b -c init.defaultBranch=main -c gc.auto=0";
  await web.sh(`${git} init -q .; ${git} add .; ${git} commit -qm 1; ${git} checkout -qb many
    for d in 1 2 3 4 5 6 7 8 9 10; do mkdir d$d; for f in $(seq 100); do echo $f >d$d/f$f; done; done
    ${git} add .; ${git} commit -qm 2; ${git} checkout -q main`);
  await web.start("--debounce", "1s");
  await web.restarts(`${git} checkout -q many`);
  await web.restarts("echo >>d10/f100");
  await web.restarts(`${git} checkout -qf main`);
  await web.stop();
  const watches = JSON.parse(Deno.readTextFileSync(`${web.home.path}/daemons/web/watches.json`));
  assertEquals(watches.watches.length, 1, "directories that are gone");
}, ["git"]);

e2e("changes: events that the kernel had no room for are made up for", async (box) => {
  const web = new Watcher(box);
  await web.sh("mkdir sub");
  await web.start();
  const { keeper } = web.home.waiters("web");
  Deno.kill(keeper!, "SIGSTOP");
  const most = Number(Deno.readTextFileSync("/proc/sys/fs/inotify/max_queued_events"));
  // Each chmod is an event of another file than the last one, so that none is folded into it.
  await web.sh(`: >b.ts; python3 -c '
import os
for i in range(${most} // 2 + 1000):
  os.chmod("a.ts", 0o600); os.chmod("b.ts", 0o600)
os.mkdir("sub/late")'`);
  Deno.kill(keeper!, "SIGCONT");
  await web.restarted();
  // No event had reported that directory.
  assertEquals(await web.restarts("echo >sub/late/f"), "src/sub/late/f changed");
  await web.stop();
}, ["python3"]);

e2e("changes: whoever is killed, none is missed", async (box) => {
  const web = new Watcher(box);
  await web.start("--stop-timeout", "1s");
  const kill = async (one: "guard" | "keeper") => {
    Deno.kill(web.home.waiters("web")[one]!, "SIGKILL");
    await eventually(() => {
      const { guard, keeper } = web.home.waiters("web");
      return (guard ?? keeper) !== undefined;
    }, "they are gone");
  };
  await kill("keeper");
  await web.restarts("echo 1 >>a.ts");
  await eventually(() => web.home.waiters("web").guard !== undefined, "there are two again");
  await kill("guard");
  await web.restarts("mkdir more; echo 2 >>a.ts");
  assertEquals(await web.restarts("echo 3 >>more/x"), "src/more/x changed");
  // Both: no keeper runs while it changes, and the next command notices.
  await eventually(() => web.home.waiters("web").guard !== undefined, "there are two again");
  await web.home.killWaiters("web");
  await web.sh("mkdir while; echo 4 >while/nobody");
  assertStringIncludes(await web.home.done("start", "web"), "its keepers had been killed");
  await web.restarted();
  assertEquals(await web.restarts("echo 5 >>while/nobody"), "src/while/nobody changed");
  await eventually(() => web.home.waiters("web").guard !== undefined, "there are two again");
  await web.home.killWaiters("web");
  await web.home.done("start", "web");
  await web.stays();
  await web.stop();
});

e2e(
  "changes: what new keepers record is not overwritten by the slow command that started them",
  async (box) => {
    const web = new Watcher(box);
    await web.start();
    await web.home.killWaiters("web");
    await web.sh("echo 1 >>a.ts");
    const slowly = ["-e", "trace=/^rename", "-e", "inject=/^rename:delay_enter=2s:when=2+"];
    const start = await box.run([
      "strace",
      "-o",
      "/dev/null",
      ...slowly,
      impBinary(),
      "start",
      "web",
    ], {
      env: web.home.env,
    });
    assertEquals(start.code, 0, start.stderr);
    await web.restarted();
    await web.stop();
  },
  ["strace"],
);

e2e("changes: what the program itself has open, and its own log, start nothing", async (box) => {
  const web = new Watcher(box);
  const script = "exec 9>>held; echo begin; echo more >&9; exec sleep 1000";
  await web.home.start(
    "web",
    script,
    "-C",
    web.src,
    "--on-change",
    web.src,
    "--log",
    `${web.src}/w.log`,
  );
  await web.stays();
  // What it had open was closed when it was ended: that was before the next start.
  await web.stays();
  await web.stop();
});

e2e("changes: what cannot be watched is said", async (box) => {
  const web = new Watcher(box);
  const { home } = web;
  const none = await home.imp([
    "start",
    "web",
    "--on-change",
    box.path("none"),
    "--",
    "sleep",
    "9",
  ]);
  assertEquals(none.code, 125);
  assertMatch(none.stderr, /^imp start: cannot watch .*\/none: ENOENT/);
  assert(!exists(`${home.path}/daemons/web`));
  if (isRoot) return;
  await web.sh("mkdir closed; chmod 0 closed");
  await web.start();
  const [list, status] = [await home.done("list"), await home.done("status", "web")];
  await web.sh("chmod 700 closed");
  assertMatch(list, /not all watched/);
  assertMatch(inOneLine(status), /note cannot watch \S*\/closed: EACCES/);
  await web.restarted();
  assertEquals(await web.restarts("echo >closed/x"), "src/closed/x changed");
  await web.stop();
});

e2e("changes: a limit on watches is a sentence", async (box) => {
  const web = new Watcher(box);
  await web.sh("mkdir 1 2 3 4");
  const within = (limits: string, ...words: string[]) =>
    box.sh(
      `unshare -Ur sh -c 'cd /proc/sys/user && ${limits} || exit 77
      exec imp start web --on-change ${web.src} ${words.join(" ")} -- sleep 1000'`,
      { env: { ...web.home.env, PATH: `${box.path("bin")}:${Deno.env.get("PATH")}` } },
    );
  Deno.mkdirSync(box.path("bin"));
  Deno.symlinkSync(impBinary(), box.path("bin/imp"));
  const { code, stderr } = await within("echo 3 >max_inotify_watches");
  // No user namespaces here.
  if (code === 77 || stderr.includes("unshare")) return;
  assertEquals(code, 125, stderr);
  assertMatch(
    stderr,
    /^imp start: cannot watch .*src\/\d: the limit of watches is reached \(user\.max_inotify_watches is 3\)/,
  );
  assertStringIncludes(stderr, "sysctl user.max_inotify_watches=");
  assertEquals(web.home.record("web", "intent"), undefined);
  const none = await within("echo 0 >max_inotify_instances");
  assertEquals(none.code, 125);
  assertMatch(
    none.stderr,
    /this user has no inotify instance left \(user\.max_inotify_instances is 0\)/,
  );
  // Without root, a program cannot be started as root of such a namespace.
  if (!isRoot) return;
  // What appears later is not watched then, and imp says so; the rest continues.
  const { stdout, stderr: why } = await within("echo 6 >max_inotify_watches");
  assertMatch(stdout, /^web: started/, why);
  await web.restarts("mkdir 5 6");
  await web.restarts("echo >4/x");
  assertMatch(await web.home.done("list"), /not all watched/);
  const status = (await web.home.done("status", "web")).replace(/\s+/g, " ");
  assertStringIncludes(status, "src/6: the limit of watches is reached");
  await web.stop();
}, ["unshare"]);

e2e("changes: of the whole machine they are not watched, and that is said at once", async (box) => {
  const home = new KeptHome(box);
  Deno.symlinkSync("/", box.path("all"));
  for (const path of ["/", "all", "/usr/.."]) {
    const options = ["-C", box.directory, "--on-change", path];
    const { code, stderr } = await home.imp(["start", "web", ...options, "--", "sleep", "1000"]);
    assertEquals(code, 125);
    assertMatch(stderr, /it contains every file of this machine/);
  }
  assertEquals(await home.done("list", "--json"), "");
});

e2e(
  "changes: file systems of the kernel's own are not watched, wherever a path leads there",
  async (box) => {
    const web = new Watcher(box);
    const { home } = web;
    Deno.symlinkSync("/proc", box.path("link"));
    for (const path of ["/proc", "/sys", "/proc/mounts", "/proc/self/net", "link"]) {
      const options = ["-C", box.directory, "--on-change", path];
      const { code, stderr } = await home.imp(["start", "web", ...options, "--", "sleep", "1000"]);
      assertEquals(code, 125, path);
      assertMatch(stderr, /: its files are the kernel's own \((?:proc|sysfs)\)/);
    }
    assertEquals(await home.done("list", "--json"), "");
    // Later a link may lead there.
    await web.sh("ln -s src ../there");
    await home.start("web", "exec sleep 1000", "--on-change", box.path("there"));
    await web.restarts("ln -sfn /proc ../there");
    assertMatch(await home.done("list"), /not all watched/);
    const status = inOneLine(await home.done("status", "web"));
    assertMatch(status, /note cannot watch \S*\/there: its files are/);
    await web.restarts("ln -sfn src ../there");
    assertEquals(await web.restarts("echo >>a.ts"), "there/a.ts changed");
    await web.stop();
  },
);

e2e("changes: what the kernel has mounted below a path is left out", async (box) => {
  const web = new Watcher(box);
  const { code } = await box.sh(
    `mkdir -p src/root/proc && unshare -Urmpf --mount-proc sh -c 'mount -t proc proc src/root/proc ||
    exit 77; "$IMP" start web --on-change src -C . -- sleep 1000'`,
    { env: web.home.env },
  );
  if (code === 77) box.skip("no procfs in a user namespace");
  const watches = `${web.home.path}/daemons/web/watches.json`;
  const paths = (JSON.parse(Deno.readTextFileSync(watches)).watches as [number, string][])
    .map(([, path]) => path.slice(box.directory.length));
  assertEquals(paths.sort(), ["/src", "/src/root"]);
  assertEquals(await web.home.done("list", "--json").then((text) => /not all/.test(text)), false);
  await web.stop();
}, ["unshare"]);

/** Where lines break depends on how long paths are. */
function inOneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}

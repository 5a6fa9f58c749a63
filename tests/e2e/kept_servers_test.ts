// imp start with real servers and badly written scripts; users, secrets and limits.
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2eAsRoot, eventually, exists, isAlive, isRoot, sideBySide } from "./harness.ts";
import { KeptHome, pidsIn } from "./keeping.ts";

const e2e = sideBySide();

for (const daemonize of ["no", "yes"]) {
  e2e(`start: redis-server --daemonize ${daemonize}`, async (box) => {
    const home = new KeptHome(box);
    const port = String(freePort());
    const pidfile = box.path("redis.pid");
    const redis = [
      ...["redis-server", "--port", port, "--save", "", "--dir", box.directory],
      ...["--daemonize", daemonize, "--pidfile", pidfile],
    ];
    const options = daemonize === "yes" ? ["--forking", "--pidfile", pidfile] : [];
    await home.done("start", "db", ...options, "--ready", `tcp:${port}`, "--", ...redis);
    const pid = home.pid("db")!;
    assertStringIncludes(Deno.readTextFileSync(`/proc/${pid}/cmdline`), "redis-server");
    // Killed, it is back; stopped, nothing of it is left.
    Deno.kill(pid, "SIGKILL");
    await eventually(() => {
      const now = home.pid("db");
      return now !== undefined && now !== pid && home.record("db", "state").phase === "running";
    }, "it runs again");
    await home.done("stop", "db");
    assertEquals(box.processes(), []);
  }, ["redis-server"]);
}

e2eAsRoot("start: nginx, which makes a daemon of itself", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const at = box.directory;
  Deno.writeTextFileSync(
    box.path("nginx.conf"),
    `pid ${at}/nginx.pid; error_log ${at}/error.log; worker_processes 2; events {}
http { access_log off; client_body_temp_path ${at}/a; proxy_temp_path ${at}/b; fastcgi_temp_path ${at}/c;
  uwsgi_temp_path ${at}/d; scgi_temp_path ${at}/e; server { listen 127.0.0.1:${port}; return 200 "hello"; } }`,
  );
  const words = ["nginx", "-c", box.path("nginx.conf")];
  const options = ["--forking", "--stop", "QUIT:30s,TERM:5s", "--ready", `tcp:${port}`];
  await home.done("start", "web", ...options, "--", ...words);
  assertEquals(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "hello");
  const pid = home.pid("web")!;
  assertEquals(String(pid), Deno.readTextFileSync(box.path("nginx.pid")).trim());
  await home.done("restart", "web");
  await home.done("stop", "web");
  assertEquals(box.processes(), []);
}, ["nginx"]);

e2e(
  "start: a script that leaves children behind, in sessions of their own, and ends",
  async (box) => {
    const home = new KeptHome(box);
    const pids = box.path("pids");
    const script = `setsid sh -c 'echo $$ >>${pids}; exec sleep 1000' &
    (sh -c 'echo $$ >>${pids}; exec sleep 1000' &)
    nohup sh -c 'echo $$ >>${pids}; exec sleep 1000' >/dev/null 2>&1 &
    while test $(wc -l <${pids}) -lt 3; do sleep 0.02; done; exit 1`;
    await home.imp(["start", "web", "--backoff", "1h", "--", "sh", "-c", script]);
    const left = await pidsIn(pids, 3);
    await eventually(() => left.every((pid) => !isAlive(pid)), "what it has left is ended");
    await home.done("stop", "web");
  },
);

e2e("start: a script that never answers TERM, writes much and forks all the time", async (box) => {
  const home = new KeptHome(box);
  const script = `trap '' TERM INT HUP
    i=0; while :; do i=$((i+1)); echo line $i; sleep 0.01 & done`;
  await home.done("start", "web", "--stop", "TERM:100ms", "--", "sh", "-c", script);
  const log = `${home.path}/logs/web.log`;
  await eventually(() => exists(log) && Deno.statSync(log).size > 1000, "it writes");
  await home.done("stop", "web");
  assertEquals(box.processes(), []);
});

e2e("start: variables of files; a file that others may read is refused", async (box) => {
  const home = new KeptHome(box);
  const file = box.path("variables");
  Deno.writeTextFileSync(file, "# secrets\nKEY='a b'\nexport OTHER=file\n");
  Deno.chmodSync(file, 0o644);
  const script = 'echo "$KEY, $OTHER"; exec sleep 1000';
  const options = ["--env-file", "variables", "-E", "OTHER=line"];
  const words = ["start", "web", ...options, "--", "sh", "-c", script];
  const open = await home.imp(words);
  assertEquals(open.code, 1);
  assertMatch(
    open.stderr,
    /every user may read or change it \(mode 0644\)\n +it may hold secrets: chmod 600/,
  );
  assertEquals(exists(`${home.path}/daemons`), false);
  Deno.chmodSync(file, 0o600);
  await home.done(...words);
  const log = `${home.path}/logs/web.log`;
  await eventually(() => exists(log) && Deno.readTextFileSync(log) === "a b, line\n", "its log");
  // It is read again at each start.
  Deno.writeTextFileSync(file, "KEY=new\n");
  await home.done("restart", "web");
  await eventually(() => Deno.readTextFileSync(log).endsWith("new, line\n"), "its log");
  await home.done("stop", "web");
});

e2e(
  "start: secrets stand in no command line, no status, no list, and in files of their owner alone",
  async (box) => {
    const home = new KeptHome(box);
    const file = box.path("variables");
    Deno.writeTextFileSync(file, "FILED=s3cret-file\n", { mode: 0o600 });
    const env = { ...home.env, SNAPSHOT: "s3cret-snapshot" };
    const started = await home.imp([
      ...["start", "web", "--env-file", file, "-E", "GIVEN=s3cret-given", "--ready", "notify"],
      ...["--", "sh", "-c", "systemd-notify --ready; exec sleep 1000"],
    ], { env });
    assertEquals(started.code, 0, started.stderr);
    const shown = [
      started.stdout,
      (await home.imp(["status", "web"])).stdout,
      (await home.imp(["status", "--json", "web"])).stdout,
      (await home.imp(["list"])).stdout,
      (await home.imp(["list", "--json"])).stdout,
      (await box.sh("ps -ewwo pid,args")).stdout,
    ];
    // The tag of the tests is on no command line.
    assertEquals(shown.filter((text) => text.includes("s3cret")), []);
    const { guard, keeper } = home.waiters("web");
    for (const pid of [guard, keeper]) {
      assert(!Deno.readTextFileSync(`/proc/${pid}/environ`).includes("s3cret"), `pid ${pid}`);
    }
    const modes = await box.sh(
      `find ${home.path}/daemons ${home.path}/logs -printf '%m %y\\n' | sort -u`,
    );
    assertEquals(modes.stdout.split("\n").filter((one) => !/^(700 d|600 f|640 f|)$/.test(one)), []);
    await home.done("stop", "web");
  },
  ["systemd-notify", "ps"],
);

e2eAsRoot("start: as another user, who has no home and no right to imp's files", async (box) => {
  const home = new KeptHome(box);
  Deno.chmodSync(box.directory, 0o755);
  const script = "id -un; id -gn; echo $HOME; exec sleep 1000";
  await home.done("start", "web", "-u", "nobody", "--", "sh", "-c", script);
  const log = `${home.path}/logs/web.log`;
  await eventually(
    () => exists(log) && Deno.readTextFileSync(log).split("\n").length === 4,
    "its log",
  );
  assertMatch(Deno.readTextFileSync(log), /^nobody\nnogroup\n\/nonexistent\n$/);
  const { keeper } = home.waiters("web");
  assertEquals(Deno.statSync(`/proc/${keeper}`).uid, 0);
  await home.done("restart", "web");
  await home.done("stop", "web");
});

e2eAsRoot("start: by a user without HOME, and with 64 descriptors at most", async (box) => {
  Deno.chmodSync(box.directory, 0o777);
  const as =
    `setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" IMP_TEST_TAG="$IMP_TEST_TAG"`;
  const none = await box.sh(`${as} "$IMP" start web -- sleep 1000`);
  assertEquals(none.code, 125);
  assertStringIncludes(none.stderr, "none of IMP_HOME, XDG_STATE_HOME and HOME is set");
  await box.sh("chmod 755 .; mkdir own && chown 65534 own && chmod 700 own");
  const script =
    `ulimit -n 64; ${as} IMP_HOME=$PWD/own "$IMP" start web --ready fd:9 --ready notify -- \
    sh -c 'ulimit -n; systemd-notify --ready; echo >&9; exec sleep 1000' &&
    ${as} IMP_HOME=$PWD/own "$IMP" restart web && cat own/logs/web.log &&
    ${as} IMP_HOME=$PWD/own "$IMP" stop web`;
  const { code, stdout, stderr } = await box.sh(script);
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /\n64\n64\nweb: stopped/);
}, ["setpriv", "systemd-notify"]);

e2e(
  "start: limits, nice value, priorities, umask, directory and no-new-privs reach the program",
  async (box) => {
    const home = new KeptHome(box);
    const script = `umask; pwd; nice; ulimit -n; ulimit -c; ionice; cat /proc/self/oom_score_adj
    grep NoNewPrivs /proc/self/status | tr -d '\\t'; exec sleep 1000`;
    await home.done(
      ...["start", "web", "-m", "027", "-C", "/tmp", "--nice", "5", "--limit", "nofile=77"],
      ...["--limit", "core=unlimited:unlimited", "--ionice", "idle", "--oom-score", "500"],
      ...["--no-new-privs", "--", "bash", "-c", script],
    ).catch((error) => isRoot ? Promise.reject(error) : box.skip("it needs root"));
    const log = `${home.path}/logs/web.log`;
    await eventually(
      () => exists(log) && Deno.readTextFileSync(log).split("\n").length === 9,
      "log",
    );
    assertEquals(Deno.readTextFileSync(log).split("\n").slice(0, 8), [
      ...["0027", "/tmp", "5", "77", "unlimited", "idle", "500", "NoNewPrivs:1"],
    ]);
    // The record keeps what JSON has no number for.
    await home.done("restart", "web");
    await eventually(() => Deno.readTextFileSync(log).split("\n").length === 17, "log");
    assertEquals(Deno.readTextFileSync(log).split("\n")[12], "unlimited");
    await home.done("stop", "web");
  },
);

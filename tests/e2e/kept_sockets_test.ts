// Sockets that the waiters of a daemon hold for it.
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2eAsRoot, eventually, exists, isLong, rounds, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";
import { ask, Clients, given, socketServer, starts } from "./socket_server.ts";

const e2e = sideBySide();

const TOOLS = ["python3"];

e2e("sockets: all kinds, as in sd_listen_fds(3)", async (box) => {
  const home = new KeptHome(box);
  const [four, six, udp] = [freePort(), freePort(), freePort()];
  const path = box.path("web.sock");
  const sockets = [`tcp:${four}`, `six=tcp:[::1]:${six}`, `udp:${udp}`, `unix:web.sock,mode=0640`];
  const text = await home.done(
    ...["start", "web", "-C", box.directory],
    ...sockets.flatMap((one) => ["--socket", one]),
    ...["--", socketServer(box)],
  ).catch((error) => {
    if (!/EAFNOSUPPORT|EADDRNOTAVAIL/.test(String(error))) throw error;
    return box.skip("this machine has no IPv6");
  });
  assertMatch(text, /^web: started, pid \d+/);
  await eventually(() => starts(box).length === 1, "it runs");
  const pid = home.pid("web")!;
  assertEquals(await ask({ port: four, hostname: "127.0.0.1" }), pid);
  assertEquals(await ask({ port: six, hostname: "::1" }), pid);
  assertEquals(await ask({ transport: "unix", path }), pid);
  const { stdout } = await box.sh(
    `python3 -c 'import socket as s; u = s.socket(s.AF_INET, s.SOCK_DGRAM); u.sendto(b"hi", ("127.0.0.1", ${udp})); print(u.recv(99))'`,
  );
  assertEquals(stdout, `b'${pid}:hi'\n`);
  const facts = await given(box);
  assertEquals(facts.names, `tcp-${four}:six:udp-${udp}:web.sock`);
  assertEquals([facts.pid, facts.open], [`${pid}`, [0, 1, 2, 3, 4, 5, 6]]);
  // Options that an earlier program set on them are not passed on.
  assertEquals(facts.blocking, [true, true, true, true]);
  await home.done("restart", "web");
  await eventually(() => starts(box).length === 2, "another one");
  const after = await given(box);
  assertEquals([after.inodes, after.blocking], [facts.inodes, [true, true, true, true]]);
  assertEquals(Deno.statSync(path).mode! & 0o777, 0o640);
  const status = (await home.imp(["status", "web"])).stdout;
  assertMatch(status, /connections 0 open, 0 waiting/);
  await home.done("stop", "web");
  assertEquals(exists(path), false);
  const [refused] = await Promise.allSettled([ask({ port: four })]);
  assert(refused.status === "rejected" && refused.reason instanceof Deno.errors.ConnectionRefused);
}, TOOLS);

e2e("sockets: connections that are made during restarts wait, and are served", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const server = socketServer(box);
  await home.done("start", "web", "-C", ".", "--socket", `tcp:${port}`, "--", server);
  const clients = new Clients({ port, hostname: "127.0.0.1" });
  const restarts = rounds(4, 200), each = rounds(25, 50);
  for (let i = 0; i < restarts; i++) {
    await home.done("restart", "web");
    const { answered } = clients.crowd;
    await eventually(() => clients.crowd.answered >= answered + each, "many connections");
  }
  const { refused, broken } = await clients.end();
  assertEquals([refused, broken], [0, 0]);
  if (isLong) console.log(`${clients.crowd.answered} connections over ${restarts} restarts`);
  assert(starts(box).length >= restarts, `${starts(box)}`);
  await home.done("stop", "web");
}, TOOLS);

e2e("sockets: kill -9 of program, keeper and guard closes none", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const server = socketServer(box);
  const options = ["--socket", `tcp:${port}`, "--backoff", "10ms", "-C", "."];
  await home.done("start", "web", ...options, "--", server);
  const clients = new Clients({ port, hostname: "127.0.0.1" });
  const isWhole = () => {
    const { guard, keeper } = home.waiters("web");
    return guard !== undefined && keeper !== undefined && home.pid("web") !== undefined;
  };
  for (const victim of ["keeper", "guard", "keeper", "guard"] as const) {
    await eventually(isWhole, "it is kept by two");
    Deno.kill(home.waiters("web")[victim]!, "SIGKILL");
    // Each start makes a pair of them again.
    Deno.kill(home.pid("web")!, "SIGKILL");
    const { answered } = clients.crowd;
    await eventually(() => clients.crowd.answered > answered + 20, "it serves again");
  }
  assertEquals((await clients.end()).refused, 0);
  await home.done("stop", "web");
}, TOOLS);

e2e("sockets: keepers that were both killed are followed by such as have them", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const server = socketServer(box);
  await home.done("start", "web", "-C", ".", "--socket", `tcp:${port}`, "--", server);
  await eventually(() => starts(box).length === 1, "it runs");
  const { inodes } = await given(box);
  await home.killWaiters("web");
  const told = await home.done("start", "web");
  assertMatch(told, /its keepers had been killed/);
  assertEquals(await ask({ port }), home.pid("web"));
  await home.done("restart", "web");
  await eventually(() => starts(box).length === 2, "another one");
  assertEquals(await ask({ port }), home.pid("web"));
  const isHanded = !told.includes("opened anew");
  assertEquals((await given(box)).inodes[0] === inodes[0], isHanded, told);
  await home.done("stop", "web");
}, TOOLS);

e2e("sockets: what is not changed stays open when other options are taken", async (box) => {
  const home = new KeptHome(box);
  const [port, other] = [freePort(), freePort()];
  const server = socketServer(box);
  const start = (...sockets: string[]) =>
    home.imp([
      ...["start", "web", "-C", box.directory, "--replace"],
      ...sockets.flatMap((one) => ["--socket", one]),
      ...["--", server],
    ]);
  assertEquals((await start(`tcp:${port}`, "unix:a.sock", "unix:b.sock")).code, 0);
  await eventually(() => starts(box).length === 1, "it runs");
  const before = await given(box);
  const { code, stderr } = await start("unix:b.sock", `tcp:${other}`, `tcp:${port}`);
  assertEquals(code, 0, stderr);
  await eventually(() => starts(box).length === 2, "another one");
  const after = await given(box);
  // Where the kernel does not let imp take them (Yama), they are others.
  if (after.inodes[2] === before.inodes[0]) assertEquals(after.inodes[0], before.inodes[2]);
  assertEquals(["a.sock", "b.sock"].map((name) => exists(box.path(name))), [false, true]);
  const pid = home.pid("web");
  assertEquals(await ask({ port }), pid);
  assertEquals(await ask({ port: other }), pid);
  assertEquals(await ask({ transport: "unix", path: box.path("b.sock") }), pid);
  await home.done("remove", "--stop", "web");
  assertEquals(exists(box.path("b.sock")), false);
}, TOOLS);

e2e(
  "sockets: an address that somebody has is an error, before anything is written",
  async (box) => {
    const home = new KeptHome(box);
    const port = freePort();
    const server = socketServer(box);
    await home.done("start", "one", "-C", ".", "--socket", `tcp:${port}`, "--", server);
    const two = await home.imp([
      "start",
      "two",
      "-C",
      ".",
      "--socket",
      `tcp:${port}`,
      "--",
      server,
    ]);
    assertEquals(two.code, 1);
    assertMatch(two.stderr, /cannot open socket tcp:127\.0\.0\.1:\d+: EADDRINUSE/);
    assertMatch(two.stderr, /the daemon 'one' has it/);
    assertEquals(exists(`${home.path}/daemons/two`), false);
    await home.done("stop", "one");
    {
      using _ = Deno.listen({ hostname: "127.0.0.1", port });
      const { code, stderr } = await home.imp(["start", "one"]);
      assertEquals(code, 1);
      assertMatch(stderr, new RegExp(`pid ${Deno.pid} \\(.*\\) has it`));
      assertEquals(home.record("one", "intent").wanted, "stop");
    }
    await home.done("start", "one");
    await home.done("stop", "one");
  },
  TOOLS,
);

e2e("sockets: files of others, and what an earlier listener has left", async (box) => {
  const home = new KeptHome(box);
  const path = box.path("web.sock");
  const server = socketServer(box);
  const start = () =>
    home.imp(["start", "web", "-C", ".", "--socket", `unix:${path}`, "--", server]);
  await box.sh("echo precious > precious; ln -s precious web.sock");
  assertMatch((await start()).stderr, /EADDRINUSE \(a link of that name is there\)/);
  assertEquals(Deno.readTextFileSync(box.path("precious")), "precious\n");
  Deno.removeSync(path);
  {
    using _ = Deno.listen({ transport: "unix", path });
    assertMatch((await start()).stderr, /EADDRINUSE \(another process listens there\)/);
  }
  // Deno leaves the file.
  if (!exists(path)) {
    await box.sh(`python3 -c 'import socket as s; s.socket(s.AF_UNIX).bind("web.sock")'`);
  }
  assertEquals((await start()).code, 0);
  assertEquals(await ask({ transport: "unix", path }), home.pid("web"));
  // It belongs to another process now: it stays.
  Deno.removeSync(path);
  using other = Deno.listen({ transport: "unix", path });
  await home.done("stop", "web");
  assert(exists(path));
  other.close();
}, TOOLS);

e2eAsRoot("sockets: root opens them, another user's program serves", async (box) => {
  const home = new KeptHome(box);
  await box.sh("chmod 755 .; mkdir -m 755 run; mkdir -m 777 work");
  const path = box.path("run/web.sock");
  const sockets = ["--socket", "tcp:1023", "--socket", `unix:${path},mode=0660`];
  const { code, stderr } = await home.imp(
    ["start", "web", "-C", "work", "-u", "65534:65533", ...sockets, "--", socketServer(box)],
  );
  if (/EADDRINUSE/.test(stderr)) box.skip("somebody has port 1023");
  assertEquals(code, 0, stderr);
  const { uid, gid, mode } = Deno.statSync(path);
  assertEquals([uid, gid, mode! & 0o777], [65534, 65533, 0o660]);
  assertEquals(await ask({ port: 1023 }), home.pid("web"));
  assertEquals(await ask({ transport: "unix", path }), home.pid("web"));
  await home.done("stop", "web");
  // What that user has left there may be replaced, what others have is theirs.
  const leave = (uid: number) => {
    const user = `setpriv --reuid ${uid} --regid 65533 --clear-groups`;
    const python = `import socket as s; s.socket(s.AF_UNIX).bind("${path}")`;
    return box.sh(`chmod 777 run; ${user} /usr/bin/env python3 -c '${python}'`);
  };
  assertEquals((await leave(65534)).code, 0);
  await home.done("start", "web");
  await home.done("stop", "web");
  assertEquals((await leave(65532)).code, 0);
  assertMatch((await home.imp(["start", "web"])).stderr, /a socket left by uid 65532 is there/);
  // A user who may not connect cannot tell whether anybody listens there.
  const stranger = await box.sh(
    `mkdir -m 700 theirs; chown 65531 theirs; setpriv --reuid 65531 --regid 65531 --clear-groups env IMP_HOME=$PWD/theirs/imp ` +
      `"$IMP" start other --socket unix:${path} -- sleep 60`,
  );
  assertMatch(stranger.stderr, /a socket of uid 65532 is there, which you may not connect to/);
}, [...TOOLS, "setpriv"]);

e2e("sockets: a waiter that is imp itself holds them, too", async (box) => {
  const home = new KeptHome(box);
  const port = freePort();
  const options = ["-C", ".", "--waiter", "resident", "--on-demand", "--backoff", "10ms"];
  const server = socketServer(box);
  await home.done("start", "web", ...options, "--socket", `tcp:${port}`, "--", server);
  assertEquals(starts(box), []);
  assertEquals(await ask({ port }), home.pid("web"));
  Deno.kill(home.waiters("web").keeper!, "SIGKILL");
  Deno.kill(home.pid("web")!, "SIGKILL");
  await eventually(() => home.record("web", "state").phase === "listening", "it listens");
  const pid = await ask({ port });
  assertEquals(pid, home.pid("web"));
  await home.done("stop", "web");
}, TOOLS);

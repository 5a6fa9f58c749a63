// imp inspect of names, pidfiles and ports, and what processes do at the moment.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, eventually, impBinary, isAlive, type Sandbox } from "./harness.ts";
import { comm, inspect, start } from "./inspecting.ts";

const NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

e2e("inspect NAME: a kept daemon, then one of imp daemon, then a program", async (box) => {
  const name = await program(box);
  const env = { IMP_HOME: box.path("home") };
  const inspected = async () => {
    const { code, stdout } = await box.imp(["inspect", "--json", name], { env });
    return [code, ...stdout.trim().split("\n").map((line) => JSON.parse(line))];
  };
  const { stdout: plain } = await box.sh(`./${name} 1000 >/dev/null 2>&1 </dev/null & echo $!`);
  await eventually(() => comm(Number(plain)) === name, "it runs");
  const [code, one] = await inspected();
  assertEquals([code, one.asked, one.pid, one.found], [0, name, Number(plain), true]);
  const words = ["--", box.path(name), "1001"];
  const made = await box.imp(["daemon", "-n", name, ...words], { env });
  assertEquals((await inspected()).slice(1).map(({ pid }) => pid), [Number(made.stdout)]);
  await box.imp(["stop", name], { env });
  const kept = await box.imp(["start", name, ...words], { env });
  assertEquals(kept.code, 0, kept.stderr);
  const status = JSON.parse((await box.imp(["status", "--json", name], { env })).stdout);
  assertEquals((await inspected()).slice(1).map(({ pid, kept }) => [pid, kept.name]), [
    [status.program?.pid ?? status.pid, name],
  ]);
  await box.imp(["stop", name], { env });
  assertEquals((await inspected())[1].pid, Number(plain));
  await box.endAll();
  // The process that adopted its processes may be slow.
  await eventually(async () => {
    const { code, stderr } = await box.imp(["inspect", name], { env });
    return code === 1 && stderr.includes("it is a kept daemon that is not running");
  }, "nothing of that name is left");
});

e2e("inspect NAME of several: a row each, everything about each with --json", async (box) => {
  const name = await program(box);
  const { stdout } = await box.sh(
    `for n in 1 2 3; do ./${name} 100$n >/dev/null 2>&1 </dev/null & echo $!; done`,
  );
  const pids = stdout.trim().split("\n").map(Number);
  await eventually(() => pids.every((pid) => comm(pid) === name), "they run");
  const text = await box.imp(["inspect", name]);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertMatch(text.stdout, new RegExp(`^3 processes are called ${name}:\n *PID +USER +KIND`));
  assertEquals(text.stdout.match(/100[123]$/gm)?.length, 3);
  const json = await inspect(box, name, pids[0]);
  assertEquals(json.found.map(({ pid, asked }) => [pid, asked]), [
    ...pids.map((pid) => [pid, name]),
    [pids[0], undefined],
  ]);
  assertEquals((await box.imp(["inspect", "-q", name])).stdout, "");
  await box.endAll();
});

e2e("inspect of a pidfile: as imp status -p judges it", async (box) => {
  const pidfile = box.path("own.pid");
  const { stdout } = await box.imp(["daemon", "-p", pidfile, "--", "sleep", "1000"]);
  const { code, found: [one] } = await inspect(box, pidfile);
  assertEquals([code, one.pid, one.asked], [0, Number(stdout), pidfile]);
  const near = await box.sh(`"$IMP" inspect --json own.pid`);
  assertEquals(JSON.parse(near.stdout).pid, one.pid);
  Deno.kill(one.pid, "SIGKILL");
  await eventually(() => !isAlive(one.pid), "it has ended");
  Deno.writeTextFileSync(box.path("odd.pid"), "no number\n");
  for (
    const [path, why] of [[pidfile, /has ended|not running|cannot inspect/], ["./odd.pid", /odd/], [
      "./none.pid",
      /there is no pidfile/,
    ]] as const
  ) {
    const { code, stdout, stderr } = await box.imp(["inspect", path], { cwd: box.directory });
    assertEquals([code > 0, stdout], [true, ""], stderr);
    assertMatch(stderr, why);
  }
  await box.endAll();
});

e2e("inspect :PORT: who listens there, over TCP or else UDP", async (box) => {
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = tcp.addr as Deno.NetAddr;
  const { code, found: [own] } = await inspect(box, `:${port}`);
  assertEquals([code, own.pid, own.asked], [0, Deno.pid, `:${port}`]);
  assertEquals(
    own.listens.filter(({ address }: { address: string }) => address.endsWith(`:${port}`)),
    [{ protocol: "tcp", address: `127.0.0.1:${port}` }],
  );
  const source = `import os, socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
if os.fork() == 0: time.sleep(1000)
time.sleep(1000)`;
  await box.sh(`python3 -S -c '${source}' >port 2>/dev/null </dev/null &`);
  await eventually(() => /^\d+$/m.test(Deno.readTextFileSync(box.path("port"))), "it is bound");
  const udp = Deno.readTextFileSync(box.path("port")).trim();
  await eventually(() => box.processes().length === 2, "both run");
  const { stdout } = await box.imp(["inspect", `:${udp}`]);
  assertMatch(stdout, new RegExp(`^2 processes are bound to port ${udp}:`));
  await box.endAll();
  const none = await box.imp(["inspect", "--json", `:${udp}`]);
  assertEquals([none.code, JSON.parse(none.stdout)], [1, {
    asked: `:${udp}`,
    pid: null,
    found: false,
  }]);
  assertStringIncludes(none.stderr, `port ${udp}: nothing listens there`);
});

e2eAsRoot("inspect: what other users have, and what /proc hides from them", async (box) => {
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = tcp.addr as Deno.NetAddr;
  await Deno.chmod(box.directory, 0o755);
  await Deno.copyFile(impBinary(), box.path("imp"));
  await Deno.chmod(box.path("imp"), 0o755);
  const others = await box.run([...NOBODY, box.path("imp"), "inspect", `:${port}`]);
  assertEquals(others.code, 1);
  assertStringIncludes(others.stderr, "belongs to root, whose descriptors are hidden\n  ask root");
  // Nobody else runs one of that name.
  const name = await program(box);
  const pid = await start(box, `exec ./${name} 1000`, name);
  const seen = await box.run([...NOBODY, box.path("imp"), "inspect", "--json", String(pid)]);
  const { listens, waiting } = JSON.parse(seen.stdout);
  assertEquals([listens, waiting.syscall], [null, null]);
  const hidden = await box.run([
    "unshare",
    "-m",
    "sh",
    "-c",
    `mount -t proc -o hidepid=2 proc /proc; exec ${NOBODY.join(" ")} ${
      box.path("imp")
    } inspect ${name}`,
  ]);
  assertEquals(hidden.code, 1);
  assertStringIncludes(hidden.stderr, "/proc hides other users' processes (hidepid)");
  await box.endAll();
});

e2e("inspect: what it waits in, its threads, its share of a processor", async (box) => {
  const source = `import os, threading, time
threading.Thread(target=time.sleep, args=(1000,)).start()
os.read(0, 1)`;
  await box.sh(
    `mkfifo in; exec 3<>in; python3 -S -c '${source}' <&3 >/dev/null 2>&1 & echo $! >pid`,
  );
  const pid = Number(Deno.readTextFileSync(box.path("pid")));
  const busy = await start(box, `exec bash -c 'while :; do :; done'`, "bash");
  await eventually(async () => {
    const { found: [one] } = await inspect(box, pid);
    // Where only root may read system calls, imp shows the kernel's function.
    const { syscall, wchan, text } = one.waiting ?? {};
    return one.threads === 2 && (syscall === "read" ? text.includes("descriptor 0") : wchan);
  }, "it reads");
  const { found: [one, other] } = await inspect(box, pid, busy);
  assertEquals(one.threadList.length, 2);
  assertEquals(one.threadList[0].tid, pid);
  assert(other.cpuPercent.now > 1, JSON.stringify(other.cpuPercent));
  assertEquals(other.waiting, null);
  const { stdout } = await box.imp(["inspect", String(pid)]);
  assertMatch(stdout, /^ {4}threads +2 of python3$/m);
  assertMatch(stdout, /^ {4}waits in +(read\(2\) of descriptor 0|\w+ in the kernel)/m);
  assertMatch(stdout, /^ {4}used +CPU \d+.*% now, .*% since its start\), memory/m);
  await box.endAll();
});

/** A program whose name no other process has. */
async function program(box: Sandbox): Promise<string> {
  const name = `imp-${crypto.randomUUID().slice(0, 8)}`;
  await Deno.copyFile("/bin/sleep", box.path(name));
  await Deno.chmod(box.path(name), 0o755);
  return name;
}

e2e("inspect: a job of the shell and an address with a port: the line that works", async (box) => {
  assertStringIncludes((await box.imp(["inspect", "%1"])).stderr, "imp inspect $(jobs -p %1)\n");
  const address = await box.imp(["inspect", "127.0.0.1:1"]);
  assertStringIncludes(address.stderr, "imp inspect :1\n");
});

// Sandboxes of kept daemons: as root by namespaces for mounts and networks, as others by user namespaces where the host allows these.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, eventually, exists, type Sandbox } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

function e2eSandboxed(
  name: string,
  body: (box: Sandbox, home: KeptHome) => Promise<void>,
  tools: string[] = [],
): void {
  e2e(name, async (box) => {
    const home = new KeptHome(box);
    // A trial by imp itself says whether this host lets it.
    const trial = await home.imp(["start", "trial", "--no-network", "--", "sleep", "1000"]);
    if (/lets only root|no more namespaces/.test(trial.stderr)) box.skip("no namespaces here");
    assertEquals(trial.code, 0, trial.stderr);
    await home.done("stop", "trial");
    await body(box, home);
  }, tools);
}

async function said(home: KeptHome, name: string, last = "end"): Promise<string[]> {
  const log = `${home.path}/logs/${name}.log`;
  await eventually(() => Deno.readTextFileSync(log).endsWith(`${last}\n`), "it has said all");
  return Deno.readTextFileSync(log).trimEnd().split("\n");
}

e2eSandboxed(
  "sandbox: read-only but for what is writable, its log goes on, nothing leaks",
  async (box, home) => {
    Deno.mkdirSync(box.path("own"));
    const before = Deno.readTextFileSync("/proc/self/mountinfo");
    const script = `
    touch ${box.path("new")} 2>/dev/null && echo written
    touch relative 2>/dev/null && echo written here
    touch own/new && echo own
    echo $$ $(id -u); echo end; exec sleep 1000`;
    const options = ["-C", ".", "--read-only", "/", "--writable", "own"];
    await home.start("a", script, ...options);
    assertEquals(await said(home, "a"), ["own", `${home.pid("a")} ${Deno.uid()}`, "end"]);
    assert(
      exists(box.path("own/new")) && !exists(box.path("new")) && !exists(box.path("relative")),
    );
    assertMatch(await home.done("status", "a"), /sandbox +\/ read-only but for/);
    assertEquals(Deno.readTextFileSync("/proc/self/mountinfo"), before);
    // Its keepers are killed: it is taken again, and stopped.
    await home.killWaiters("a");
    await home.imp(["start", "a"]);
    await home.done("stop", "a");
    assertEquals(box.processes(), []);
  },
);

e2eSandboxed("sandbox: a /tmp of its own, empty at each start, gone with it", async (_, home) => {
  const mark = `/tmp/imp-sandbox-${crypto.randomUUID()}`;
  const script = `ls -A /tmp /var/tmp | grep imp; touch ${mark}; [ -e ${mark} ] && echo there; ` +
    "stat -f -c %T /tmp; echo end; exec sleep 1000";
  await home.start("a", script, "--private-tmp");
  assertEquals(await said(home, "a"), ["there", "tmpfs", "end"]);
  assert(!exists(mark));
  await home.done("restart", "a");
  await eventually(
    () => Deno.readTextFileSync(`${home.path}/logs/a.log`).split("end").length === 3,
    "again",
  );
  assertEquals((await said(home, "a")).filter((line) => line.includes("imp")), []);
  await home.done("stop", "a");
  assert(!exists(mark));
});

e2eSandboxed(
  "sandbox: no network but loopback, and sockets that it is given",
  async (box, home) => {
    const program = box.script(
      "program",
      `#!/usr/bin/env python3
import socket, time
print(*sorted(name for _, name in socket.if_nameindex()))
own = socket.create_server(("127.0.0.1", 0))
socket.create_connection(own.getsockname()).close(); print("loopback")
try: socket.create_connection(("192.0.2.1", 9), 5); print("reached")
except OSError as e: print(e.strerror)
print("end", flush=True)
given = socket.socket(fileno=3)
while True:
  one, _ = given.accept(); one.sendall(b"hello"); one.close()
`,
    );
    const path = box.path("socket");
    await home.done("start", "a", "--no-network", "--socket", `unix:${path}`, "--", program);
    const lines = await said(home, "a");
    assert(lines[0].split(" ").includes("lo") && !lines[0].includes("eth"), lines[0]);
    assertEquals(lines.slice(1), ["loopback", "Network is unreachable", "end"]);
    const connection = await Deno.connect({ transport: "unix", path });
    const bytes = new Uint8Array(5);
    await connection.read(bytes);
    connection.close();
    assertEquals(new TextDecoder().decode(bytes), "hello");
    await home.done("stop", "a");
  },
  ["python3"],
);

e2e("sandbox: bad input, and what cannot work together", async (box) => {
  const home = new KeptHome(box);
  const usage: [string[], RegExp][] = [
    [["--read-only", ""], /must not be empty/],
    [["--writable", "/srv"], /goes with --read-only/],
    [["--no-network", "--ready", "notify"], /cannot be used together/],
    [["--no-network", "--watchdog", "5s"], /cannot be used together/],
    [["--no-network", "--ready", "tcp:80"], /cannot be used together/],
    [["--no-network", "--health", "http://127.0.0.1/"], /cannot be used together/],
    [["--private-tmp", "--chroot", "/"], /cannot be used together/],
  ];
  for (const [options, says] of usage) {
    const { code, stderr } = await home.imp(["start", "a", ...options, "--", "true"]);
    assertEquals(code, 2, `${options}: ${stderr}`);
    assertMatch(stderr, says);
  }
  const hidden = await home.imp(["start", "a", "--private-tmp", "-C", "/tmp", "--", "true"]);
  assertEquals(hidden.code, 1, hidden.stderr);
  assertMatch(hidden.stderr, /\/tmp is below a directory that would be empty for it/);
  const missing = await home.imp(["start", "a", "--read-only", "/no/such/path", "--", "true"]);
  assertEquals(missing.code, 1, missing.stderr);
  const idle = ["--read-only", "/usr", "--writable", "/usrlocal"];
  const elsewhere = await home.imp(["start", "a", ...idle, "--", "true"]);
  assertEquals(elsewhere.code, 1, elsewhere.stderr);
  assertMatch(elsewhere.stderr, /--writable \/usrlocal: it is not below a --read-only path/);
  assert(!exists(`${home.path}/daemons/a`));
});

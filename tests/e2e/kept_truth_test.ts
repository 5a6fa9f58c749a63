// What imp says about the ends and surroundings of kept daemons is true.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { skip } from "../skip.ts";
import { e2eAsRoot, eventually, exists, sideBySide } from "./harness.ts";
import { KeptHome } from "./keeping.ts";

const e2e = sideBySide();

function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

e2e("kept: whether there is a core", async (box) => {
  const name = "kept: whether there is a core";
  if (read("/proc/sys/kernel/core_pattern").trim() !== "core") {
    return skip(name, "cores are not files of the program's directory here");
  }
  const home = new KeptHome(box);
  for (const [daemon, limit] of [["with", "$(ulimit -H -c)"], ["without", "0"]]) {
    const directory = box.path(daemon);
    Deno.mkdirSync(directory);
    const script = `ulimit -S -c ${limit}; kill -SEGV $$`;
    await home.imp(
      ["start", daemon, "-C", directory, "--restart", "no", "--", "sh", "-c", script],
    );
    await eventually(() => home.record(daemon, "state")?.phase === "failed", "it has ended");
    const [run] = home.record(daemon, "state").runs;
    const cores = [...Deno.readDirSync(directory)].filter((one) => one.name.startsWith("core"));
    assertEquals([run.kind, run.signal, run.core], ["fault", "SEGV", cores.length === 1]);
    if (daemon === "without") assertEquals(run.core, false);
  }
});

/** A group with little memory; undefined where none can be made. */
function makeMemoryGroup(): string | undefined {
  const tag = `imp-test-${crypto.randomUUID()}`;
  const limits = [
    ["/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"],
    ["/sys/fs/cgroup", "memory.max", "memory.swap.max"],
  ];
  for (const [mount, most, swap] of limits) {
    const group = `${mount}/${tag}`;
    if (!exists(`${mount}/cgroup.procs`)) continue;
    try {
      Deno.mkdirSync(group);
    } catch {
      continue;
    }
    try {
      Deno.writeTextFileSync(`${group}/${most}`, `${48 << 20}`, { create: false });
      if (exists(`${group}/${swap}`)) {
        const bytes = swap === "memory.swap.max" ? 0 : 48 << 20;
        Deno.writeTextFileSync(`${group}/${swap}`, `${bytes}`, { create: false });
      }
      return group;
    } catch {
      Deno.removeSync(group);
    }
  }
  return undefined;
}

e2eAsRoot("kept: the out-of-memory killer is named", async (box) => {
  const name = "kept: the out-of-memory killer is named";
  const group = makeMemoryGroup();
  if (group === undefined || !read("/proc/vmstat").includes("oom_kill ")) {
    return skip(name, "no control group with a limit of memory can be made here");
  }
  const home = new KeptHome(box);
  try {
    const eats = "import mmap; m = mmap.mmap(-1, 1 << 28)\\n" +
      "for i in range(0, 1 << 28, 4096): m[i] = 1";
    const script =
      `sleep 0.3; echo $$ >${group}/cgroup.procs || exit 9; exec python3 -c "$(printf '${eats}')"`;
    await home.imp(["start", "web", "--restart", "no", "--", "sh", "-c", script]);
    await eventually(() => home.record("web", "state")?.phase === "failed", "it has ended");
    const [run] = home.record("web", "state").runs;
    assertEquals([run.kind, run.signal], ["killed", "KILL"]);
    assertMatch(run.by, /^out-of-memory killer/);
    assertStringIncludes((await home.imp(["status", "web"])).stdout, "out-of-memory killer");
  } finally {
    await eventually(() => {
      try {
        Deno.removeSync(group);
        return true;
      } catch {
        return !exists(group);
      }
    }, "the group is empty");
  }
}, ["python3"]);

e2e("kept: what imp stop --now kills is not said to be killed for memory", async (box) => {
  const home = new KeptHome(box);
  await home.start("web", "sleep 1000");
  const path = `${home.path}/daemons/web/state.json`;
  const state = JSON.parse(read(path));
  if (!state.oomKills) box.skip("no counter of the out-of-memory killer here");
  // As if it had been working in the meantime.
  state.oomKills.count -= 1;
  Deno.writeTextFileSync(path, JSON.stringify(state));
  await home.done("stop", "--now", "web");
  const [run] = home.record("web", "state").runs;
  assertEquals([run.signal, run.by], ["KILL", "imp stop web"]);
  const list = (await home.imp(["list"])).stdout;
  assertStringIncludes(list, "KILL");
  assert(!list.includes("oom"), list);
});

e2e("kept: how an adopted program ends", async (box) => {
  const home = new KeptHome(box);
  const script = `while [ ! -e ${box.path("go")} ]; do sleep 0.02; done; exit 7`;
  await home.start("web", script, "--restart", "no");
  await home.killWaiters("web");
  assertMatch((await home.imp(["start", "web"])).stdout, /keeps it from now on/);
  await eventually(() => {
    const { guard, keeper } = home.waiters("web");
    return guard !== undefined && keeper !== undefined;
  }, "kept");
  await box.sh("touch go");
  const { runs } = await ended(home, "web");
  const [major, minor] = Deno.osRelease().split(/[.-]/).map(Number);
  // PIDFD_GET_INFO tells it when its parent has reaped it.
  if (major > 6 || major === 6 && minor >= 15) {
    assertEquals([runs[0].kind, runs[0].exitCode], ["error", 7]);
  } else assertMatch(runs[0].kind, /^(error|unknown)$/);
});

// deno-lint-ignore no-explicit-any
async function ended(home: KeptHome, name: string): Promise<any> {
  await eventually(() => home.record(name, "state")?.runs.length > 0, "its end is written down");
  return home.record(name, "state");
}

e2e("start: by a caller with none of the standard descriptors", async (box) => {
  const home = new KeptHome(box);
  const script = `readlink /proc/$$/fd/0 /proc/$$/fd/1 >${box.path("own")}; exec sleep 1000`;
  const start = `"$IMP" start web -- sh -c '${script}' <&- >&- 2>&-`;
  const { code } = await box.sh(start, { env: home.env });
  assertEquals(code, 0);
  await eventually(() => read(box.path("own")).split("\n").length === 3, "it runs");
  assertEquals(read(box.path("own")).split("\n")[0], "/dev/null");
  const { guard, keeper } = home.waiters("web");
  for (const pid of [guard!, keeper!]) {
    const standard = [0, 1, 2].map((fd) => Deno.readLinkSync(`/proc/${pid}/fd/${fd}`));
    assertEquals(standard, ["/dev/null", "/dev/null", "/dev/null"]);
  }
  await home.done("stop", "web");
});

/** Runs its words under a filter that allows everything. */
const FILTERED = `#!/usr/bin/env python3
import ctypes, os, struct, sys
prctl = ctypes.CDLL(None).prctl
allow = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack("@HP", 1, ctypes.addressof(allow)))
if prctl(38, 1, 0, 0, 0) or prctl(22, 2, ctypes.byref(program), 0, 0): sys.exit(99)
os.execvp(sys.argv[1], sys.argv[1:])
`;

e2e("start: a seccomp filter of the caller is reported", async (box) => {
  const name = "start: a seccomp filter of the caller is told";
  const home = new KeptHome(box);
  const filtered = box.script("filtered", FILTERED);
  const start = `${filtered} "$IMP" start web -- sleep 1000`;
  const { code, stdout } = await box.sh(start, { env: home.env });
  if (code === 99) return skip(name, "no filter can be set here");
  assertEquals(code, 0);
  if (/^Seccomp:\t0$/m.test(read("/proc/1/status"))) {
    assertStringIncludes(stdout.replace(/\s+/g, " "), "runs under a seccomp filter");
  }
  await home.done("stop", "web");
}, ["python3"]);

e2e("kept: --max-rss replaces what has grown", async (box) => {
  const home = new KeptHome(box);
  const program = box.script(
    "program",
    `#!/usr/bin/env python3
import os, time
if os.path.exists("grown"): time.sleep(1000)
time.sleep(2)  # longer than --start-seconds
open("grown", "w").close()
grown = b"x" * (96 << 20)
time.sleep(1000)
`,
  );
  await home.done("start", "web", "-C", ".", "--max-rss", "64M", "--", program);
  const first = home.pid("web")!;
  await eventually(() => (home.pid("web") ?? first) !== first, "another one", 120_000);
  const { runs, restarts } = home.record("web", "state");
  assertMatch(runs[0].by, /^imp keeper: --max-rss 64M, it has \d/);
  assertEquals([runs.length, restarts], [1, 1]);
  await home.done("stop", "web");
}, ["python3"]);

e2e("reload: waits from RELOADING=1 until READY=1", async (box) => {
  const home = new KeptHome(box);
  const program = box.script(
    "program",
    `#!/usr/bin/env python3
import os, signal, socket, time
def say(text):
  s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
  s.connect("\\0" + os.environ["NOTIFY_SOCKET"][1:]); s.send(text); s.close()
def reload(*_):
  say(b"RELOADING=1\\nMONOTONIC_USEC=%d" % (time.monotonic() * 1e6))
  while not os.path.exists("go"): time.sleep(0.02)
  open("reloaded", "w").close(); say(b"READY=1")
signal.signal(signal.SIGHUP, reload)
say(b"READY=1")
while True: time.sleep(0.05)
`,
  );
  await home.done("start", "web", "-C", ".", "--ready", "notify", "--", program);
  const pid = home.pid("web");
  const reload = home.imp(["reload", "web"]);
  await eventually(() => home.record("web", "state").reloading === true, "it reloads");
  assertStringIncludes((await home.imp(["status", "web"])).stdout, "reading its settings again");
  assert(!exists(box.path("reloaded")));
  await box.sh("touch go");
  assertEquals((await reload).code, 0);
  assert(exists(box.path("reloaded")));
  assertEquals([home.pid("web"), home.record("web", "state").reloading], [pid, undefined]);
  await home.done("stop", "web");
}, ["python3"]);

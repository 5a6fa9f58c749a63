import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually, isAlive, statFields } from "./harness.ts";
import { NEGLECTFUL, startPython, told } from "./family_programs.ts";
import { comm, inspect, NO_PID, read, start } from "./inspecting.ts";

e2e("a daemon made by imp is called one, and survives everything", async (box) => {
  const { stdout } = await box.imp(["daemon", "--", "sleep", "1000"]);
  await eventually(() => statFields(Number(stdout))?.[0] === "S", "it sleeps");
  const { code, found: [one] } = await inspect(box, stdout.trim());
  assertEquals([code, one.kind, one.tty, one.sessionLeader], [0, "daemon", null, false]);
  const { closing, exit, logout } = one.survives;
  assertEquals([closing.answer, exit.answer, logout.answer], ["yes", "yes", "yes"]);
  assertEquals([one.umask, one.cwd, one.command], ["022", "/", ["sleep", "1000"]]);
  assertStringIncludes(one.evidence.join("; "), "descriptors 0-2 are on /dev/null");
  const { stdout: text } = await box.imp(["inspect", stdout.trim()]);
  for (const word of ["Why", "Survives", "Process", "Session", "Open files", "Signals"]) {
    assertStringIncludes(text, `\n  ${word}\n`);
  }
  for (const line of text.split("\n")) assert(line.length <= 100, line);
  await box.endAll();
});

e2e("a zombie: what is left of it, how it ended, who does not reap it", async (box) => {
  // A program that never waits has taken the place of the shell that started the child.
  const parent = await start(box, "sh -c 'sh -c \"exit 3\" & exec sleep 1000'", "sleep");
  let zombie = 0;
  await eventually(() => {
    const children = Deno.readTextFileSync(`/proc/${parent}/task/${parent}/children`);
    zombie = Number(children.trim().split(" ")[0]);
    return statFields(zombie)?.[0] === "Z";
  }, "no zombie appears");
  const { code, found: [one] } = await inspect(box, zombie);
  assertEquals([code, one.kind, one.survives, one.state], [0, "zombie", null, "Z"]);
  assertEquals([one.ppid, one.parent.comm, one.exitStatus], [parent, "sleep", 0x300]);
  const { stdout } = await box.imp(["inspect", String(zombie)]);
  assertStringIncludes(
    stdout,
    `zombie: it has ended, and sleep (pid ${parent}) has not waited for it`,
  );
  assertMatch(stdout, /ended by +exit 3/);
  await box.endAll();
});

e2e("a server's sockets are shown by their addresses", async (box) => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  const { found: [own] } = await inspect(box, Deno.pid);
  const listeners = own.fds.flatMap((file: { listener?: unknown }) => file.listener ?? []);
  assertEquals(listeners, [{ protocol: "tcp", address }]);
  const { stdout } = await box.imp(["inspect", String(Deno.pid)]);
  assertStringIncludes(stdout, `tcp ${address}`);
});

e2e("init, and this test", async (box) => {
  const { code, found: [init, own] } = await inspect(box, 1, Deno.pid);
  assertEquals([code, init.kind, own.pid, own.ppid], [0, "init", Deno.pid, Deno.ppid]);
});

e2e("a thread of the kernel", async (box) => {
  if (comm(2) !== "kthreadd") box.skip("a PID namespace has none");
  const { found: [thread] } = await inspect(box, 2);
  assertEquals([thread.kind, thread.command], ["kernel-thread", []]);
});

e2e("a thread's number stands for its process", async (box) => {
  const threads = [...Deno.readDirSync(`/proc/${Deno.pid}/task`)].map(({ name }) => name);
  const thread = threads.find((name) => Number(name) !== Deno.pid)!;
  const { found: [one] } = await inspect(box, thread);
  assertEquals([one.pid, one.thread], [Deno.pid, Number(thread)]);
  const { stdout } = await box.imp(["inspect", thread]);
  assertStringIncludes(stdout, `(${thread} is one of its threads)`);
});

e2e("a PID that is gone: said so, and the others are shown", async (box) => {
  const { code, stderr, found } = await inspect(box, NO_PID, Deno.pid);
  assertEquals([code, stderr], [1, `imp inspect: no process ${NO_PID}\n`]);
  assertEquals(found.map(({ pid, found }) => [pid, found]), [[4194305, false], [Deno.pid, true]]);
  const human = await box.imp(["inspect", NO_PID]);
  assertEquals([human.code, human.stdout], [1, ""]);
});

e2e("what can be neither PID nor port nor name is a usage error", async (box) => {
  for (const word of ["0", "", ":0", ":65536", "99999999999999999999"]) {
    const { code, stdout } = await box.imp(["inspect", word]);
    assertEquals([code, stdout], [2, ""], word);
  }
  assertEquals((await box.imp(["inspect", "-5"])).code, 2);
  const { code, stdout, stderr } = await box.imp(["inspect", "4242x"]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(
    stderr,
    "cannot inspect '4242x': no running daemon or program has that name",
  );
});

e2e("--quiet leaves the exit status, --color colours, a pipe gets none", async (box) => {
  const quiet = await box.imp(["inspect", "-q", String(Deno.pid), NO_PID]);
  assertEquals([quiet.code, quiet.stdout], [1, ""]);
  const plain = await box.imp(["inspect", String(Deno.pid)]);
  const colored = await box.imp(["inspect", "--color", "always", String(Deno.pid)]);
  assertEquals([plain.stdout.includes("\x1b["), colored.stdout.includes("\x1b[")], [false, true]);
});

e2e("names and arguments cannot write on the reader's terminal", async (box) => {
  const name = "a) R \x1b[2J\n1";
  await Deno.copyFile("/bin/sleep", box.path(name));
  await Deno.chmod(box.path(name), 0o755);
  const { stdout: pid } = await box.sh(
    `exec -a $'x\\e]0;title\\a' "$0" 1000 </dev/null >/dev/null 2>&1 & echo $!`.replace(
      "$0",
      box.path(name),
    ),
  );
  await eventually(
    () => comm(Number(pid)).startsWith("a)") && statFields(Number(pid))?.[0] === "S",
    "the program does not start",
  );
  const { found: [one] } = await inspect(box, pid.trim());
  assertEquals([one.comm, one.state], [name, "S"]);
  const { stdout } = await box.imp(["inspect", pid.trim()]);
  assertEquals(stdout.includes("\x1b"), false);
  assertStringIncludes(stdout, "a) R \\e[2J\\n1");
  await box.endAll();
});

e2e("neither can the name of a zombie's parent", async (box) => {
  const parent = await startPython(
    box,
    "odd",
    NEGLECTFUL.replace(
      'print("ready"',
      'odd_name = b"a\\x1b[2J\\n"\nctypes.CDLL(None).prctl(15, odd_name, 0, 0, 0)\nprint("ready"',
    ),
  );
  const [zombie] = told(box, "odd");
  const { stdout } = await box.imp(["inspect", String(zombie), String(parent)]);
  assertEquals(stdout.includes("\x1b"), false);
  assertStringIncludes(stdout, `a\\e[2J\\n (pid ${parent}) has not waited for it`);
  await box.endAll();
});

e2e("10,000 descriptors are counted, not listed", async (box) => {
  const opened = `ulimit -n 11000 || ulimit -n $(ulimit -Hn); i=3
    while [ $i -lt 10000 ] && eval "exec $i</dev/null" 2>/dev/null; do i=$((i+1)); done; echo $i >count; exec sleep 1000`;
  const { stdout: pid } = await box.sh(
    `bash -c '${opened.replaceAll("'", `'\\''`)}' </dev/null >/dev/null 2>&1 & echo $!`,
  );
  await eventually(() => comm(Number(pid)) === "sleep", "the program does not start");
  const { found: [one] } = await inspect(box, pid.trim());
  const count = Number(Deno.readTextFileSync(box.path("count")));
  assertEquals(one.fdCount >= count, true);
  assertEquals(one.fds.length, Math.min(256, one.fdCount));
  const { stdout } = await box.imp(["inspect", pid.trim()]);
  assertMatch(stdout, /\+ \d+ more/);
  assert(stdout.split("\n").length < 80);
  await box.endAll();
});

e2e("a program whose file was removed, in a session of its own", async (box) => {
  await Deno.copyFile("/bin/sleep", box.path("gone"));
  await Deno.chmod(box.path("gone"), 0o755);
  const pid = await start(box, `exec setsid ${box.path("gone")} 1000`, "gone");
  await Deno.remove(box.path("gone"));
  const { found: [one] } = await inspect(box, pid);
  assertEquals([one.exe, one.exeDeleted], [box.path("gone"), true]);
  assertEquals([one.sessionLeader, one.sid], [true, pid]);
  await box.endAll();
});

e2e("processes that end while they are read: an answer or none, never a failure", async (box) => {
  const script =
    `for i in $(seq 60); do sleep 0.0$((i % 4)) & p="$p $!"; done; "$IMP" inspect --json $p`;
  const { code, stdout, stderr } = await box.sh(script);
  assert(code === 0 || code === 1);
  assertEquals(stdout.trim().split("\n").map((line) => typeof JSON.parse(line).found).length, 60);
  assertEquals(stderr.replaceAll(/imp inspect: no process \d+\n/g, ""), "");
});

e2e("called by no shell, or by a script", async (box) => {
  const { stdout, code } = await box.imp(["inspect"]);
  assertEquals(code, 0);
  assertStringIncludes(stdout, "imp was started by deno (pid ");
  const script = await box.sh(
    'sleep 1000 >/dev/null 2>&1 & until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done; "$IMP" inspect; kill $!',
  );
  assertStringIncludes(script.stdout, "is not interactive");
  assertMatch(script.stdout, /running +yes +yes +yes +sleep 1000/);
});

e2e("a subreaper is recognised by the child that it cannot have started", async (box) => {
  Deno.writeTextFileSync(
    box.path("subreaper.py"),
    "import ctypes, os, time\nctypes.CDLL(None).prctl(36, 1, 0, 0, 0)\n" +
      "os.system(\"setsid sh -c 'sleep 1000 & echo $! >pid'\")\ntime.sleep(1000)\n",
  );
  await box.sh("exec python3 -S subreaper.py </dev/null >/dev/null 2>&1 &");
  await eventually(() => read(box, "pid") !== "", "no child appears");
  const pid = read(box, "pid").trim();
  await eventually(() => comm(Number(statFields(Number(pid))?.[1])) === "python3", "not adopted");
  const { found: [one] } = await inspect(box, pid);
  assertEquals([one.parent.role, one.parent.adopted, one.kind], ["subreaper", true, "daemon"]);
  await box.endAll();
});

e2e("a process whose first thread has ended is not a zombie", async (box) => {
  const code =
    "import ctypes,threading,time; threading.Thread(target=time.sleep,args=(1000,)).start(); " +
    "ctypes.CDLL(None).pthread_exit(None)";
  const pid = await start(box, `exec python3 -S -c '${code}'`, "python3");
  await eventually(() => statFields(pid)?.[0] === "Z", "the first thread does not end");
  const { found: [one] } = await inspect(box, pid);
  assertEquals(one.kind === "zombie", false);
  assertEquals([one.stateWord, one.exitStatus], ["running without its first thread", null]);
  Deno.kill(pid, "SIGKILL");
  await eventually(() => !isAlive(pid) && (statFields(pid)?.[17] ?? "0") !== "2", "it stays");
  await box.endAll();
});

e2e("a shell whose executable was removed is a shell still, to inspect as to tree", async (box) => {
  const shell = box.path("bash");
  await Deno.copyFile("/bin/bash", shell);
  const parent = await start(box, `${shell} -c 'sleep 1000; :'`, "bash");
  let child = 0;
  await eventually(() => {
    const children = Deno.readTextFileSync(`/proc/${parent}/task/${parent}/children`);
    child = Number(children.trim().split(" ")[0]);
    return comm(child) === "sleep";
  }, "the shell starts nothing");
  await Deno.remove(shell);
  const { found: [one, its] } = await inspect(box, parent, child);
  assertEquals([one.exe, one.exeDeleted, its.parent.role], [shell, true, "shell"]);
  const { stdout } = await box.imp(["tree", "--json", String(child)]);
  const rows = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assertEquals(rows.find(({ pid }) => pid === child).kind, its.kind);
  await box.endAll();
});

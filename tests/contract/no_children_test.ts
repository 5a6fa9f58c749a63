import { O_CLOEXEC, POLLHUP, POLLIN } from "../../src/libc/abi.ts";
import { AttemptChannel, type AttemptListener } from "../../src/libc/processes/attempts.ts";
import type { ChildStep } from "../../src/libc/processes/child_program.ts";
import { closeFile, moveUp, readToEnd } from "../../src/libc/descriptors/files.ts";
import { forkAndExecute } from "../../src/libc/processes/fork.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate } from "../../src/libc/calling/memory.ts";
import { setNoChildren } from "../../src/libc/processes/no_children.ts";
import { PollSet } from "../../src/libc/descriptors/poll.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { ignoreSignal, resetSignal } from "../../src/libc/processes/signals.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { describeEnding, tryWait, waitFor } from "../../src/libc/processes/wait.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, assertMatch, test } from "./harness.ts";
import {
  end,
  ENVIRONMENT,
  eventually,
  isRoot,
  output,
  perform,
  playRole,
  relations,
  signalsIn,
  SLEEP,
  startBySteps,
  statusField,
  text,
  told,
} from "./support.ts";

const NOBODY = 65_534;
const asUser: ChildStep[] = isRoot
  ? [{ do: "groups", gids: [] }, { do: "gid", gid: NOBODY }, { do: "uid", uid: NOBODY }]
  : [];

const sleeping = {
  do: "execute" as const,
  path: SLEEP,
  argv: [SLEEP, "1000"],
  env: ENVIRONMENT,
};

await playRole({
  /** Forbids its own children: then tries to have some, and threads. */
  forbidden: async () => {
    const before = spawn({ path: "/bin/true", argv: ["true"], env: [] });
    waitFor(before);
    const code = setNoChildren();
    const after = spawn({ path: "/bin/true", argv: ["true"], env: [] });
    const worker = new Worker("data:text/javascript,postMessage('from a thread')", {
      type: "module",
    });
    const heard = await new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data));
    worker.terminate();
    return { before: before > 0, code, after, heard };
  },
  /** Dies by SIGKILL after it has started a child that is to go with it. */
  mortal: () => {
    const steps: ChildStep[] = [{ do: "parent-death", signal: 9, parent: ownPid() }];
    console.log(JSON.stringify(startBySteps([...steps, sleeping])));
    libc("kill").kill(ownPid(), 9);
  },
});

function pipe(): [number, number] {
  const ends = allocate(8);
  libc("pipe2").pipe2(ends.address, O_CLOEXEC);
  return [0, 4].map((at) => moveUp(ends.view.getInt32(at, true), 30)) as [number, number];
}

interface Ran {
  ended: string;
  said: string;
  attempts: number[];
  pid: number;
}

/** Runs a program that may have no children, and refuses what it tries when there is a listener. */
async function run(argv: string[], more: ChildStep[] = [], listen = true): Promise<Ran> {
  const [readEnd, writeEnd] = pipe();
  const channel = listen ? new AttemptChannel(30) : undefined;
  const pid = startBySteps([
    { do: "dup2", from: writeEnd, to: 1 },
    { do: "dup2", from: writeEnd, to: 2 },
    { do: "reset-signals" },
    ...more,
    { do: "no-children", tellOn: channel?.childEnd },
    { do: "execute", path: argv[0], argv, env: ENVIRONMENT },
  ]);
  closeFile(writeEnd);
  const listener = channel?.finish();
  assertEquals(listener !== undefined, listen);
  const attempts: number[] = [];
  const ended = await refuseUntilEnd(pid, listener, attempts);
  const said = text(readToEnd(readEnd, "a pipe"));
  closeFile(readEnd);
  listener?.close();
  return { ended, said, attempts, pid };
}

async function refuseUntilEnd(
  pid: number,
  listener: AttemptListener | undefined,
  attempts: number[],
): Promise<string> {
  const poll = new PollSet(1);
  poll.watch(0, listener?.fd ?? -1, POLLIN);
  for (;;) {
    if (poll.wait(5) > 0 && poll.ready(0) & POLLIN) attempts.push(listener!.refuse() ?? 0);
    const reaped = tryWait(pid);
    if (reaped !== "running") return describeEnding(reaped!.ending);
    await runtime.sleep(0);
  }
}

const THREADS = `
import threading, subprocess, os
done = []
threads = [threading.Thread(target=lambda: done.append(1)) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print("threads", len(done))
for how in (lambda: subprocess.run(["/bin/true"]), os.fork, lambda: os.posix_spawn("/bin/true", ["true"], {})):
    try: how(); print("started")
    except PermissionError as e: print("EPERM", e.errno)
`;

for (const listen of [true, false]) {
  const how = listen ? "told" : "untold";
  test(`no children (${how}): threads work, every way to a process is refused`, async () => {
    const python = (await output("python3", "-c", "import sys; print(sys.executable)")).trim();
    const { said, ended, attempts, pid } = await run([python, "-c", THREADS], [], listen);
    assertEquals(said, "threads 4\nEPERM 1\nEPERM 1\nEPERM 1\n");
    assertEquals(ended, "exit 0");
    // subprocess may try twice: vfork, then fork.
    const tries = [...new Set(attempts)];
    assertEquals(tries, listen ? [pid] : []);
    assert(!listen || attempts.length >= 3);
  });

  test(`no children (${how}): a shell's background job is refused`, async () => {
    const { said, ended } = await run(["/bin/sh", "-c", "true & wait"], [], listen);
    assertMatch(said, /fork/i);
    assertEquals(ended, "exit 2");
    // What it executes inherits it.
    const nested = await run(
      ["/bin/sh", "-c", "exec /bin/sh -c '/bin/true; echo survived'"],
      [],
      listen,
    );
    assert(!nested.said.includes("survived"), nested.said);
  });

  test(`no children (${how}): an ordinary user needs no privilege for it`, async () => {
    const field = "grep NoNewPrivs /proc/self/status";
    const script = ["/bin/sh", "-c", `exec ${field}`];
    assertMatch((await run(script, asUser, listen)).said, /NoNewPrivs:\s*1/);
    // Root keeps set-user-ID programs going, where the caller has not given them up.
    const own = statusField("self", "NoNewPrivs");
    if (isRoot) assertMatch((await run(script, [], listen)).said, RegExp(`NoNewPrivs:\\s*${own}`));
  });
}

test("no children: a subshell of a shell is a process", async () => {
  const { said, attempts } = await run(["/bin/sh", "-c", "(true)"]);
  assertMatch(said, /fork/i);
  assertEquals(attempts.length, 1);
});

test("no children: the listener hangs up with the program's end", () => {
  const channel = new AttemptChannel(30);
  const steps: ChildStep[] = [{ do: "no-children", tellOn: channel.childEnd }, sleeping];
  const pid = startBySteps(steps);
  const listener = channel.finish()!;
  const poll = new PollSet(1);
  poll.watch(0, listener.fd, POLLIN);
  assertEquals(poll.wait(0), 0);
  end(pid);
  assertEquals(poll.wait(5000), 1);
  assert(poll.ready(0) & POLLHUP);
  listener.close();
});

test("no children: a program that cannot be executed is told as ever", () => {
  const channel = new AttemptChannel(30);
  const missing = { ...sleeping, path: "/nonexistent" };
  const outcome = forkAndExecute([{ do: "no-children", tellOn: channel.childEnd }, missing]);
  assertEquals(outcome, { failed: missing, code: 2 });
  channel.finish()?.close();
});

test("no children: of this process itself, whichever thread tries", async () => {
  const answer = told(await perform(import.meta, "forbidden"));
  assertEquals(answer, { before: true, code: 0, after: -1, heard: "from a thread" });
});

test("parent-death: the program goes with the one that started it", async () => {
  const result = await perform(import.meta, "mortal");
  assertEquals(result.signal, "SIGKILL");
  const pid = JSON.parse(text(result.stdout)) as number;
  assert(pid > 0);
  await eventually(() => ["", "Z", "X"].includes(relations(pid).state || ""), `${pid} is gone`);
});

test("own-group, reset-signals: a group of its own, and what is to stay ignored does", async () => {
  const numbers = [1, 31, 33, 40, 64];
  for (const n of numbers) ignoreSignal(n);
  ignoreSignal(12);
  const pid = startBySteps([
    { do: "own-group" },
    { do: "reset-signals", keepIgnored: numbers },
    sleeping,
  ]);
  for (const n of [...numbers, 12]) resetSignal(n);
  await eventually(() => relations(pid).state === "S", "it sleeps");
  assertEquals(relations(pid).pgid, pid);
  // libc does not let its own be ignored here.
  const ignored = signalsIn(statusField(pid, "SigIgn"));
  assertEquals(ignored, numbers.filter((n) => n !== 33));
  end(pid);
});

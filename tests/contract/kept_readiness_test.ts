import { O_APPEND, O_CREAT, O_WRONLY } from "../../src/libc/abi.ts";
import { closeFile, openFile, writeAll } from "../../src/libc/descriptors/files.ts";
import { notifySocketName } from "../../src/libc/descriptors/notify_socket.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { tryWait } from "../../src/libc/processes/wait.ts";
import { libc } from "../../src/libc/calling/load.ts";
import {
  keptNotifyVariables,
  openKeptNotify,
  takeNotifications,
} from "../../src/keeper/ready/notify.ts";
import { KeptReadiness } from "../../src/keeper/ready/readiness.ts";
import type { LogSettings } from "../../src/logs/settings.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { assert, assertEquals, assertMatch, test } from "./harness.ts";
import { end, ENVIRONMENT, eventually, relations, SHELL, start, withDirectory } from "./support.ts";

const LOG: LogSettings = { keep: 5, format: "raw", target: "file" };

function readiness(ready: string[], readyTimeoutMs = 120_000, log = LOG, resumed?: number) {
  const settings = { ready, readyTimeoutMs, log, directory: "/" };
  const since = resumed === undefined ? undefined : { startedAt: resumed };
  const made = new KeptReadiness({
    settings,
    environment: ENVIRONMENT,
    directory: "/nowhere",
    resumed: since,
  });
  made.started(ownPid(), runtime.now());
  return made;
}

async function settled(made: KeptReadiness) {
  for (;;) {
    const look = made.look(runtime.now());
    if (look === "ready" || "failed" in look) return look;
    const reaped = tryWait(-1);
    if (reaped && reaped !== "running") made.childEnded(reaped.pid, reaped.ending);
    await runtime.sleep(2);
  }
}

function append(path: string, text: string): void {
  const fd = openFile(path, O_WRONLY | O_CREAT | O_APPEND, 0o600);
  writeAll(fd, text);
  closeFile(fd);
}

test("kept readiness: a line of the log counts when this run has written it", async () => {
  await withDirectory(async (directory) => {
    const path = `${directory}/log`;
    append(path, "listening\n");
    const made = readiness(["log:^listening"], undefined, { ...LOG, stdout: path });
    assert(typeof made.look(runtime.now()) === "object");
    append(path, "not listening\nliste");
    assert(typeof made.look(runtime.now()) === "object");
    append(path, "ning on 80\n");
    assertEquals(await settled(made), "ready");
    made.close();
    // Nobody knows any more where the run's part begins.
    const resumed = readiness(["log:^listening"], undefined, { ...LOG, stdout: path }, Date.now());
    assertEquals(await settled(resumed), "ready");
    resumed.close();
  });
});

test("kept readiness: a log that does not exist yet, one that is exchanged, stderr apart", async () => {
  await withDirectory(async (directory) => {
    const log = { ...LOG, stdout: `${directory}/out`, stderr: `${directory}/err` };
    const made = readiness(["log:up"], undefined, log);
    append(log.stdout, "hello\n");
    assert(typeof made.look(runtime.now()) === "object");
    append(log.stderr, "up\n");
    assertEquals(await settled(made), "ready");
    made.close();
  });
});

test("kept readiness: all rules must hold; what is missing is told when the time is over", async () => {
  await withDirectory(async (directory) => {
    const made = readiness([`file:${directory}/up`, "notify", "cmd:true"]);
    append(`${directory}/up`, "");
    await eventually(() => {
      const look = made.look(runtime.now());
      const reaped = tryWait(-1);
      if (reaped && reaped !== "running") made.childEnded(reaped.pid, reaped.ending);
      return typeof look === "object";
    }, "a look");
    made.told({ status: "nearly" }, runtime.now());
    made.told({ ready: true }, runtime.now());
    assertEquals(await settled(made), "ready");
    made.close();
    const late = readiness(["notify", "file:/nowhere"], 20);
    late.told({ extendMs: 60 }, runtime.now());
    const look = await settled(late);
    const { failed, late: isLate } = look as { failed: string; late?: boolean };
    assertEquals(isLate, true);
    assertMatch(failed, /^not ready within 20ms \(ready when it sends READY=1 .*, and \/nowhere/);
    late.close();
  });
});

test("kept readiness: a turn that goes on where another has ended asks for no port that is free", async () => {
  await withDirectory(async (directory) => {
    append(`${directory}/up`, "");
    const rules = ["fd:3", `file:${directory}/up`, "delay:10ms"];
    const made = readiness(rules, undefined, undefined, Date.now() - 5000);
    assertEquals(await settled(made), "ready");
    assertEquals(made.descriptors, []);
    made.close();
  });
});

const SAY = "import os,socket,sys\n" +
  "s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\n" +
  "s.connect('\\0'+os.environ['NOTIFY_SOCKET'][1:])\n" +
  "for m in sys.argv[1:]: s.send(m.replace('SELF',str(os.getpid())).encode())\n";
const AND_STOP = "os.kill(os.getpid(),19)";
/** A program of imp leads its own session: what shares that of a waiter, here of the test, is none. */
const OWN_SESSION = "import os;os.setsid()\n";

/** Has a child of ours say things to the socket; then it stops. */
async function saying(fd: number, says: readonly string[], body: (pid: number) => void) {
  const pid = start({
    path: "/usr/bin/env",
    argv: ["env", "python3", "-c", OWN_SESSION + SAY + AND_STOP, ...says],
    env: [...ENVIRONMENT, ...keptNotifyVariables(fd, undefined)],
  });
  try {
    await eventually(() => relations(pid).state === "T", "it has said everything");
    body(pid);
  } finally {
    end(pid);
  }
}

test("sd_notify: the tree is heard, and a main process believed only from it", async () => {
  const fd = openKeptNotify();
  const name = notifySocketName(fd);
  assertMatch(name ?? "", /^imp\/notify\/[0-9a-f-]{36}$/);
  assertEquals(keptNotifyVariables(fd, 1000), [
    `NOTIFY_SOCKET=@${name}`,
    "WATCHDOG_USEC=1000000",
  ]);
  const roots = [0, ownPid()], uid = libc("geteuid").geteuid();
  await saying(fd, ["READY=1\nSTATUS=up\nMAINPID=SELF"], (pid) => {
    assertEquals(takeNotifications(fd, { roots, uid }), {
      ...{ ready: true, status: "up", mainPid: pid },
    });
    assertEquals(takeNotifications(fd, { roots, uid }), undefined);
  });
  await saying(fd, ["STATUS=x\nMAINPID=1", "WATCHDOG=1"], () => {
    const { status, mainPid, watchdog } = takeNotifications(fd, { roots, uid }) ?? {};
    assertEquals([status, mainPid, watchdog], ["x", undefined, "ping"]);
  });
  await saying(fd, ["READY=1"], (pid) => {
    assertEquals(takeNotifications(fd, { roots: [pid], uid }), undefined);
  });
  closeFile(fd);
  assertEquals(notifySocketName(fd), undefined);
});

test("sd_notify: of a sender that has ended, its user must be the program's", async () => {
  const fd = openKeptNotify();
  const say = async () => {
    const script = `( exec python3 -c "$1" READY=1 )`;
    const argv = ["sh", "-c", script, "sh", SAY];
    const env = [...ENVIRONMENT, ...keptNotifyVariables(fd, undefined)];
    const pid = start({ path: SHELL, argv, env });
    await eventually(() => relations(pid).state === "Z", "it has said everything");
    end(pid);
  };
  await say();
  const own = libc("geteuid").geteuid();
  assertEquals(takeNotifications(fd, { roots: [1 << 30], uid: own }), { ready: true });
  closeFile(fd);
});

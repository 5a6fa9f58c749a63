import { O_CREAT, O_WRONLY } from "../../src/libc/abi.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import {
  closeFile,
  openFile,
  readTextOrNothing,
  writeAll,
} from "../../src/libc/descriptors/files.ts";
import { beginConnect, connectError, resolve } from "../../src/libc/descriptors/inet.ts";
import { openNotifySocket, receiveNotification } from "../../src/libc/descriptors/notify_socket.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { tryWait, waitFor } from "../../src/libc/processes/wait.ts";
import { makeProbe } from "../../src/ready/make_probe.ts";
import type { Probe, Readiness } from "../../src/ready/probe.ts";
import { parseReady } from "../../src/ready/rule.ts";
import { runtime } from "../../src/runtime/mod.ts";
import { freePort } from "../free_port.ts";
import { assert, assertEquals, assertMatch, assertThrows, test } from "./harness.ts";
import { end, ENVIRONMENT, eventually, start, withDirectory } from "./support.ts";

/** Looks until the probe says something. */
async function settled(probe: Probe, ms = 120_000): Promise<Readiness> {
  const deadline = runtime.now() + ms;
  for (;;) {
    const look = probe.look(runtime.now());
    if (look === "ready" || "failed" in look || runtime.now() > deadline) return look;
    const reaped = tryWait(-1);
    if (reaped && reaped !== "running") probe.childEnded?.(reaped.pid, reaped.ending);
    await runtime.sleep(2);
  }
}

/** A server that a probe watches from before its start. */
async function watched(rule: string, argv: string[], ms?: number): Promise<Readiness> {
  const probe = makeProbe(parseReady(rule), ENVIRONMENT);
  const nothing = openFile("/dev/null", O_WRONLY);
  const pid = start({
    path: "/usr/bin/env",
    argv: ["env", "python3", ...argv],
    descriptors: [[nothing, 1], [nothing, 2]],
  });
  closeFile(nothing);
  try {
    probe.started(pid, runtime.now());
    return await settled(probe, ms);
  } finally {
    probe.close();
    end(pid);
  }
}

test("ready: a port that a real server opens, and that nobody opens", async () => {
  const port = freePort();
  const serve = ["-m", "http.server", String(port), "--bind", "127.0.0.1"];
  assertEquals(await watched(`tcp:${port}`, serve), "ready");
  const silent = makeProbe(parseReady(`tcp:127.0.0.1:${port}`), ENVIRONMENT);
  assert(typeof silent.look(runtime.now()) === "object");
  assertEquals("until" in (await settled(silent, 200) as { until: number }), true);
  silent.close();
});

test("ready: an address that answers, below 400 only", async () => {
  const port = freePort();
  const serve = ["-m", "http.server", String(port), "--bind", "127.0.0.1"];
  assertEquals(await watched(`http://127.0.0.1:${port}/`, serve), "ready");
  // 404 forever.
  const look = await watched(`http://127.0.0.1:${port}/missing`, serve, 800);
  assert(typeof look === "object" && "until" in look);
});

test("ready: a port that is taken already is no sign of anything", async () => {
  const port = freePort();
  const probe = makeProbe(parseReady(`tcp:${port}`), ENVIRONMENT);
  const serve = `import socket,time; s=socket.create_server(('127.0.0.1',${port})); time.sleep(60)`;
  const pid = start({ path: "/usr/bin/env", argv: ["env", "python3", "-c", serve] });
  assertEquals(await settled(probe), "ready");
  probe.close();
  assertThrows(
    () => makeProbe(parseReady(`tcp:${port}`), ENVIRONMENT),
    Error,
    `EADDRINUSE (pid ${pid} (python`,
  );
  assertThrows(
    () => makeProbe(parseReady(`http://localhost:${port}/`), ENVIRONMENT),
    Error,
    "EADDRINUSE",
  );
  end(pid);
});

test("ready: a name without an address is told", () => {
  const rule = parseReady("tcp:no-such-host.invalid:1");
  assertThrows(() => makeProbe(rule, ENVIRONMENT), Error, "no-such-host.invalid");
});

test("ready: a file that appears, and one that was there and changes", async () => {
  await withDirectory((at) => {
    const fresh = makeProbe(parseReady(`file:${at}/fresh`), ENVIRONMENT);
    closeFile(openFile(`${at}/old`, O_WRONLY | O_CREAT));
    const old = makeProbe(parseReady(`file:${at}/old`), ENVIRONMENT);
    assert(typeof fresh.look(runtime.now()) === "object");
    assert(typeof old.look(runtime.now()) === "object");
    const fd = openFile(`${at}/fresh`, O_WRONLY | O_CREAT);
    assertEquals(fresh.look(runtime.now()), "ready");
    closeFile(fd);
    const again = openFile(`${at}/old`, O_WRONLY);
    writeAll(again, "now");
    closeFile(again);
    assertEquals(old.look(runtime.now()), "ready");
  });
});

test("ready: a command is run until it succeeds", async () => {
  await withDirectory(async (at) => {
    const script = `cmd:sh -c 'echo x >>${at}/runs; test -e ${at}/up'`;
    const probe = makeProbe(parseReady(script), ENVIRONMENT);
    const waiting = settled(probe);
    const runs = () => readTextOrNothing(`${at}/runs`)?.length ?? 0;
    await eventually(() => runs() > "x\n".length, "it runs again");
    closeFile(openFile(`${at}/up`, O_WRONLY | O_CREAT));
    assertEquals(await waiting, "ready");
    probe.close();
  });
  assertThrows(() => makeProbe(parseReady("cmd:no-such-program"), ENVIRONMENT), Error, "ENOENT");
});

test("ready: a line on a descriptor; closing it without one is a failure", async () => {
  for (const [script, expected] of [["echo >&7", "ready"], ["exec 7>&-; sleep 9", "failed"]]) {
    const probe = makeProbe(parseReady("fd:7"), ENVIRONMENT);
    const pid = start({
      path: "/bin/sh",
      argv: ["sh", "-c", script],
      descriptors: probe.descriptors,
    });
    for (const [from] of probe.descriptors!) closeFile(from);
    const look = await settled(probe);
    assertEquals(typeof look === "string" ? look : Object.keys(look)[0], expected);
    probe.close();
    end(pid);
  }
});

test("ready: a notification by sd_notify, and by nobody else", async () => {
  const probe = makeProbe(parseReady("notify"), ENVIRONMENT);
  const send = `import os,socket
a=os.environ['NOTIFY_SOCKET']; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)
s.sendto(b'STATUS=warming up\\nX', '\\0'+a[1:]); s.sendto(b'READY=1\\n', '\\0'+a[1:])`;
  const pid = start({
    path: "/usr/bin/env",
    argv: ["env", "python3", "-c", send],
    env: [...ENVIRONMENT, ...probe.environment!],
  });
  probe.started(pid, runtime.now());
  assertEquals(await settled(probe), "ready");
  probe.close();
  waitFor(pid);
});

test("ready: a log line, a delay", () => {
  const log = makeProbe(parseReady("log:on port \\d+$"), ENVIRONMENT);
  log.heard!("on port x");
  assertEquals(log.look(0), { until: Infinity });
  log.heard!("now on port 80");
  assertEquals(log.look(0), "ready");
  const delay = makeProbe(parseReady("delay:50ms"), ENVIRONMENT);
  delay.started(1, 1000);
  assertEquals(delay.look(1049), { until: 1050 });
  assertEquals(delay.look(1050), "ready");
});

test("inet: literals and names, refused and connected", () => {
  assertEquals([...resolve("127.0.0.1", 258)[0].slice(0, 8)], [2, 0, 1, 2, 127, 0, 0, 1]);
  assertEquals([...resolve("::1", 80)[0].slice(0, 4)], [10, 0, 0, 80]);
  const fd = beginConnect(resolve("127.0.0.1", 1)[0]);
  const code = fd < 0 ? -fd : connectError(fd);
  assertEquals(errnoName(code), "ECONNREFUSED");
  if (fd >= 0) closeFile(fd);
});

test("notify socket: the sender is told by the kernel; nothing there is nothing", async () => {
  const name = `imp/test/${ownPid()}`;
  const fd = openNotifySocket(name);
  assertEquals(receiveNotification(fd), undefined);
  const send =
    `import socket; s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.sendto(b'A=1','\\0${name}')`;
  const pid = spawn({
    path: "/usr/bin/env",
    argv: ["env", "python3", "-c", send],
    env: ENVIRONMENT,
  });
  await eventually(() => tryWait(pid) !== "running", "sent");
  const { text, uid } = receiveNotification(fd)!;
  assertMatch(text, /^A=1$/);
  assert(uid >= 0);
  closeFile(fd);
});

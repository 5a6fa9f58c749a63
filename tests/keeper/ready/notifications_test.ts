import { assertEquals } from "@std/assert";
import {
  mergeFacts,
  notifyFacts,
  notifyVariables,
  withTold,
} from "../../../src/keeper/ready/notifications.ts";
import { NOON, STATE } from "../kept_samples.ts";

Deno.test("sd_notify: what a message says, and nothing else", () => {
  const table: [string, object][] = [
    ["READY=1", { ready: true }],
    ["READY=0", {}],
    ["READY=1\nSTATUS=serving 3 clients\nMAINPID=42\n", {
      ...{ ready: true, status: "serving 3 clients", mainPid: 42 },
    }],
    ["STATUS=a=b", { status: "a=b" }],
    ["STATUS=", { status: "" }],
    ["STOPPING=1", { stopsItself: true }],
    ["RELOADING=1\nMONOTONIC_USEC=12", { reloading: true }],
    ["WATCHDOG=1", { watchdog: "ping" }],
    ["WATCHDOG=trigger", { watchdog: "trigger" }],
    ["WATCHDOG=constructor", {}],
    ["WATCHDOG_USEC=2500000", { watchdogMs: 2500 }],
    ["EXTEND_TIMEOUT_USEC=5000000", { extendMs: 5000 }],
    ["ERRNO=2", { failure: "errno 2" }],
    ["ERRNO=0", {}],
    ["BUSERROR=org.freedesktop.DBus.Error.TimedOut", {
      failure: "org.freedesktop.DBus.Error.TimedOut",
    }],
    ["FDSTORE=1\nFDNAME=x\nBARRIER=1\nX_OWN=1", {}],
    ["MAINPID=-4\nEXTEND_TIMEOUT_USEC=soon\nMAINPID", {}],
    ["MAINPID=0", {}],
    ["", {}],
    ["noise", {}],
  ];
  for (const [text, facts] of table) assertEquals({ ...notifyFacts(text) }, facts, text);
  assertEquals(notifyFacts(`STATUS=${"x".repeat(9999)}`).status?.length, 500);
});

Deno.test("sd_notify: several messages as one; a reload is over when it is ready", () => {
  const all = (...texts: string[]) => {
    const facts = texts.map(notifyFacts).reduce(mergeFacts, {});
    return JSON.parse(JSON.stringify(facts));
  };
  assertEquals(all("STATUS=a", "READY=1", "STATUS=b"), { ready: true, status: "b" });
  assertEquals(all("RELOADING=1", "READY=1"), { ready: true });
  assertEquals(all("READY=1", "RELOADING=1"), { reloading: true });
  assertEquals(all("WATCHDOG=1", "WATCHDOG=trigger"), { watchdog: "trigger" });
});

Deno.test("sd_notify: what the program's environment says", () => {
  assertEquals(notifyVariables("imp/x", undefined), ["NOTIFY_SOCKET=@imp/x"]);
  assertEquals(notifyVariables("imp/x", 1500), ["NOTIFY_SOCKET=@imp/x", "WATCHDOG_USEC=1500000"]);
});

Deno.test("sd_notify: a reload begins and ends, a failure is a status", () => {
  const told = (text: string, state = STATE) => withTold(state, notifyFacts(text), NOON + 1);
  const reloading = told("RELOADING=1");
  assertEquals([reloading.reloading, reloading.readyAt], [true, STATE.readyAt]);
  const done = told("READY=1\nSTATUS=new", reloading);
  assertEquals([done.reloading, done.readyAt, done.statusText], [undefined, NOON + 1, "new"]);
  assertEquals(told("READY=1", { ...STATE, phase: "starting" }).readyAt, STATE.readyAt);
  assertEquals(told("ERRNO=2").statusText, "errno 2");
  assertEquals(told("STOPPING=1").stopsItself, true);
  assertEquals(told("WATCHDOG=1"), STATE);
});

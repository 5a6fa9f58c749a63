import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../../src/base/errors.ts";
import { answerStatus } from "../../src/ready/connection_attempt.ts";
import { parseNotification } from "../../src/ready/told_probes.ts";
import { ProbePauses } from "../../src/ready/probe.ts";
import { describeRule, parseReady, type ReadyRule } from "../../src/ready/rule.ts";

Deno.test("parseReady: every form", () => {
  const forms: [string, ReadyRule][] = [
    ["notify", { kind: "notify" }],
    ["fd:3", { kind: "fd", fd: 3 }],
    ["tcp:5432", { kind: "tcp", host: "localhost", port: 5432 }],
    ["tcp:db.example:1", { kind: "tcp", host: "db.example", port: 1 }],
    ["tcp:[::1]:80", { kind: "tcp", host: "::1", port: 80 }],
    ["http://localhost", { kind: "http", host: "localhost", port: 80, path: "/" }],
    ["http://[::1]:8080/a?b=c", { kind: "http", host: "::1", port: 8080, path: "/a?b=c" }],
    ["file:/run/x:y", { kind: "file", path: "/run/x:y" }],
    ["log:listening on :\\d+", { kind: "log", pattern: /listening on :\d+/ }],
    ["cmd:pg_isready -q -h 'a b'", { kind: "cmd", words: ["pg_isready", "-q", "-h", "a b"] }],
    ["delay:1.5s", { kind: "delay", ms: 1500 }],
  ];
  for (const [text, rule] of forms) {
    assertEquals(parseReady(text), rule);
    assertEquals(describeRule(rule).length > 5, true);
  }
});

Deno.test("parseReady: anything else is refused with the reason", () => {
  const wrong: [string, string][] = [
    ["", "is not a readiness rule"],
    ["ready", "is not a readiness rule"],
    ["8080", "is not a readiness rule"],
    ["Notify", "is not a readiness rule"],
    ["fd:2", "is not a descriptor"],
    ["fd:1001", "is not a descriptor"],
    ["fd:x", "is not a descriptor"],
    ["tcp:", "is not a valid address"],
    ["tcp:host", "is not a valid address"],
    ["tcp::80", "is not a valid address"],
    ["tcp:0", "is not a port"],
    ["tcp:65536", "is not a port"],
    ["http:localhost", "is not a valid address"],
    ["http://user@host/", "is not a valid address"],
    ["http://host/a b", "is not a valid address"],
    ["https://host/", "over http only"],
    ["file:", "needs a path"],
    ["log:", "has no regular expression"],
    ["log:(", "'(' is not a regular expression"],
    ["cmd:", "names no program"],
    ["cmd:a | b", "a shell would interpret"],
    ["delay:soon", "is not a duration"],
  ];
  for (const [text, reason] of wrong) assertThrows(() => parseReady(text), UsageError, reason);
});

Deno.test("parseReady: any text is a rule or a usage error", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      parseReady(text);
    } catch (error) {
      assertEquals(error instanceof UsageError, true, String(error));
    }
  }));
});

Deno.test("answerStatus: the first line of an answer, complete or not", () => {
  assertEquals(answerStatus("HTTP/1.1 200 OK\r\n"), 200);
  assertEquals(answerStatus("HTTP/1.0 503\r\n"), 503);
  const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  assertEquals(answerStatus(`HTTP/1.1 100 Continue\r\n\r\n${hints}HTTP/1.1 500 No\r\n`), 500);
  for (const part of [hints, hints.slice(0, -3), hints.slice(0, 20), `${hints}HTTP/1.1 2`]) {
    assertEquals(answerStatus(part), "incomplete");
  }
  for (const part of ["", "H", "HTTP/1.1 ", "HTTP/1.1 20"]) {
    assertEquals(answerStatus(part), "incomplete");
  }
  for (const other of ["SSH-2.0-x\r\n", "HTTP/1.1 2000 ", "x"]) {
    assertEquals(answerStatus(other), "none");
  }
});

Deno.test("parseNotification: lines of assignments, last one counts", () => {
  const message = parseNotification("STATUS=a=b\nnonsense\n=x\nREADY=0\nREADY=1");
  assertEquals([...message], [["STATUS", "a=b"], ["READY", "1"]]);
});

Deno.test("pauses: short at first, never longer than a tenth of a second", () => {
  const pauses = new ProbePauses();
  const seen = Array.from({ length: 30 }, () => pauses.next(1000).until - 1000);
  assertEquals(seen[0], 5);
  assertEquals(seen, seen.toSorted((a, b) => a - b));
  assertEquals(Math.max(...seen), 100);
});

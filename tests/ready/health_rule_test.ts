import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/base/errors.ts";
import { parseHealthRule, shortRule } from "../../src/ready/health_rule.ts";
import { needsNameServer } from "../../src/ready/health_check.ts";

Deno.test("parseHealthRule: four kinds", () => {
  assertEquals(parseHealthRule("tcp:80"), { kind: "tcp", host: "localhost", port: 80 });
  assertEquals(parseHealthRule("http://[::1]:81/x").kind, "http");
  assertEquals(parseHealthRule("cmd:pg_isready -q"), { kind: "cmd", words: ["pg_isready", "-q"] });
  assertEquals(parseHealthRule("log-silence:5m"), { kind: "log-silence", ms: 300_000 });
});

Deno.test("parseHealthRule: anything else is refused", () => {
  for (
    const text of [
      ...[
        "",
        "8080",
        "notify",
        "fd:3",
        "file:/x",
        "log:x",
        "delay:1s",
        "tcp:",
        "tcp:0",
        "tcp:99999",
      ],
      ...["cmd:", "log-silence:", "log-silence:0", "log-silence:soon", "https://x/", "http:x"],
    ]
  ) assertThrows(() => parseHealthRule(text), UsageError, undefined, text);
});

Deno.test("shortRule: of a command its name", () => {
  const text = "cmd:'/home/x/'./check --all";
  assertEquals(shortRule(parseHealthRule(text), text), "cmd:check");
  assertEquals(shortRule(parseHealthRule("tcp:80"), "tcp:80"), "tcp:80");
});

Deno.test("needsNameServer: not for addresses", () => {
  assertEquals(["localhost", "127.0.0.1", "::1", "db.example"].map(needsNameServer), [
    ...[false, false, false, true],
  ]);
});

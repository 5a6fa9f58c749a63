import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type ErrorParts, ImpError, UsageError } from "../../src/base/errors.ts";
import { EXIT } from "../../src/base/exit_codes.ts";

Deno.test("an error tells action, object, errno name and cause, as far as they are known", () => {
  const table: [parts: ErrorParts, text: string][] = [
    [{ action: "fork" }, "cannot fork"],
    [{ action: "open", object: "/x" }, "cannot open /x"],
    [{ action: "fork", errno: "EAGAIN" }, "cannot fork: EAGAIN"],
    [{ action: "start", why: "already running, pid 7" }, "cannot start: already running, pid 7"],
    [
      { action: "lock", object: "/run/imp/web.pid", errno: "EWOULDBLOCK", why: "held by pid 412" },
      "cannot lock /run/imp/web.pid: EWOULDBLOCK (held by pid 412)",
    ],
  ];
  for (const [parts, text] of table) assertEquals(new ImpError(parts).message, text);
});

Deno.test("every part that is given can be asked for; the exit status is 1 unless said otherwise", () => {
  const error = new ImpError({ action: "open", errno: "EPERM", hint: "ask root", exit: 125 });
  assertEquals([error.name, error.errno, error.hint, error.exit], [
    "ImpError",
    "EPERM",
    "ask root",
    125,
  ]);
  assertEquals(new ImpError({ action: "open" }).exit, EXIT.no);
});

Deno.test("an error told otherwise keeps what was not replaced, and remembers the first one", () => {
  const first = new ImpError({ action: "open", object: "a", errno: "ENOENT", exit: 125 });
  const second = first.with({ object: "b", hint: "make it" });
  assertEquals(second.message, "cannot open b: ENOENT");
  assertEquals([second.exit, second.hint], [125, "make it"]);
  assertStrictEquals(second.cause, first);
  assertEquals(first.message, "cannot open a: ENOENT");
});

Deno.test("no part of an error is lost in its text", () => {
  const word = fc.string({ minLength: 1 });
  const parts = fc.record({ action: word, object: word, errno: word, why: word }, {
    requiredKeys: ["action"],
  });
  fc.assert(fc.property(parts, (given) => {
    const { message } = new ImpError(given);
    for (const part of Object.values(given)) assertEquals(message.includes(part), true);
  }));
});

Deno.test("an error of usage is not an ImpError", () => {
  const error = new UsageError("no program given", "for example: imp daemon -- sleep 60");
  assertInstanceOf(error, Error);
  assertEquals(error instanceof ImpError, false);
  assertEquals([error.name, error.message, error.hint], [
    "UsageError",
    "no program given",
    "for example: imp daemon -- sleep 60",
  ]);
});

Deno.test("exit statuses are those of the page, all different", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/exit-codes.md", import.meta.url));
  const told = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assertEquals(Object.values(EXIT).sort((a, b) => a - b), told);
});

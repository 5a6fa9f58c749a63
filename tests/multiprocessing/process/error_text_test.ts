import { assertEquals } from "@std/assert";
import { isLoadError, loadReasons } from "../../../src/multiprocessing/process/error_text.ts";

const isOwn = (frame: string) => frame.includes("/imp/src/");

function made(name: string, message: string, more: Record<string, unknown> = {}): Error {
  return Object.assign(new Error(message), { name, stack: "", ...more });
}

Deno.test("load errors: what the runtimes say of a module that cannot be loaded", () => {
  const link = "SyntaxError: no export\n    at async load (file:///imp/src/load.ts:1:1)";
  const errors = [
    made("BuildMessage", "Unexpected ;"),
    made("ResolveMessage", "Cannot find module"),
    made("TypeError", "Module not found", { code: "ERR_MODULE_NOT_FOUND" }),
    made("Error", "Cannot find module", { code: "MODULE_NOT_FOUND" }),
    made("SyntaxError", "Export named 'x' not found", { stack: undefined }),
    made("SyntaxError", "no export", { stack: link }),
    made("AggregateError", "2 errors", {
      errors: [made("BuildMessage", "a"), made("BuildMessage", "b")],
    }),
  ];
  assertEquals(errors.map((error) => isLoadError(error, isOwn)), errors.map(() => true));
});

Deno.test("load errors: what a program throws itself is none", () => {
  const thrown = [
    made("RangeError", "boom"),
    made("SyntaxError", "JSON", { stack: "SyntaxError: JSON\n    at /srv/app.ts:1:6" }),
    made("AggregateError", "all", { errors: [made("BuildMessage", "a"), made("Error", "b")] }),
    made("AggregateError", "none", { errors: [] }),
    "text",
    undefined,
    { code: "ERR_MODULE_NOT_FOUND" },
  ];
  assertEquals(thrown.map((error) => isLoadError(error, isOwn)), thrown.map(() => false));
});

Deno.test("load errors: of many reasons the first ones are reported", () => {
  const position = { line: 1, column: 9 };
  const wrong = (message: string) => made("BuildMessage", message, { position });
  assertEquals(loadReasons(wrong("Unexpected ;")), ["Unexpected ;", "  line 1, column 9"]);
  const errors = ["a", "b", "c", "d", "e"].map(wrong);
  assertEquals(loadReasons(made("AggregateError", "5 errors building x", { errors })), [
    "it is not valid JavaScript or TypeScript",
    "  a, line 1, column 9",
    "  b, line 1, column 9",
    "  c, line 1, column 9",
    "  and 2 more",
  ]);
  const elsewhere = made("BuildMessage", "a", { position: { ...position, file: "/srv/b.ts" } });
  assertEquals(loadReasons(elsewhere, "/srv/a.ts"), ["a", "  /srv/b.ts, line 1, column 9"]);
  assertEquals(loadReasons(elsewhere, "/srv/b.ts"), ["a", "  line 1, column 9"]);
  const missing = "Cannot find module '/srv/q?.ts' imported from /$bunfs/root/main-1.js";
  assertEquals(loadReasons(made("ResolveMessage", missing)), ["Cannot find module '/srv/q?.ts'"]);
  assertEquals(loadReasons(made("SyntaxError", "\x1b[31mred\x1b[0m\n  at x")), ["red", "  at x"]);
});

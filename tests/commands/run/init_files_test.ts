import { assertEquals } from "@std/assert";
import { EXAMPLE, initSteps, type Occupant } from "../../../src/commands/run/init_files.ts";

const MARK = "// Types";
const TYPES = `${MARK}, version 2\n`;

/** What is done in a folder with these files: `name: what`. */
function steps(files: Record<string, string | Occupant>, hasPrograms = false): string[] {
  const standing = (name: string): Occupant => {
    const found = files[name];
    if (found === undefined) return { is: "none" };
    return typeof found === "string" ? { is: "file", text: found } : found;
  };
  return initSteps({ standing, hasPrograms }, TYPES, MARK).map((step) =>
    `${step.name}: ${step.do}`
  );
}

Deno.test("run --init: an empty folder gets everything, one with programs no example", () => {
  const all = ["imp.d.ts: create", "tsconfig.json: create", "deno.json: create"];
  assertEquals(steps({}), [...all, "example.ts: create"]);
  assertEquals(steps({}, true), all);
  assertEquals(steps({ "example.ts": EXAMPLE }), all);
});

Deno.test("run --init: types of its own are replaced, those of others left", () => {
  const of = (types: string | Occupant) => steps({ "imp.d.ts": types }, true)[0];
  assertEquals(of(TYPES), "imp.d.ts: keep");
  assertEquals(of(`${MARK}, version 1\n`), "imp.d.ts: replace");
  assertEquals(of(""), "imp.d.ts: leave");
  assertEquals(of({ is: "other", why: "a link" }), "imp.d.ts: leave");
});

Deno.test("run --init: a tsconfig.json without a list of files takes all of them", () => {
  const of = (text: string) => steps({ "tsconfig.json": text }, true)[1];
  assertEquals(of("{}"), "tsconfig.json: keep");
  assertEquals(of('{ "include": ["src", "imp.d.ts"] }'), "tsconfig.json: keep");
  assertEquals(of('{ "files": ["./types/imp.d.ts"] }'), "tsconfig.json: keep");
  assertEquals(of('{ "include": ["src"] }'), "tsconfig.json: leave");
  assertEquals(of('{ /* "include": [] */ "files": [] }'), "tsconfig.json: leave");
  assertEquals(of('{ "include": ["src//a"] // "imp.d.ts"\n }'), "tsconfig.json: leave");
});

Deno.test("run --init: deno.jsonc counts where there is no deno.json", () => {
  const of = (files: Record<string, string>) => steps(files, true)[2];
  assertEquals(of({ "deno.jsonc": "{}" }), "deno.jsonc: leave");
  assertEquals(of({ "deno.jsonc": "{}", "deno.json": "{}" }), "deno.json: leave");
  const clone = '{ "imports": { "imp:multiprocessing": "./imp/src/mod.ts" } }';
  assertEquals(of({ "deno.json": clone }), "deno.json: keep");
});

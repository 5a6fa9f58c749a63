import { assertEquals } from "@std/assert";
import { firstForeign } from "../../../src/multiprocessing/process/calling_module.ts";
import {
  importedModules,
  isExported,
  originOf,
  startsItself,
} from "../../../src/multiprocessing/process/module_text.ts";

Deno.test("a function that a module exports, in every way to write that", () => {
  for (
    const source of [
      "export function work() {}",
      "export async function work() {}",
      "export function* work() {}",
      "export async function *work () {}",
      "export default function work() {}",
      "export const work = () => {};",
      "export const other = 1, work = async () => {};",
      "export let work: () => void;",
      "function work() {}\nexport { work };",
      "const work = 1;\nexport {\n  other,\n  work as default,\n};",
      "function work() {}\nexport default work;",
      'export { work } from "./elsewhere.ts";',
      'import { work } from "./elsewhere.ts";',
      'import { work as mine } from "./elsewhere.ts";',
      'import other, { work } from "./elsewhere.ts";',
      'import mine from "./elsewhere.ts";',
      'import * as all from "./elsewhere.ts";',
      "/* first */ export /* second */ function work() {}",
    ]
  ) assertEquals(isExported(source, "work"), true, source);
});

Deno.test("one that no module exports", () => {
  for (
    const source of [
      "function work() {}",
      "const work = () => {};",
      "export function worker() {}",
      "export function do_work() {}",
      "export const other = work;",
      "// export function work() {}",
      "/* export function work() {} */ function work() {}",
      'import { spawn } from "node:child_process";\nfunction work() {}',
      'import process from "node:process";\nfunction work() {}',
      'import * as fs from "node:fs";\nconst work = () => {};',
      'import { Process } from "imp:multiprocessing";\nfunction work() {}',
      'import { Process } from "../../../src/mod.ts";\nfunction work() {}',
      'import type Kind from "./kind.ts";\nfunction work() {}',
    ]
  ) assertEquals(isExported(source, "work"), false, source);
  assertEquals(isExported("export const work = () => {};", ""), false);
});

Deno.test("where a function comes from that a module imports by name", () => {
  assertEquals(originOf('import { work } from "./a.ts";', "work"), "./a.ts");
  assertEquals(
    originOf("import other, {\n  a,\n  work as mine,\n} from '../b.ts';", "work"),
    "../b.ts",
  );
  assertEquals(originOf('import { worker } from "./a.ts";', "work"), undefined);
  assertEquals(originOf('import * as all from "./a.ts";', "work"), undefined);
  assertEquals(originOf('import { work } from "./a.ts";\nfunction work() {}', "work"), undefined);
  assertEquals(originOf('export { work } from "./a.ts";', "work"), undefined);
});

Deno.test("the default export", () => {
  assertEquals(isExported("export default () => {};", "default"), true);
  assertEquals(isExported("const f = () => {};\nexport { f as default };", "default"), true);
  assertEquals(isExported("export const f = () => {};", "default"), false);
});

Deno.test("the modules that a module imports", () => {
  const source = `
    import a from "./a.ts";
    import { b, c } from './b.ts';
    import * as d from "npm:d";
    export { e } from "../e.ts";
    export * from "./f.ts";
    import "./effects.ts";
    // import g from "./g.ts";
    const later = await import("./h.ts");
    const text = "from './i.ts'";
  `;
  assertEquals(importedModules(source), ["./a.ts", "./b.ts", "npm:d", "../e.ts", "./f.ts"]);
});

Deno.test("a module that asks whether it is the program starts itself", () => {
  assertEquals(startsItself("if (import.meta.main) main();"), true);
  assertEquals(startsItself("if (require.main === module) main();"), true);
  assertEquals(startsItself("// under import.meta.main\n/* import.meta.main */ main();"), false);
  assertEquals(startsItself("console.log(import.meta.url); meta.main();"), false);
  for (
    const spoken of [
      'throw new Error("start it under import.meta.main");',
      "const help = 'uses import.meta.main, isn\\'t it';",
      "const text = `if (import.meta.main) { ${name} } import.meta.main`;",
      "const text = `a ${ { b: `c ${d} import.meta.main` } } import.meta.main`;",
      "const url = 'http://x'; // import.meta.main",
      "const pattern = /import.meta.main[`'/]/; export function main() {}",
      'const quotes = text.replace(/["`]/g, \'\'); const help = "import.meta.main";',
    ]
  ) assertEquals(startsItself(spoken), false, spoken);
  for (
    const asked of [
      "const url = 'http://x'; if (import.meta.main) main();",
      "const text = `${import.meta.main ? 1 : 2}`;",
      "const text = `a ${ { b: '}' } } c`; if (import.meta.main) main();",
      "const half = 4 / 2; if (import.meta.main) console.log(4 / half);",
      "const pattern = /['`\"]/; if (import.meta.main) main();",
      "const all = [/`/, /'/g]; if (import.meta\n.main) main();",
      "// don't\nif (import.meta.main) main();",
      "/* it's */ if (import.meta.main) main(`it's`);",
      "a = b / c; d = 'x' / 2; if (require.main === module) main();",
      'const e = "unterminated\nif (import.meta.main) main();',
    ]
  ) assertEquals(startsItself(asked), true, asked);
});

Deno.test("the module that called: the first frame that is not imp's", () => {
  const own = ["file:///srv/imp/src/multiprocessing/", "file:///$bunfs/root/"];
  const deno = [
    "Error",
    "    at new Process (file:///srv/imp/src/multiprocessing/process.ts:10:5)",
    "    at main (file:///srv/my app/a%20b/user.ts:4:3)",
    "    at file:///srv/other.ts:1:1",
  ].join("\n");
  assertEquals(firstForeign(deno, own), "file:///srv/my%20app/a%2520b/user.ts");
  assertEquals(
    firstForeign("Error\n    at f (file:///srv/my app/50% a?b#é.ts:1:9)", own),
    "file:///srv/my%20app/50%25%20a%3Fb%23%C3%A9.ts",
  );
  const bun = [
    "Error: ",
    "    at new Process (/$bunfs/root/chunk.js:2:100)",
    "    at <anonymous> (/srv/my app/50%/user.ts:12:20)",
  ].join("\n");
  assertEquals(firstForeign(bun, own), "file:///srv/my%20app/50%25/user.ts");
  assertEquals(firstForeign("Error\n    at async /srv/user.js:1:2", own), "file:///srv/user.js");
  assertEquals(firstForeign("Error\n    at native code\n    at [native code]", own), undefined);
});

Deno.test("a module of which only types are used is none that it imports", () => {
  const source = `
    import type * as Api from "./types.ts";
    import type { One, Two } from "./more_types.ts";
    import type Three from "./three.ts";
    export type { Four } from "./four.ts";
    import type from "./value.ts";
    import type, { five } from "./five.ts";
  `;
  assertEquals(importedModules(source), ["./value.ts", "./five.ts"]);
  assertEquals(isExported('import type * as Api from "./types.ts";', "work"), false);
});

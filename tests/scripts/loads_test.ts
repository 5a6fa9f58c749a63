import { assertEquals } from "@std/assert";
import { beginningsOf, checkLoads, idleEntries, loadsOf } from "../../scripts/check_loads.ts";

const LOADS = new Map([
  ["a.ts", ["b.ts"]],
  ["b.ts", ["src/rare/x.ts", "croner"]],
  ["src/rare/x.ts", ["src/rare/y.ts"]],
  ["src/rare/y.ts", []],
]);
const COMMANDS = new Map([["list", ["a.ts"]], ["none", ["src/rare/y.ts"]]]);

Deno.test("a command that loads what is rare is reported with the way there, once for a folder", () => {
  const rare = { "src/rare": ["none"], croner: ["list"] };
  assertEquals(checkLoads(COMMANDS, LOADS, rare), [
    "list always loads src/rare/x.ts, by b.ts, by a.ts",
  ]);
  assertEquals(checkLoads(COMMANDS, LOADS, { "src/rare": ["none", "list"], croner: [] }), [
    "list always loads croner, by b.ts, by a.ts",
  ]);
});

Deno.test("the longest entry holds, and a name is not the beginning of a longer one", () => {
  const rare = { "src/rare": [], "src/rare/x.ts": ["list"], "src/rare/y.ts": ["none", "list"] };
  assertEquals(checkLoads(COMMANDS, LOADS, rare), []);
  assertEquals(checkLoads(COMMANDS, LOADS, { "src/rar": [], cron: [] }), []);
});

Deno.test("entries that nothing fits any more are reported", () => {
  const rare = { "src/rare": [], "src/old.ts": [], croner: [] };
  assertEquals(idleEntries(LOADS, rare), ["src/old.ts"]);
});

Deno.test("imports and exports load, types and lazy imports do not", () => {
  const text = `import { a } from "../base/a.ts";
import {
  type B,
  c,
} from "./c.ts";
import type { D } from "./d.ts";
import { type E, type F } from "./e.ts";
import "./g.ts";
import H, * as i from "package/part";
export * from "./j.ts";
export type { K } from "./k.ts";
// import { l } from "./l.ts";
const m = await import("./m.ts");
let n: typeof import("./n.ts");
export const text = 'import { o } from "./o.ts"';
`;
  assertEquals(loadsOf("src/logs/x.ts", text), [
    "src/base/a.ts",
    "src/logs/c.ts",
    "src/logs/g.ts",
    "package/part",
    "src/logs/j.ts",
  ]);
});

Deno.test("commands begin where the registry says", () => {
  const text = entry("list", "./list/command.ts") + entry("keeper-turn", "./keeper_turn.ts");
  assertEquals([...beginningsOf(text)].map(([name, paths]) => [name, paths.at(-1)]), [
    ["imp", "src/cli/run.ts"],
    ["list", "src/commands/list/command.ts"],
    ["keeper-turn", "src/commands/keeper_turn.ts"],
  ]);
});

function entry(name: string, path: string): string {
  return `  {\n    name: "${name}",\n    load: async () => (await import("${path}")).x,\n  },\n`;
}

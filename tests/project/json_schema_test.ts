import { assert, assertEquals } from "@std/assert";
import { projectKeys } from "../../src/commands/up/desired.ts";
import { START_OPTIONS } from "../../src/commands/start/options.ts";
import { HOW_TO_START } from "../../src/commands/start/request.ts";
import { projectSchema } from "../../src/project/json_schema.ts";
import { readSample } from "./samples.ts";

// deno-lint-ignore no-explicit-any
const schema: any = projectSchema(projectKeys());
const keys = schema.properties.daemons.additionalProperties.properties;

Deno.test("schema: every option of imp start is a key, with what its help says", () => {
  for (const { name, summary } of START_OPTIONS) {
    if (name === "at-boot") assertEquals(keys[name].type, "boolean");
    else if ((HOW_TO_START as readonly string[]).includes(name)) {
      assertEquals(keys[name], undefined);
    } else assertEquals(keys[name].description, summary, name);
  }
  for (const own of ["command", "depends", "profiles", "at-boot"]) assert(keys[own], own);
  assertEquals(schema.properties.defaults.properties.command, undefined);
});

/** What of JSON Schema is used. */
// deno-lint-ignore no-explicit-any
function accepts(rule: any, value: unknown): boolean {
  if (rule.anyOf) return rule.anyOf.some((one: unknown) => accepts(one, value));
  if (rule.enum) return rule.enum.includes(value);
  const type = Array.isArray(value) ? "array" : value instanceof Object ? "object" : typeof value;
  if (![rule.type].flat().includes(type)) return false;
  if (rule.pattern) return RegExp(rule.pattern).test(String(value));
  if (type === "array") return (value as unknown[]).every((one) => accepts(rule.items, one));
  return type !== "object" ||
    Object.values(value as object).every((one) => accepts(rule.additionalProperties, one));
}

Deno.test("schema: editors and imp take and refuse the same types", () => {
  const values = ["'x'", "1", "true", "['x']", "[1]", "[true]", "{ A = 'x' }", "{ A = [1] }"];
  for (const { name, choices } of projectKeys()) {
    if (choices) continue;
    for (const text of values) {
      const command = name === "command" ? "" : "command = 'x'\n";
      const { mistakes } = readSample(`[daemons.web]\n${command}${name} = ${text}\n`);
      const parsed = JSON.parse(text.replaceAll("'", '"').replace("A =", '"A":'));
      const taken = !mistakes.some((one) => one.includes("must be"));
      assertEquals(taken, accepts(keys[name], parsed), `${name} = ${text}: ${mistakes}`);
    }
  }
});

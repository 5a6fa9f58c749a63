import { assertEquals, assertStringIncludes } from "@std/assert";
import { judgeKeptDaemons } from "../../src/doctor/kept.ts";
import { keptNotes } from "../../src/keeper/observe/kept_facts.ts";
import { judgeKept } from "../../src/keeper/observe/observed.ts";
import { evidence, GUARD, KEEPER, PROGRAM } from "../keeper/kept_samples.ts";

function facts(name: string, processes = [GUARD, KEEPER, PROGRAM]) {
  const daemon = judgeKept({ ...evidence(processes), name });
  return { daemon, deletedLogs: [], notes: keptNotes(daemon, []) };
}

Deno.test("kept daemons: none, all well, and those that nobody keeps", () => {
  assertEquals(judgeKeptDaemons([]).grade, "good");
  assertEquals(judgeKeptDaemons(undefined).grade, "good");
  assertEquals(judgeKeptDaemons([facts("web")]).grade, "good");
  const finding = judgeKeptDaemons([facts("web"), facts("api", [PROGRAM]), facts("db", [])]);
  assertEquals(finding.grade, "warning");
  assertStringIncludes(finding.fact, "api (unkept), db (lost)");
  assertStringIncludes(finding.meaning, "nobody notices");
  const single = judgeKeptDaemons([facts("web"), facts("api", [KEEPER, PROGRAM])]);
  assertStringIncludes(single.fact, "api (no guard)");
  assertStringIncludes(single.meaning, "acts as before");
});

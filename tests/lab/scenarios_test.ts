import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { markdownTable } from "../../src/cli/table.ts";
import { SCENARIOS } from "../../src/lab/scenarios/mod.ts";
import { checkRules, isGood } from "../../src/lab/rules.ts";
import { findPart } from "../../src/lab/programs/mod.ts";

/** By topic, as people look for them. */
const IDS = {
  processes:
    `two-pids no-join child-outlives-code daemon-dies-with-main daemon-with-time daemon-join
    daemon-and-plain daemon-joined-and-plain daemon-flag-after-start daemon-no-children
    daemon-no-children-unseen`,
  threads: "daemon-thread daemon-thread-and-plain",
  endings: "endings zombie zombie-collected-by-init orphan zombie-flood",
  pools: `pool-apply pool-apply-async pool-results pool-several-functions pool-join-before-close
    pool-interrupt pool-queue`,
  daemons: "daemonize-steps one-fork-can-get-a-tty umask pidfile background-vs-daemon",
};

Deno.test("lab: every scenario is there, once, under its topic", () => {
  const wanted = Object.entries(IDS).flatMap(([topic, ids]) =>
    ids.split(/\s+/).map((id) => `${topic} ${id}`)
  );
  assertEquals(SCENARIOS.map(({ topic, id }) => `${topic} ${id}`), wanted);
});

Deno.test("lab: texts are there, and whole sentences", () => {
  for (const { id, title, learn, claim, care } of SCENARIOS) {
    assert(title.length > 10 && title.length < 80 && !title.endsWith("."), id);
    for (const text of [learn, claim, care ?? "Nothing."]) {
      assert(/^\S.*\.$/s.test(text), text);
    }
  }
});

Deno.test("lab: no scenario holds when nothing is seen", () => {
  for (const { id, rules } of SCENARIOS) assert(!isGood(checkRules(rules, [])), id);
});

Deno.test("lab: rules of a scenario have different texts", () => {
  for (const { id, rules } of SCENARIOS) {
    assertEquals(new Set(rules.map(({ text }) => text)).size, rules.length, id);
  }
});

Deno.test("lab: each scenario has a program", async () => {
  const first: Record<string, string> = {
    endings: "normal",
    "zombie-collected-by-init": "init",
    "zombie-flood": "init",
    "daemonize-steps": "parent",
    "one-fork-can-get-a-tty": "leader",
    pidfile: "daemon",
  };
  for (const { id } of SCENARIOS) {
    assertEquals(typeof await findPart(id, first[id] ?? "main"), "function", id);
    assertEquals(await findPart(id, "toString"), undefined);
  }
  assertEquals(await findPart("no-scenario", "main"), undefined);
});

Deno.test("lab: the page has them all", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/lab.md", import.meta.url));
  const rows = SCENARIOS.map(({ id, title, care }) => [`\`${id}\``, title, care ?? ""]);
  for (const line of markdownTable(["id", "what happens", "where care is needed"], rows)) {
    assertStringIncludes(page, line);
  }
});

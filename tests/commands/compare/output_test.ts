import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { displayWidth } from "../../../src/cli/table.ts";
import { render } from "../../../src/commands/compare/output.ts";
import type { Comparison } from "../../../src/compare/rows.ts";
import { bashClosed } from "../../compare/sample_rows.ts";

const comparison: Comparison = {
  shell: "bash",
  shellPath: "/bin/bash",
  by: "close",
  program: null,
  rows: [...bashClosed, { is: "unmeasured", style: "subshell", why: "it had ended" }],
};

Deno.test("table: every line fits, names are not broken, no colour unless asked for", () => {
  const text = render(comparison, "table", false, 80);
  for (const width of [40, 80, 100]) {
    const lines = render(comparison, "table", false, width).split("\n");
    for (const line of lines) assert(displayWidth(line) <= width, line);
  }
  assertEquals((text.match(/`/g)?.length ?? 0) % 2, 0);
  for (const line of text.split("\n")) assertEquals((line.match(/`/g)?.length ?? 0) % 2, 0, line);
  assert(!text.includes("\x1b"));
  assert(render(comparison, "table", true, 80).includes("\x1b[32myes\x1b[39m"));
  assertStringIncludes(text, "`( & )` is missing: it had ended.");
});

Deno.test("markdown: tables and lists", () => {
  const text = render(comparison, "markdown", false, 80);
  assertStringIncludes(text, "| STYLE | PID | PARENT |");
  assertStringIncludes(text, "| nohup & | yes | none |");
  assertStringIncludes(text, "\n- End of the terminal: ");
});

Deno.test("json: one object with everything that was measured", () => {
  const { styles, ...rest } = JSON.parse(render(comparison, "json", false, 80));
  assertEquals(Object.keys(rest), ["shell", "shellPath", "by", "program", "differences", "advice"]);
  assertEquals(styles.map((row: { style: string }) => row.style), [
    "foreground",
    "background",
    "nohup",
    "disown",
    "setsid",
    "daemon",
    "subshell",
  ]);
  assertEquals([styles[2].label, styles[2].typed, styles[2].after.alive], [
    "nohup &",
    "nohup PROGRAM &",
    true,
  ]);
});

Deno.test("a comparison without any result says so", () => {
  const rows: Comparison["rows"] = [{ is: "unmeasured", style: "daemon", why: "it had ended" }];
  const text = render({ ...comparison, program: ["true"], rows }, "table", false, 80);
  assertStringIncludes(text, "nothing could be");
  assert(!text.includes("Differences"));
});

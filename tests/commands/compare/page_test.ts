import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { comparePage } from "../../../src/commands/compare/page.ts";
import { drawAfter, drawBefore } from "../../../src/commands/compare/drawing.ts";
import type { Comparison, MeasuredRow } from "../../../src/compare/rows.ts";
import { job, shellPicture } from "../../compare/sample_rows.ts";

const FATE = {
  ...{ signals: ["HUP"], endedBy: "HUP", descendants: 0 },
  output: { to: null, onTerminal: null, before: null, after: null, file: null },
};
const ENDED: MeasuredRow = {
  ...{ is: "measured", style: "background", shell: shellPicture, before: job(), inside: null },
  ...{ shellEnded: "killed by HUP", exits: 0 },
  after: { ...FATE, alive: false, picture: null },
};
const adopted = job({
  ...{ ppid: 1, parent: { pid: 1, comm: "systemd", role: "init" }, tty: null },
  ...{ sid: 200, comm: "<b>&" },
});
const ALIVE: MeasuredRow = {
  ...{ ...ENDED, style: "setsid", before: adopted },
  after: { ...FATE, alive: true, endedBy: null, signals: [], picture: adopted },
};

Deno.test("a job of the shell: one session, two groups, the shell is its parent", () => {
  const drawing = drawBefore(ENDED);
  assertEquals(drawing.match(/session \d+/g), ["session 100"]);
  assertEquals(drawing.match(/group \d+[^<]*/g), ["group 100, foreground", "group 200"]);
  assertMatch(drawing, />parent</);
  assertStringIncludes(drawAfter(ENDED), "killed by HUP");
  assertEquals(drawAfter(ENDED).includes("session"), false);
});

Deno.test("a program with a session of its own, adopted; its name is text", () => {
  const drawing = drawBefore(ALIVE);
  assertEquals(drawing.match(/session \d+/g), ["session 100", "session 200"]);
  assertStringIncludes(drawing, "parent: systemd 1 (init)");
  assertStringIncludes(drawing, "&lt;b&gt;&amp;");
  assertMatch(drawAfter(ALIVE), /session 200.*the shell has ended/);
});

Deno.test("the page has a part for each style, and loads nothing", () => {
  const comparison: Comparison = {
    ...{ shell: "bash", shellPath: "/bin/bash", by: "close", program: null },
    rows: [ENDED, ALIVE, { is: "unmeasured", style: "disown", why: "<it> & more" }],
  };
  const page = comparePage(comparison, "`<program>` in bash");
  assertEquals(page.match(/<h2>[^<]*<code>/g)?.length, 3);
  assertStringIncludes(page, "&lt;it&gt; &amp; more");
  assertStringIncludes(page, "ends with the terminal");
  assertEquals(page.match(/<script|\s(?:src|href|on\w+)=/g), null);
});

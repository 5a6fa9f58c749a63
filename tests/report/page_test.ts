import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { escapeHtml } from "../../src/report/escape.ts";
import { reportPage } from "../../src/report/page.ts";
import type { PageData } from "../../src/report/page_data.ts";
import { PAGE_SCRIPT } from "../../src/report/page_script.ts";
import { ReportRows } from "../../src/report/rows.ts";
import type { RunContext } from "../../src/report/view.ts";
import { randomNumbers } from "../e2e/random.ts";
import { hostileRows, hostileText } from "./hostile.ts";

const CONTEXT: RunContext = { source: "run.log", state: "unknown", madeAt: 0, notes: [] };

Deno.test("whatever commands and output hold, the page has the elements it has without them", () => {
  const random = randomNumbers(7);
  for (let round = 0; round < 60; round++) {
    const rows = hostileRows(1 + round, random);
    const page = reportPage(rows, { ...CONTEXT, source: hostileText(random) });
    assertEquals(page.match(/<script\b/gi)?.length, 2);
    assertEquals(page.match(/<\/script\b/gi)?.length, 2);
    assertEquals(page.match(/<(?:img|iframe|svg onload|!--)/gi), null);
    // deno-lint-ignore no-control-regex
    assertEquals(page.match(/[\0-\x08\x0b-\x1f\u202e\u2066]/g), null);
    assertEquals(commandsIn(page), inOrderOfStart(rows));
  }
});

Deno.test("text stays text", () => {
  assertEquals(escapeHtml(`<a href="x">&'`), "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
  assertEquals(escapeHtml("a\x1b[2J\u202eb\0\n\tc"), "a\\x1b[2J\\u202eb\\x00\n\tc");
});

Deno.test("the page loads nothing and allows one script", () => {
  const page = reportPage(hostileRows(5, randomNumbers(1)), CONTEXT);
  const nonce = /script-src 'nonce-([^']+)'/.exec(page)?.[1];
  assert(nonce);
  assertStringIncludes(page, `<script nonce=${nonce}>`);
  assertStringIncludes(page, "default-src 'none'");
  const tags = page.replace(/<script[^]*?<\/script>|<style[^]*?<\/style>/g, "").match(
    /<\w[^>]*>/g,
  )!;
  assertEquals(tags.filter((tag) => /\s(?:src|href|on\w+)=/.test(tag)), []);
  assertEquals(PAGE_SCRIPT.match(/fetch|XMLHttp|import\(|https?:/), null);
});

Deno.test("without script there are the numbers, failures and slowest jobs", () => {
  const rows = new ReportRows();
  const row = { host: ":", received: 10, signal: 0, command: "./a" };
  rows.add({ ...row, seq: 1, start: 1000, runtime: 2000, exit: 0, command: "./slow" });
  rows.add({ ...row, seq: 2, start: 1500, runtime: 100, exit: 3, command: "./bad", tail: "why" });
  rows.add({ ...row, seq: 3, start: 1600, runtime: 100, exit: 0, signal: 9, command: "./killed" });
  rows.add({ ...row, seq: 4, start: 1700, runtime: 100, exit: -1, signal: 15, command: "./late" });
  const page = reportPage(rows, CONTEXT);
  assertMatch(page, /<b>4<\/b><span>jobs<\/span>/);
  assertMatch(page, /<b>3<\/b><span>failed<\/span>/);
  assertMatch(page, /exit 3<.*\.\/bad<\/code><pre>why<\/pre>/);
  assertMatch(page, /SIGKILL<.*\.\/killed/);
  assertMatch(page, /timed out<.*\.\/late/);
  assert(page.indexOf("<h2>Failures") < page.indexOf("<h2>Timeline"));
  assertMatch(page, /<h2>Slowest jobs<\/h2>.*[^]*\.\/slow/);
});

Deno.test("a run of which nothing has ended is a page too", () => {
  const page = reportPage(new ReportRows(), { ...CONTEXT, state: "running" });
  assertStringIncludes(page, "No job has ended.");
  assertStringIncludes(page, "http-equiv=refresh");
  assertEquals(page.includes("NaN"), false);
});

function commandsIn(page: string): string[] {
  const json = /<script type=application\/json id=data>(.*)<\/script>/.exec(page)![1];
  const data: PageData = JSON.parse(json);
  let before = "";
  return data.rest.map((rest, i) => before = before.slice(0, data.same[i]) + rest);
}

function inOrderOfStart({ start, seq, command }: ReportRows): string[] {
  return [...command.keys()].sort((a, b) => start[a] - start[b] || seq[a] - seq[b])
    .map((at) => command[at]);
}

// The page of a report in a browser: what it draws, how long that takes, and that it asks nobody for anything.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { reportPage } from "../../src/report/page.ts";
import { hostileRows } from "../report/hostile.ts";
import { randomNumbers } from "./random.ts";
import { domOf, fetchedIn } from "./chromium.ts";
import { e2e } from "./harness.ts";

/** Drawn in 0.2 s on a slow machine of 2026, which may be busy. */
const SOON_DRAWN_MS = 5000;

e2e("report in a browser: 100,000 jobs are drawn at once, and nothing is fetched", async (box) => {
  await Deno.writeTextFile(box.path("run.log"), logOf(100_000));
  const { code } = await box.imp(["report", box.path("run.log"), "-o", box.path("run.html")]);
  assertEquals(code, 0);
  assert((await Deno.stat(box.path("run.html"))).size < 60 * 100_000);
  const dom = await domOf(box, box.path("run.html"));
  assertEquals(rootOf(dom).error, undefined);
  assert(Number(rootOf(dom).drawn) < SOON_DRAWN_MS, dom.slice(0, 300));
  assertEquals(fetchedIn(box).filter((url) => !url.startsWith("file:")).filter(isOfPage), []);
});

e2e("report in a browser: hostile commands stay text", async (box) => {
  const rows = hostileRows(400, randomNumbers(11));
  const context = { source: "</title><script>", state: "unknown", madeAt: 0, notes: [] } as const;
  await Deno.writeTextFile(box.path("run.html"), reportPage(rows, context));
  const root = rootOf(await domOf(box, box.path("run.html")));
  assertEquals([root.error, root.pwned], [undefined, undefined]);
  assertMatch(root.drawn ?? "", /^\d+$/);
});

e2e("report in a browser: search, a look closer, what is under the pointer", async (box) => {
  await Deno.writeTextFile(box.path("run.log"), logOf(500));
  await box.imp(["report", box.path("run.log"), "-o", box.path("run.html")]);
  const page = await Deno.readTextFile(box.path("run.html"));
  const nonce = /<script nonce=([\w-]+)>/.exec(page)![1];
  const probe = `<script nonce=${nonce}>{${PROBE}}</script>`;
  await Deno.writeTextFile(box.path("probed.html"), page.replace("</main>", "</main>" + probe));
  const root = rootOf(await domOf(box, box.path("probed.html")));
  assertEquals(root.error, undefined);
  assertMatch(root.tip!, /^job \d+ · (?:ok|exit 1) · /);
  assertEquals(root.zoomed, "true");
  assertEquals(root.back, "true");
  assertEquals(root.hits, "5");
  assertEquals(root.count, "5 jobs");
});

const PROBE = `
const at = (type, x, y) => canvas.dispatchEvent(new PointerEvent(type,
  { bubbles: true, button: 0, clientX: canvas.getBoundingClientRect().left + x, clientY: canvas.getBoundingClientRect().top + y }));
at("pointermove", 300, 5);
root.dataset.tip = tip.textContent;
at("pointerdown", 200, 5);
at("pointermove", 400, 5);
at("pointerup", 400, 5);
root.dataset.zoomed = !$("reset").hidden;
$("reset").click();
root.dataset.back = $("reset").hidden;
query.value = "exit 1";
search();
root.dataset.hits = $("list").children.length;
root.dataset.count = $("count").textContent;
`;

/** The data of the root element. */
function rootOf(dom: string): Record<string, string | undefined> {
  const tag = /<html[^>]*>/.exec(dom)?.[0] ?? "";
  return Object.fromEntries([...tag.matchAll(/data-(\w+)="([^"]*)"/g)].map((m) => [m[1], m[2]]));
}

/** A browser asks its maker for this and that, which no page can help. */
function isOfPage(url: string): boolean {
  return !/^https?:\/\/[\w.-]+\.(?:google|googleapis|gstatic|gvt1)\.com\//.test(url);
}

function logOf(count: number): string {
  const rows = Array.from({ length: count }, (_, i) => {
    const start = 1_790_000_000 + Math.floor(i / 16) * 0.25 + i % 16 / 100;
    const runtime = (0.2 + i * 37 % 40 / 1000).toFixed(3).padStart(10);
    const exit = i % 100 === 99 ? 1 : 0;
    return `${i + 1}\t:\t${start.toFixed(3)}\t${runtime}\t0\t0\t${exit}\t0\t./convert item-${
      i + 1
    }\n`;
  });
  return `Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n${
    rows.join("")
  }`;
}

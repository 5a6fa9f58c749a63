// imp lab --html: a page to teach from.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { domOf } from "./chromium.ts";
import { e2e } from "./harness.ts";
import { lab } from "./lab_run.ts";
import { assertNothingLeft } from "./leftovers.ts";

e2e(
  "lab --html: claims, lines of life, verdicts and everything observed, in one file",
  async (box) => {
    const { code, stdout, stderr } = await lab(
      box,
      "zombie",
      "no-join",
      "--html",
      "-o",
      "lab.html",
    );
    assertEquals([code, stdout, stderr], [0, "", ""]);
    const page = Deno.readTextFileSync(box.path("lab.html"));
    assertMatch(page, /^<!DOCTYPE html>\n/);
    assertEquals(page.match(/<svg class=lives /g)?.length, 2);
    assertMatch(page, /<text class=who [^>]*>child 1 <tspan class=pid>\d+<\/tspan>/);
    assertStringIncludes(page, "<rect class=zombie ");
    assertMatch(page, /<circle class=says [^>]*><title>\d+ ms: &quot;/);
    assertStringIncludes(page, "no process of it is left in the end");
    assertMatch(page, /<td>child 1<td>Z<td>\d+/);
    assert(!/<script|https?:|undefined|NaN/.test(page), "it is whole, and loads nothing");
    assertNothingLeft(box);
  },
);

e2e("lab --format html: to standard output, and as a browser shows it", async (box) => {
  const { stdout } = await lab(box, "umask", "--format=html");
  assertMatch(stdout, /<h1>What a umask does to new files<\/h1>/);
  Deno.writeTextFileSync(box.path("lab.html"), stdout);
  assertStringIncludes(await domOf(box, box.path("lab.html")), "</svg>");
});

e2e("lab: pages and formats that cannot be", async (box) => {
  for (
    const [words, says] of [
      [["--html"], "--html needs scenarios to play"],
      [["zombie", "--html", "--json"], "give one of them"],
      [["zombie", "--html", "--format", "json"], "give one of them"],
      [["zombie", "--explain", "--html"], "--html needs scenarios to play"],
      [["zombie", "-o", "x"], "--output needs --html"],
      [["zombie", "--html", "-o", ""], "--output needs a name"],
      [["zombie", "--format", "pdf"], "text, json"],
    ] as const
  ) {
    const { code, stdout, stderr } = await lab(box, ...words);
    assertEquals([words, code, stdout], [words, 2, ""]);
    assertStringIncludes(stderr, says);
  }
  const nowhere = await lab(box, "umask", "--html", "-o", "none/lab.html");
  assertEquals([nowhere.code > 0, nowhere.stdout], [true, ""]);
  assertMatch(nowhere.stderr, /none\/lab.html|ENOENT/);
});

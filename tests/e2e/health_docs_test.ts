// docs/health.md is a promise: its examples are run.
import { assert } from "@std/assert";
import { readPage, testPage } from "./page_examples.ts";

const page = readPage("health.md");

Deno.test("docs/health.md has its examples", () => {
  assert(page.sections.length >= 1, `${page.sections.length} sections`);
});

testPage(page);

// docs/up.md is a promise: every example of it is run.
import { assert } from "@std/assert";
import { readPage, testPage } from "./page_examples.ts";

const page = readPage("up.md");

Deno.test("docs/up.md has its examples", () => {
  assert(page.sections.length >= 2, `${page.sections.length} sections`);
});

testPage(page);

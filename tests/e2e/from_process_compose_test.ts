// docs/from-process-compose.md is a promise: every example of it is run.
import { assert } from "@std/assert";
import { readPage, testPage } from "./page_examples.ts";

const page = readPage("from-process-compose.md");

Deno.test("docs/from-process-compose.md has its examples", () => {
  assert(page.sections.length >= 2, `${page.sections.length} sections`);
});

testPage(page);

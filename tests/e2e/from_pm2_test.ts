// docs/from-pm2.md is a promise: every example of it is run.
import { assert } from "@std/assert";
import { readPage, testPage } from "./page_examples.ts";

const page = readPage("from-pm2.md");

Deno.test("docs/from-pm2.md has its examples", () => {
  assert(page.sections.length >= 3, `${page.sections.length} sections`);
});

testPage(page);

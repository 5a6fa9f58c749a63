// docs/events.md is a promise: its examples are run.
import { assert } from "@std/assert";
import { readPage, testPage } from "./page_examples.ts";

const page = readPage("events.md");

Deno.test("docs/events.md has its examples", () => {
  assert(page.sections.length >= 3, `${page.sections.length} sections`);
});

testPage(page);

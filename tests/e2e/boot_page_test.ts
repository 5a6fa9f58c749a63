// docs/boot.md is a promise: every example of it is run, and the unit that it shows is the one that is written.
import { assert, assertStringIncludes } from "@std/assert";
import { bootUnitText } from "../../src/boot/boot_unit.ts";
import { readPage, testPage } from "./page_examples.ts";

const page = readPage("boot.md");

Deno.test("docs/boot.md has its examples, and the unit", () => {
  assert(page.sections.length >= 2, `${page.sections.length} sections`);
  const unit = bootUnitText({
    imp: ["/usr/local/bin/imp"],
    environment: [],
    home: "/var/lib/imp",
    of: "system",
  });
  const shown = unit.trimEnd().split("\n").map((line) => `      | ${line}`.trimEnd()).join("\n");
  assertStringIncludes(page.text, `\n${shown}\n`);
});

testPage(page);

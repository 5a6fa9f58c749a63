// docs/from-crontab.md is a promise: its examples are run, and so is each line of its first table.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { e2e, impBinary } from "./harness.ts";
import { readPage, testPage } from "./page_examples.ts";

const page = readPage("from-crontab.md");

/** The second column of the first table. */
function commands(): string[] {
  const [, section] = page.text.split("## Line by line");
  const rows = section.split("\n\n")[1].split("\n").slice(2);
  return rows.map((row) => row.split(/(?<!\\)\|/)[2].match(/`(imp start .*?)`/)![1])
    .map((command) => command.replaceAll("\\|", "|"));
}

Deno.test("docs/from-crontab.md has its examples", () => {
  assert(page.sections.length >= 2, `${page.sections.length} sections`);
  assert(commands().length >= 20, `${commands().length} lines`);
});

testPage(page);

e2e("docs/from-crontab.md: each line of the table is scheduled", async (box) => {
  const [cwd, bin] = [box.path("page"), box.path("bin")];
  for (const path of [cwd, bin]) Deno.mkdirSync(path);
  Deno.symlinkSync(impBinary(), `${bin}/imp`);
  const env = { IMP_HOME: box.path("home"), PATH: `${bin}:${Deno.env.get("PATH")}` };
  const sh = (script: string) => box.sh(script, { cwd, env });
  assertEquals((await sh(page.setup)).code, 0);
  // Each takes the place of the one before.
  for (const command of commands()) {
    const { code, stdout, stderr } = await sh(
      command.replace("imp start j", "imp start j --replace"),
    );
    assertEquals(code, 0, `${command}: ${stderr}`);
    assertMatch(stdout, /^j: scheduled, next run /, command);
  }
  const { stdout } = await sh("imp stop j");
  assertMatch(stdout, /^j: stopped/);
});

import { assertEquals } from "@std/assert";
import { STYLES } from "../../../src/compare/styles.ts";
import { compareCommand } from "../../../src/commands/compare/command.ts";
import { assertRefused, requestBy } from "../asking.ts";

Deno.test("imp compare: styles stand in the order of the table, however they are asked for", () => {
  const { styles, format, by, program } = requestBy(compareCommand);
  assertEquals([styles, format, by, program], [STYLES, "table", "close", []]);
  const some = requestBy(compareCommand, "--styles", "daemon, nohup,daemon", "--", "prog", "-x");
  assertEquals(some.styles, STYLES.filter((one) => one === "daemon" || one === "nohup"));
  assertEquals(some.program, ["prog", "-x"]);
  assertEquals(requestBy(compareCommand, "--json", "--format=json").format, "json");
});

Deno.test("imp compare: what makes no sense is refused", () => {
  assertRefused(compareCommand, [
    ["--json --format markdown", "--json and --format markdown cannot be used together"],
    ["--styles nosuch", "'nosuch' is not a style"],
    ["--styles ,", "--styles names no style"],
    ["-- prog \udc80", "the words of PROGRAM must be UTF-8"],
  ]);
});

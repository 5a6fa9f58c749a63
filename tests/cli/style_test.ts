import { assertEquals } from "@std/assert";
import { styles } from "../../src/cli/style.ts";

Deno.test("colours: each is taken back by its own end, so that they nest", () => {
  const { bold, dim, red, green, yellow, cyan } = styles(true);
  assertEquals(bold("x"), "\x1b[1mx\x1b[22m");
  assertEquals(dim("x"), "\x1b[2mx\x1b[22m");
  assertEquals([red, green, yellow, cyan].map((colour) => colour("x")), [
    "\x1b[31mx\x1b[39m",
    "\x1b[32mx\x1b[39m",
    "\x1b[33mx\x1b[39m",
    "\x1b[36mx\x1b[39m",
  ]);
  assertEquals(bold(red("x")), "\x1b[1m\x1b[31mx\x1b[39m\x1b[22m");
});

Deno.test("colours: nothing is wrapped when they are off, and nothing is never wrapped", () => {
  for (const style of Object.values(styles(false))) assertEquals(style("x"), "x");
  for (const style of Object.values(styles(true))) assertEquals(style(""), "");
});

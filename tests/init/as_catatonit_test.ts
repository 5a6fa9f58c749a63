import { assertEquals } from "@std/assert";
import { asCatatonit } from "../../src/init/as_catatonit.ts";

const environment = (values: Record<string, string>) => (name: string) => values[name];
const catatonit = (words: string[], env = {}, pid = 7) =>
  asCatatonit(words, environment(env), pid, (raw) => raw);

Deno.test("catatonit: options and variables", () => {
  const settings = (...given: Parameters<typeof catatonit>) => {
    const one = catatonit(...given);
    if (one.do !== "run") throw new Error(one.do);
    return { ...one.settings, verbose: one.told.verbose };
  };
  assertEquals(settings(["true"]).subreaper, true);
  assertEquals(settings(["-g", "--", "sh", "-c", "x"]).words, ["sh", "-c", "x"]);
  assertEquals(settings(["-g", "true"]).toGroup, true);
  assertEquals([...settings(["true"]).rewrites], [[20, 0], [21, 0], [22, 0]]);
  assertEquals(
    ["leave", "end"],
    [settings(["true"]), settings(["true"], {}, 1)].map((one) => one.leftovers),
  );
  assertEquals(settings(["true"], { CATATONIT_DEBUG: "" }).verbose, true);
});

Deno.test("catatonit: what runs no program", () => {
  const brief = (...given: Parameters<typeof catatonit>) => {
    const one = catatonit(...given);
    return one.do === "print" ? [one.to, one.exit] : one.do;
  };
  assertEquals(brief(["-P"]), "pause");
  assertEquals(brief(["-h"]), ["stderr", 0]);
  assertEquals([brief(["-V"]), brief(["--version"])], [["stdout", 0], ["stdout", 0]]);
  assertEquals([brief([]), brief(["-x"]), brief(["--"])], Array(3).fill(["stderr", 1]));
  assertEquals(brief(["true"], { CATATONIT_LOG: "1" }), ["stderr", 1]);
});

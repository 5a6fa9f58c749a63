import { assertEquals } from "@std/assert";
import { asDumbInit } from "../../src/init/as_dumb_init.ts";
import type { asTini } from "../../src/init/as_tini.ts";

const environment = (values: Record<string, string>) => (name: string) => values[name];

const settingsOf = (standIn: ReturnType<typeof asTini>) => {
  if (standIn.do !== "run") throw new Error(standIn.do);
  return standIn.settings;
};

Deno.test("dumb-init: options and variables", () => {
  const dumb = (words: string[], env = {}, pid = 7) =>
    settingsOf(asDumbInit(words, environment(env), pid, (raw) => raw));
  assertEquals(dumb(["true"]).session, "new");
  assertEquals(dumb(["-c", "true"]).session, "same");
  assertEquals(dumb(["true"], { DUMB_INIT_SETSID: "0" }).session, "same");
  assertEquals([...dumb(["true"]).rewrites], [[20, 19], [21, 19], [22, 19]]);
  assertEquals(dumb(["-r", "20:20", "-r", "15:0", "true"]).rewrites.get(20), 20);
  assertEquals([...dumb(["-c", "-r", "15:0", "true"]).rewrites], [[15, 0]]);
  assertEquals(dumb(["true"]).stopsOnSignal, true);
  assertEquals([dumb(["true"]).leftovers, dumb(["true"], {}, 1).leftovers], ["ask", "end"]);
});

import { assertEquals } from "@std/assert";
import { asTini } from "../../src/init/as_tini.ts";

const environment = (values: Record<string, string>) => (name: string) => values[name];

const settingsOf = (standIn: ReturnType<typeof asTini>) => {
  if (standIn.do !== "run") throw new Error(standIn.do);
  return standIn.settings;
};

Deno.test("tini: options and variables", () => {
  const tini = (words: string[], env = {}, pid = 7) =>
    settingsOf(asTini(words, environment(env), pid, (raw) => raw));
  assertEquals(tini(["true"]).subreaper, false);
  assertEquals(tini(["-s", "true"]).subreaper, true);
  assertEquals(tini(["true"], { TINI_SUBREAPER: "" }).subreaper, true);
  assertEquals(tini(["true"], { TINI_KILL_PROCESS_GROUP: "1" }).toGroup, true);
  assertEquals([...tini(["true"]).rewrites], [[21, 0], [22, 0]]);
  assertEquals(tini(["-p", "SIGKILL", "-p", "SIGTERM", "true"]).parentDeath, 15);
  assertEquals([...tini(["-e", "1", "-e2", "true"]).expected], [1, 2]);
  assertEquals(tini(["true"]).leftovers, "leave");
  assertEquals(tini(["true"], {}, 1).leftovers, "end");
  assertEquals(tini(["prog", "--", "-x"]).words, ["prog", "-x"]);
  assertEquals(tini(["--", "prog", "-x", "--"]).words, ["prog", "-x", "--"]);
  assertEquals(tini(["-s", "--", "prog", "--", "-x"]).words, ["prog", "--", "-x"]);
});

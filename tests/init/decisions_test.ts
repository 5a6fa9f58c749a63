import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { awaitedSignals, forwarded, isForwardable } from "../../src/init/forwarding.ts";
import { takeOptions } from "../../src/init/getopt.ts";
import { chooseGroup, type Surroundings } from "../../src/init/job_control.ts";
import { asDumbInit } from "../../src/init/as_dumb_init.ts";
import { asTini } from "../../src/init/as_tini.ts";
import { changeOf } from "../../src/libc/processes/changes.ts";

Deno.test("init waits for every signal that can be blocked, but for the engine's own", () => {
  const missing = Array.from({ length: 64 }, (_, i) => i + 1)
    .filter((n) => !awaitedSignals().includes(n));
  assertEquals(missing, [9, 16, 19, 32, 33]);
});

Deno.test("init can forward all signals but six", () => {
  const all = Array.from({ length: 64 }, (_, i) => i + 1);
  assertEquals(all.filter((n) => !isForwardable(n)), [9, 16, 17, 19, 32, 33]);
});

Deno.test("forwarding: rewriting, dropping, and what the terminal has sent to everybody", () => {
  const rewrites = new Map([[15, 3], [1, 0]]);
  const sent = (number: number) => ({ number, byKernel: false });
  const typed = (number: number) => ({ number, byKernel: true });
  assertEquals(forwarded(sent(15), rewrites, "own", false), 3);
  assertEquals(forwarded(sent(1), rewrites, "own", false), 0);
  assertEquals(forwarded(sent(17), rewrites, "own", false), 0);
  assertEquals(forwarded(sent(64), rewrites, "shared", false), 64);
  assertEquals(forwarded(typed(2), rewrites, "own", false), 2);
  assertEquals(forwarded(typed(2), rewrites, "shared", false), 0);
  assertEquals(forwarded(typed(28), rewrites, "shared", true), 28);
});

Deno.test("where the program belongs", () => {
  const shell: Surroundings = {
    session: "job",
    toGroup: false,
    hasTerminal: true,
    leadsSession: false,
    leadsGroup: true,
    piped: false,
  };
  assertEquals(chooseGroup(shell), "own");
  assertEquals(chooseGroup({ ...shell, piped: true }), "shared", "imp init -- prog | less");
  assertEquals(chooseGroup({ ...shell, leadsGroup: false }), "shared", "a script");
  assertEquals(chooseGroup({ ...shell, piped: true, toGroup: true }), "own", "-g asks for it");
  assertEquals(chooseGroup({ ...shell, piped: true, hasTerminal: false }), "own", "a service");
  assertEquals(chooseGroup({ ...shell, piped: true, leadsSession: true }), "own", "a container");
  assertEquals(chooseGroup({ ...shell, session: "new" }), "session");
  assertEquals(chooseGroup({ ...shell, session: "same" }), "shared");
});

Deno.test("getopt: clusters, values, long names, the end of options", () => {
  const names = { a: "alpha", b: "beta", c: "betray" };
  const take = (...words: string[]) => takeOptions(words, "ab:c", names);
  assertEquals(take("-acb", "v", "p", "-a").options.map(({ letter }) => letter).join(""), "acb");
  assertEquals(take("-ab1", "p").options.at(-1), { letter: "b", value: "1" });
  assertEquals(take("--beta=x", "p").options, [{ letter: "b", value: "x" }]);
  assertEquals(take("--al", "p").options, [{ letter: "a" }]);
  assertEquals(take("--bet", "p").wrong, "--bet");
  assertEquals(take("--alpha=1").wrong, "--alpha=1");
  assertEquals(take("-b").wrong, "-b");
  assertEquals(take("-x").wrong, "-x");
  assertEquals(take("--", "-a").operands, ["-a"]);
  assertEquals(take("-", "-a").operands, ["-", "-a"]);
});

Deno.test("getopt: the program's words are never touched", () => {
  fc.assert(fc.property(fc.array(fc.string()), (words) => {
    assertEquals(takeOptions(["-a", "--", ...words], "ab:c").operands, words);
    assertEquals(takeOptions(["prog", ...words], "ab:c").operands, ["prog", ...words]);
  }));
});

const environment = (values: Record<string, string>) => (name: string) => values[name];
const settingsOf = (standIn: ReturnType<typeof asTini>) => {
  if (standIn.do !== "run") throw new Error(standIn.text);
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
});

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

Deno.test("wait statuses: stopped and continued children have not ended", () => {
  assertEquals(changeOf(0xffff), { what: "continued" });
  assertEquals(changeOf(20 << 8 | 0x7f), { what: "stopped", signal: 20 });
  assertEquals(changeOf(3 << 8), { what: "ended", ending: { how: "exit", code: 3 } });
  assertEquals(changeOf(15), { what: "ended", ending: { how: "signal", signal: 15, core: false } });
});

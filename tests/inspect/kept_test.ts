import { assertEquals } from "@std/assert";
import { classify } from "../../src/inspect/classify.ts";
import { waiterRole } from "../../src/inspect/kept.ts";
import { answerWord } from "../../src/inspect/outcome.ts";
import { verdictOf } from "../../src/inspect/verdict.ts";
import { NO_TERMINAL, program, situation } from "./samples.ts";

const WORDS = ["/usr/bin/imp", "keeper-turn", "/var/lib/imp/daemons/web"];

Deno.test("kept daemons: waiters are recognised by their names and their words", () => {
  assertEquals(waiterRole("imp-keeper", ["imp-keeper", ...WORDS]), { name: "web", as: "keeper" });
  assertEquals(waiterRole("imp-guard", ["imp-guard", "", ...WORDS]), { name: "web", as: "guard" });
  assertEquals(waiterRole("bash", ["bash", ...WORDS]), null);
  assertEquals(waiterRole("imp-keeper", ["imp-keeper"]), null);
  assertEquals(waiterRole("imp-keeper", ["imp-keeper", "keeper-turn", "web"]), null);
  assertEquals(waiterRole("constructor", WORDS), null);
});

Deno.test("kept daemons: what they are", () => {
  const titled = (as: "member" | "keeper" | "guard", state = "S") => {
    const { kind, title } = classify(situation(
      { ...NO_TERMINAL, kept: { name: "web", as }, state },
      { leader: null, managers: [] },
    ));
    return [kind, title];
  };
  assertEquals(titled("member"), ["daemon", "daemon kept by imp: web"]);
  assertEquals(titled("member", "T"), ["daemon", "stopped daemon kept by imp: web"]);
  assertEquals(titled("keeper"), ["daemon", "keeper of the daemon web"]);
  assertEquals(titled("guard"), ["daemon", "guard of the keeper of the daemon web"]);
  assertEquals(titled("member", "Z")[0], "zombie");
});

Deno.test("kept daemons: one with a terminal of its own survives every login", () => {
  const keeper = program({ comm: "imp-keeper", shell: undefined });
  const around = { keeper, leader: null, managers: [] };
  const main = situation({ kept: { name: "game", as: "member" } }, around);
  const { kind, title, evidence } = classify(main);
  assertEquals([kind, title], ["daemon", "daemon kept by imp: game"]);
  assertEquals(evidence.some((one) => one.includes("imp attach game")), true);
  // So do those that it has started.
  for (const one of [main, situation({ kept: null }, around)]) {
    const { closing, exit, logout } = verdictOf(one)!;
    assertEquals([closing, exit, logout].map(answerWord), ["yes", "yes", "yes"]);
  }
});

// Processes on whose end that of another depends; tests/e2e/inspect_sessions_test.ts uses real ones.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { endingCommand } from "../../src/inspect/around.ts";
import { answerWord } from "../../src/inspect/outcome.ts";
import { verdictOf } from "../../src/inspect/verdict.ts";
import { NO_TERMINAL, program, signals, situation } from "./samples.ts";

const OUTER = "/dev/pts/1";

/** A process in front on the outer terminal, which has opened the inner one. */
function holder(comm: string, own: Parameters<typeof signals>[0]) {
  const process = { pid: 3999, comm, tty: OUTER, foreground: true, signals: signals(own) };
  return situation(process, {
    leader: program({ pid: 3000, sid: 3000 }),
    managers: [program({ pid: 3000, sid: 3000 })],
  });
}

const closing = (around: Parameters<typeof situation>[1], process = {}) =>
  verdictOf(situation(process, around))!.closing;

Deno.test("the window is that of the one who holds the terminal", () => {
  const script = holder("script", { blocked: ["HUP"] });
  assertEquals(answerWord(closing({ around: { keeper: script } })), "likely yes");
  assertEquals(answerWord(closing({ around: { keeper: script } }, { foreground: true })), "yes");
  // One that ends by SIGHUP hangs the inner terminal up.
  const plain = holder("expect", {});
  assertEquals(answerWord(closing({ around: { keeper: plain } }, { foreground: true })), "no");
  const deaf = holder("expect", { ignored: ["HUP"] });
  assertEquals(answerWord(closing({ around: { keeper: deaf } }, { foreground: true })), "yes");
  const monitor = program({ comm: "sudo", shell: undefined, interactive: false });
  const sudo = holder("sudo", { caught: ["HUP"] });
  const inSudo = { leader: monitor, managers: [monitor], around: { keeper: sudo } };
  assertEquals(answerWord(closing(inSudo, { foreground: true })), "no");
});

Deno.test("a living imp and PID 1 of the namespace take along what is below them", () => {
  const imp = situation({
    pid: 3998,
    comm: "imp",
    command: ["imp", "pool", "x"],
    foreground: true,
  });
  const below = verdictOf(situation(NO_TERMINAL, { managers: [], around: { imp } }))!;
  assertEquals([below.closing, below.exit].map(answerWord), ["no", "depends"]);
  assertStringIncludes(below.closing.reason, "it ends with imp (pid 3998)");
  // Its own handler ends it, and all below.
  const zsh = program({ comm: "zsh", shell: "zsh" });
  const job = { comm: "imp", command: ["imp", "with"], signals: signals({ caught: ["HUP"] }) };
  assertEquals(
    answerWord(verdictOf(situation(job, { leader: zsh, managers: [zsh] }))!.exit),
    "likely no",
  );
  const shell = { ignored: ["TERM", "TTOU"], caught: ["HUP"] };
  const init = situation({
    pid: 1,
    comm: "bash",
    exe: "/bin/bash",
    namespacePids: [1],
    signals: signals(shell),
  });
  const inside = verdictOf(situation(NO_TERMINAL, { managers: [], around: { init } }))!;
  assertEquals([inside.closing, inside.exit, inside.logout].map(answerWord), ["no", "no", "no"]);
  assertStringIncludes(inside.exit.reason, "PID 1 of its PID namespace");
});

Deno.test("PID 1 of a namespace is spared what it has no handler for", () => {
  const first = { pid: 9, namespacePids: [9, 1], foreground: true };
  assertEquals(answerWord(closing({}, first)), "yes");
});

Deno.test("a terminal that is held from outside the namespace may stay open", () => {
  const leader = program({ ppid: 0 });
  const answer = closing({ leader, managers: [leader], keeper: null }, { foreground: true });
  assertEquals(answerWord(answer), "depends");
  assertEquals(answer.dependsOn?.length, 1);
});

Deno.test("a manager that is spared passes nothing on", () => {
  const imp = program({ pid: 3998, pgid: 3998, comm: "imp", shell: undefined, interactive: false });
  const manager = situation({ pid: 3998, comm: "imp", signals: signals({ caught: ["HUP"] }) });
  const { exit } = verdictOf(situation({}, { managers: [imp, program()], around: { manager } }))!;
  assertEquals(answerWord(exit), "likely yes");
});

Deno.test("endingCommand: only commands of imp that end what is below them", () => {
  const of = (...command: string[]) => endingCommand({ comm: "imp", command });
  assertEquals([of("imp", "-v", "with", "--", "x"), of("imp", "run", "x")], ["with", undefined]);
  assertEquals(endingCommand({ comm: "sh", command: ["sh", "pool"] }), undefined);
});

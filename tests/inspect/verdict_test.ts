// What the survival test (tests/e2e) cannot make here: systemd, multiplexers, handlers, unknown shells.
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ProcessFacts } from "../../src/inspect/facts.ts";
import type { Situation } from "../../src/inspect/situation.ts";
import { answerWord as word } from "../../src/inspect/outcome.ts";
import { verdictOf } from "../../src/inspect/verdict.ts";
import { ADOPTED, descriptor, NO_TERMINAL, program, signals, situation } from "./samples.ts";

function judge(process: Partial<ProcessFacts>, around?: Partial<Situation>): string[] {
  const verdict = verdictOf(situation(process, around))!;
  return [verdict.closing, verdict.exit, verdict.logout].map(word);
}

function under(changes: Parameters<typeof program>[0]): Partial<Situation> {
  const shell = program(changes);
  return { leader: shell, managers: [shell] };
}

Deno.test("each shell has its way with a background job", () => {
  assertEquals(judge({}, under({})), ["likely no", "likely yes", "likely yes"]);
  assertEquals(judge({}, under({ login: true })), ["likely no", "likely yes", "likely yes"]);
  assertEquals(judge({}, under({ comm: "zsh", shell: "zsh" })), [
    "likely no",
    "likely no",
    "likely no",
  ]);
  assertEquals(judge({}, under({ comm: "dash", shell: "dash", hangup: "default" })), [
    "yes",
    "likely yes",
    "likely yes",
  ]);
  assertEquals(judge({}, under({ comm: "fish", shell: "fish" })), [
    "depends",
    "depends",
    "depends",
  ]);
});

Deno.test("a handler or a mask decides, where a signal comes", () => {
  const caught = { signals: signals({ caught: ["HUP"] }) };
  assertEquals(judge(caught), ["depends", "likely yes", "likely yes"]);
  assertEquals(judge({ ...caught, foreground: true })[0], "depends");
  const blocked = { signals: signals({ blocked: ["HUP"] }), foreground: true };
  assertEquals(judge(blocked)[0], "depends");
  const ignored = { signals: signals({ ignored: ["HUP"] }) };
  // A trap may end it by any signal.
  assertEquals(judge(ignored), ["likely yes", "likely yes", "likely yes"]);
  // bash ends stopped jobs with SIGTERM as well; only a process that ignores both is safe.
  assertEquals(judge({ ...ignored, state: "T" })[0], "likely no");
  const both = { signals: signals({ ignored: ["HUP", "TERM"] }), state: "T" };
  assertEquals(judge(both), ["likely yes", "yes", "yes"]);
});

Deno.test("a leader that does not end of SIGHUP leaves it open", () => {
  const shell = program({ shell: "fish", comm: "fish", interactive: false, hangup: "ignored" });
  assertEquals(judge({}, { leader: shell })[0], "depends");
  const server = program({ comm: "server", shell: undefined, hangup: "caught" });
  assertEquals(judge({}, { leader: server })[0], "depends");
});

Deno.test("without a terminal nothing comes", () => {
  const daemon = { ...NO_TERMINAL, ...ADOPTED, sid: 4200, pgid: 4200 };
  assertEquals(judge(daemon, { leader: null, managers: [] }), ["yes", "yes", "yes"]);
  assertEquals(judge({ kernelThread: true, ...NO_TERMINAL }), ["yes", "yes", "yes"]);
});

Deno.test("a zombie has no future", () => {
  assertEquals(verdictOf(situation({ state: "Z" })), undefined);
});

Deno.test("a shell goes with its terminal", () => {
  const shell = {
    comm: "bash",
    exe: "/bin/bash",
    signals: signals({ ignored: ["TERM", "TTOU"], caught: ["HUP"] }),
  };
  assertEquals(judge({ ...shell, sessionLeader: true }), ["no", "no", "no"]);
});

Deno.test("a session whose leader cannot be seen is not guessed at", () => {
  assertEquals(judge({ sid: 0 }, { leader: null, managers: [] }).slice(0, 2), [
    "depends",
    "depends",
  ]);
});

const SESSION = "/user.slice/user-1000.slice/session-3.scope";
const SERVICE = "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service";

Deno.test("systemd-logind kills what a login has left, if it is told to", () => {
  const nohup = { signals: signals({ ignored: ["HUP"] }), cgroup: SESSION };
  const rules = (kills?: boolean) => ({ logout: { systemd: true, kills, lingers: false } });
  assertEquals(judge(nohup, rules(true))[2], "no");
  assertEquals(judge(nohup, rules(false))[2], "likely yes");
  assertEquals(judge(nohup, rules())[2], "depends");
  assertEquals(
    judge({ ...nohup, cgroup: "/system.slice/cron.service" }, rules(true))[2],
    "likely yes",
  );
  // A daemon is in the session's scope as well: two forks do not leave a cgroup.
  const daemon = { ...NO_TERMINAL, ...ADOPTED, sid: 4200, pgid: 4200, cgroup: SESSION };
  assertEquals(judge(daemon, { ...rules(true), leader: null, managers: [] }), ["yes", "yes", "no"]);
});

Deno.test("a user's service ends after the last logout, unless the user lingers", () => {
  const daemon = { ...NO_TERMINAL, ...ADOPTED, cgroup: SERVICE };
  const rules = (lingers: boolean) => ({
    leader: null,
    managers: [],
    logout: { systemd: true, lingers },
  });
  assertEquals(judge(daemon, rules(false))[2], "likely no");
  assertEquals(judge(daemon, rules(true))[2], "yes");
});

Deno.test("tmux and screen keep their terminals when the user goes", () => {
  for (const comm of ["tmux: server", "screen", "SCREEN"]) {
    const verdict = verdictOf(situation({}, { keeper: program({ comm, shell: undefined }) }))!;
    assertEquals(verdict.logout.answer, "yes");
    assertStringIncludes(verdict.notes.join("; "), "detaches");
  }
});

Deno.test("what becomes of the output is reported", () => {
  const notes = (process: Partial<ProcessFacts>) => verdictOf(situation(process))!.notes.join("; ");
  assertStringIncludes(notes({}), "writing to stdout and stderr fails with EIO");
  const gone = { ...descriptor(1, "/dev/pts/3", "terminal"), deleted: true };
  assertStringIncludes(
    notes({ ...NO_TERMINAL, fds: [gone] }),
    "its terminal is gone: using stdout",
  );
  assertStringIncludes(notes({ fds: [descriptor(1, "pipe:[1]", "pipe")] }), "SIGPIPE");
  assertEquals(notes({ ...NO_TERMINAL }), "");
});

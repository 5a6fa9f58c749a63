import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ProcessFacts } from "../../src/inspect/facts.ts";
import { classify } from "../../src/inspect/classify.ts";
import type { KindName } from "../../src/inspect/kind.ts";
import type { Situation } from "../../src/inspect/situation.ts";
import { ADOPTED, descriptor, NO_TERMINAL, program, signals, situation } from "./samples.ts";

const SHELL_SIGNALS = signals({ ignored: ["TERM", "TSTP", "TTOU"], caught: ["HUP"] });
const alone = { leader: null, managers: [], keeper: null };
const daemonized = { ...NO_TERMINAL, ...ADOPTED, sid: 4200, pgid: 4200, groupLeader: false };
const leading = { ...NO_TERMINAL, sid: 4242, pgid: 4242, sessionLeader: true };

type Row = [what: string, KindName, Partial<ProcessFacts>, Partial<Situation>?];

const ROWS: Row[] = [
  ["a job in front", "foreground-job", { foreground: true, foregroundPgid: 4242 }],
  ["a job behind", "background-job", {}],
  ["a job stopped", "stopped-job", { state: "T" }],
  ["a job held by a debugger", "stopped-job", { state: "t", tracer: 7 }],
  ["nohup", "nohup-job", { signals: signals({ ignored: ["HUP"] }) }],
  ["( & )", "detached", ADOPTED, { managers: [] }],
  ["setsid from a terminal", "own-session", {
    ...leading,
    ...ADOPTED,
    parent: { pid: 1, comm: "init", role: "init", adopted: false },
    fds: [descriptor(0, "/dev/pts/3", "terminal")],
  }, alone],
  ["setsid that was not given up", "own-session", leading, { leader: program({ pid: 4242 }) }],
  ["two forks", "daemon", daemonized, alone],
  ["one fork, as daemon(3)", "daemon", {
    ...leading,
    ppid: 1,
    parent: { pid: 1, comm: "init", role: "init", adopted: false },
  }, alone],
  ["survivor of a closed terminal", "orphan", { ...NO_TERMINAL, ...ADOPTED }, alone],
  ["orphan in a living session", "orphan", { ...NO_TERMINAL, ...ADOPTED }],
  ["a worker of a daemon", "child", {
    ...daemonized,
    ppid: 4241,
    parent: { pid: 4241, comm: "nginx", role: "other", adopted: false },
  }, alone],
  ["the shell", "shell", {
    comm: "bash",
    exe: "/bin/bash",
    sid: 4242,
    sessionLeader: true,
    signals: SHELL_SIGNALS,
  }],
  ["a shell inside", "shell", { comm: "zsh", exe: "/bin/zsh", signals: SHELL_SIGNALS }],
  ["the only program of a terminal", "session-leader", { sid: 4242, sessionLeader: true }],
  ["a zombie", "zombie", { ...NO_TERMINAL, state: "Z", command: [] }],
  ["no zombie: its other threads live", "background-job", { state: "Z", threads: 3 }],
  ["a thread of the kernel", "kernel-thread", { ...NO_TERMINAL, kernelThread: true, sid: 0 }],
  ["init", "init", { ...NO_TERMINAL, pid: 1, sid: 1 }],
];

for (const [what, kind, process, around] of ROWS) {
  Deno.test(`${what} is: ${kind}`, () => {
    const found = classify(situation(process, around));
    assertEquals(found.kind, kind, JSON.stringify(found));
    assertEquals(found.evidence.length > 0, true);
    for (const sentence of found.evidence) {
      assertEquals(/\.$|(?<!dev\/)null|undefined/.test(sentence), false);
    }
  });
}

Deno.test("evidence names who is meant", () => {
  const job = classify(situation());
  assertEquals(job.title, "background job of bash (pid 4000)");
  assertStringIncludes(job.evidence.join("; "), "whether it was disowned");
  const dash = program({ comm: "dash", shell: "dash" });
  const other = classify(situation({}, { managers: [dash] }));
  assertEquals(other.evidence.join("; ").includes("disowned"), false);
  const script = program({ pid: 4100, comm: "timeout", shell: undefined, interactive: false });
  assertEquals(
    classify(situation({}, { managers: [script] })).title,
    "background process under timeout (pid 4100)",
  );
});

Deno.test("a daemon with a terminal left open is told so", () => {
  const fds = [descriptor(0, "/dev/null", "null"), descriptor(1, "/dev/pts/3", "terminal")];
  const { evidence } = classify(situation({ ...daemonized, fds }, alone));
  assertStringIncludes(evidence.join("; "), "1 leads to a terminal");
});

Deno.test("what is stopped is headed so, also without a terminal", () => {
  const { kind, title, evidence } = classify(situation({ ...daemonized, state: "T" }, alone));
  assertEquals([kind, title], ["daemon", "stopped daemon"]);
  assertStringIncludes(evidence[0], "SIGCONT continues it");
  assertEquals(classify(situation({ state: "T" })).title, "stopped job of bash (pid 4000)");
});

Deno.test("what is in a shell's own group is not a job in front", () => {
  const shell = program();
  const { kind, title } = classify(
    situation({ pgid: 4000, foreground: true }, { groupShell: shell }),
  );
  assertEquals([kind, title], ["shell-group", "process in the group of bash (pid 4000) itself"]);
});

Deno.test("a service of systemd is called by its unit", () => {
  const parent = { pid: 1, comm: "systemd", role: "init", adopted: false } as const;
  const cgroup = "/system.slice/nginx.service";
  assertEquals(
    classify(situation({ ...leading, ppid: 1, parent, cgroup }, alone)).title,
    "daemon: service nginx.service",
  );
});

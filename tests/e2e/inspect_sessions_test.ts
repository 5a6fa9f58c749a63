// Verdicts with more than one session, terminal or namespace around a process: each is set up, inspected, and then
// the outer terminal is closed or the inner shell is left.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  e2e,
  e2eAsRoot,
  eventually,
  exists,
  installed,
  isAlive,
  type Sandbox,
  wordsOf,
} from "./harness.ts";
import { inspect } from "./inspecting.ts";
import { openShell, type TerminalShell } from "./terminal.ts";

const BASH = ["bash", "--norc", "--noprofile"];
const INNER = BASH.join(" ");
const NAMESPACE = "unshare -pf --mount-proc bash --norc -i";

interface Case {
  name: string;
  /** What is typed, `SLEEP` is the program that is judged. */
  lines: string[];
  event: "closing" | "exit";
  said: string;
  reason: string;
  /** Only root may. */
  root?: boolean;
}

const CASES: Case[] = [
  {
    name: "a job in script(1), whose terminal outlives its window",
    lines: [`SHELL=/bin/bash script -q -c "${INNER}" /dev/null`, "SLEEP &"],
    event: "closing",
    said: "likely yes",
    reason: "keeps its terminal open",
  },
  {
    name: "the program of script(1)",
    lines: ["SHELL=/bin/bash script -q -c 'exec SLEEP' /dev/null"],
    event: "closing",
    said: "yes",
    reason: "keeps its terminal open",
  },
  {
    name: "the program of script(1) that has no terminal itself",
    lines: ["SHELL=/bin/bash setsid -w script -q -c 'exec SLEEP' /dev/null"],
    event: "closing",
    said: "yes",
    reason: "keeps its terminal open",
  },
  {
    name: "a foreground job in su -P",
    lines: [`su -P -s /bin/bash -c "${INNER}" root`, "SLEEP"],
    event: "closing",
    said: "yes",
    reason: "keeps its terminal open",
    root: true,
  },
  {
    name: "a helper of imp with",
    lines: ["$IMP with --daemon 'SLEEP' -- cat"],
    event: "closing",
    // The group in front is that of the program, not imp's own.
    said: "likely no",
    reason: "it ends with imp",
  },
  {
    name: "what a job of imp pool has put into a session of its own",
    lines: [`$IMP pool -j1 -- setsid -w sh -c 'exec SLEEP' ::: 1`],
    event: "closing",
    said: "no",
    reason: "it ends with imp",
  },
  {
    name: "a job of imp init in the background",
    lines: ["$IMP init -- SLEEP &"],
    event: "closing",
    said: "likely no",
    reason: "it ends with imp",
  },
  {
    name: "a job of imp pool in the background",
    lines: ["$IMP pool -j1 -- sh -c 'exec SLEEP' ::: 1 &"],
    event: "exit",
    said: "likely yes",
    reason: "leaves running jobs alone",
  },
  ...(["closing", "exit"] as const).flatMap((event): Case[] =>
    ["nohup SLEEP >/dev/null 2>&1 &", "setsid SLEEP &", "$IMP daemon -- SLEEP"].map((line) => ({
      name: `${line.replace(/ .*/, "").replace("$IMP", "imp daemon")}, in a PID namespace`,
      lines: [NAMESPACE, line],
      event,
      said: "no",
      reason: "PID 1 of its PID namespace",
      root: true,
    }))
  ),
];

for (const one of CASES) {
  const program = /\b(script|su|unshare)\b/.exec(one.lines[0])?.[1];
  const define = one.root ? e2eAsRoot : e2e;
  define(`inspect, ${one.event}: ${one.name}`, (box) => {
    if (program && !installed(program)) box.skip(`${program} is not installed`);
    return judgeAndSee(box, one);
  });
}

async function judgeAndSee(box: Sandbox, one: Case): Promise<void> {
  const shell = openShell(box, BASH);
  const pid = await start(box, shell, one.lines);
  const { found: [report] } = await inspect(box, pid);
  const { answer, likely, reason } = report.survives[one.event];
  assertEquals(likely ? `likely ${likely}` : answer, one.said, reason);
  assertStringIncludes(reason, one.reason);
  if (one.event === "exit") {
    shell.type("exit");
    if (!one.lines[0].startsWith("unshare")) await shell.ended();
  }
  if (one.event === "closing") {
    shell.close();
    await shell.ended();
  }
  if (one.said.endsWith("no")) await eventually(() => !isAlive(pid), "it survives");
  else assert(isAlive(pid));
  await box.endAll();
}

/** @returns the PID of the sleep */
async function start(box: Sandbox, shell: TerminalShell, lines: string[]): Promise<number> {
  const seconds = `${1000 + Math.floor(Math.random() * 1e6)}.5`;
  for (const line of lines) {
    shell.type(line.replaceAll("SLEEP", `sleep ${seconds}`));
    // An inner shell must be there before it is typed to: what it has not read yet, its terminal may drop.
    if (line !== lines.at(-1)) await shell.settled();
  }
  let pid: number | undefined;
  await eventually(
    () =>
      (pid = box.processes().find((pid) => wordsOf(pid).join(" ") === `sleep ${seconds}`)) !==
        undefined,
    () => `the program does not start:\n${shell.screen()}`,
  );
  return pid!;
}

e2e(
  "inspect: through script(1) the pane of tmux is known, also in the list of jobs",
  async (box) => {
    const shell = openShell(box, BASH);
    const socket = `-S ${box.path("tmux")}`;
    shell.type(`TERM=xterm tmux ${socket} -f /dev/null new-session ${INNER}`);
    await eventually(() =>
      box.processes().some((pid) =>
        wordsOf(pid)[0] === "bash" &&
        pid !== shell.pid
      ), "no pane");
    await shell.settled();
    if (installed("script")) {
      shell.type(`SHELL=/bin/bash script -q -c "${INNER}" /dev/null`);
      await shell.settled();
    }
    const pid = await start(box, shell, ["SLEEP &"]);
    shell.type(`$IMP inspect >${box.path("jobs")} 2>&1; echo told >${box.path("done")}`);
    await eventually(() => read(box, "done") !== "", () => shell.screen());
    assertStringIncludes(read(box, "jobs"), "the terminal is one of tmux's");
    const { found: [report] } = await inspect(box, pid);
    assertStringIncludes(report.notes.join("; "), "one of tmux's");
    assertEquals(report.survives.logout.answer, "yes");
    await box.run(["tmux", ...socket.split(" "), "kill-server"]);
    shell.close();
    await shell.ended();
    await box.endAll();
  },
  ["tmux"],
);

e2eAsRoot(
  "inspect: a shell that has entered a PID namespace lists its own jobs alone",
  async (box) => {
    const shell = openShell(box, BASH);
    shell.type("unshare -pf --mount-proc sh -c 'sleep 1111.5 & exec sleep 1112.5' &");
    let target: number | undefined;
    await eventually(
      () => (target = box.processes().find((pid) => wordsOf(pid)[1] === "1112.5")) !== undefined,
      "no namespace",
    );
    shell.type(`nsenter -t ${target} -p -m ${INNER} -i`);
    await shell.settled();
    shell.type("sleep 1113.5 &");
    shell.type(`$IMP inspect --json >${box.path("jobs")}; echo told >${box.path("done")}`);
    await eventually(() => read(box, "done") !== "", () => shell.screen());
    const { jobs } = JSON.parse(read(box, "jobs"));
    assertEquals(jobs.map(({ command }: { command: string[] }) => command[1]), ["1113.5"]);
    shell.close();
    await shell.ended();
    await box.endAll();
  },
);

e2eAsRoot(
  "inspect: of what began in the same instant, a shell in a PID namespace lists its own alone",
  async (box) => {
    const shell = openShell(box, BASH);
    for (let round = 0; round < 5; round++) {
      const told = box.path(`told.${round}`);
      // What PID 1 has started itself looks as if it had adopted it.
      const script =
        `sleep 1114.5 & ${INNER} -ic "$IMP inspect --json >jobs; true"; mv jobs ${told}`;
      shell.type(`unshare -pf --mount-proc sh -c '${script}'`);
      await eventually(() => exists(told), () => shell.screen());
      assertEquals(JSON.parse(Deno.readTextFileSync(told)).jobs, []);
    }
    shell.close();
    await shell.ended();
    await box.endAll();
  },
  ["unshare"],
);

function read(box: Sandbox, name: string): string {
  try {
    return Deno.readTextFileSync(box.path(name));
  } catch {
    return "";
  }
}

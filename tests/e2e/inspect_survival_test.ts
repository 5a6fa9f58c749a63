// The verdicts of imp inspect against what happens: each case runs on a real terminal, is judged, and then the terminal
// is closed or the shell is left.
import { assertEquals } from "@std/assert";
import { eventually, isAlive, type Sandbox, sideBySide, statFields, wordsOf } from "./harness.ts";
import { openShell, type TerminalShell } from "./terminal.ts";

const e2e = sideBySide();

type Word = "yes" | "no" | "depends" | "likely yes" | "likely no";

interface Case {
  name: string;
  /** What is typed; `SLEEP` is the program that is judged, `^Z` the key. */
  lines: string[];
  kind: string;
  close: Word;
  exit: Word;
  /** Which of the two is tried; both, if left out. */
  only?: "close" | "exit";
  /** It was made so that the other of two outcomes happens: disown, huponexit, a trap. */
  unlikely?: boolean | "close" | "exit";
}

const SHELLS: Record<string, string[]> = {
  bash: ["bash", "--norc", "--noprofile"],
  zsh: ["zsh", "-f"],
  dash: ["dash"],
};

/** Those that are the same in every shell. */
const EVERYWHERE: Case[] = [
  { name: "setsid", lines: ["setsid SLEEP &"], kind: "own-session", close: "yes", exit: "yes" },
  { name: "( & )", lines: ["(SLEEP &)"], kind: "detached", close: "yes", exit: "yes" },
  {
    name: "left behind by a script",
    lines: ["sh -c 'SLEEP & '"],
    kind: "detached",
    close: "yes",
    exit: "yes",
  },
  { name: "stopped", lines: ["SLEEP", "^Z"], kind: "stopped-job", close: "no", exit: "no" },
  {
    name: "foreground",
    lines: ["SLEEP"],
    kind: "foreground-job",
    close: "no",
    exit: "depends",
    only: "close",
  },
  {
    name: "foreground nohup",
    lines: ["nohup SLEEP >/dev/null 2>&1"],
    kind: "foreground-job",
    close: "yes",
    exit: "depends",
    only: "close",
  },
  {
    name: "set +m &",
    lines: ["set +m", "SLEEP &"],
    kind: "shell-group",
    close: "no",
    exit: "no",
  },
  {
    name: "main program of the terminal",
    lines: ["exec SLEEP"],
    kind: "session-leader",
    close: "no",
    exit: "depends",
    only: "close",
  },
];

/** What a shell does to nohup'ed jobs hangs on its traps, where it runs any at its end. */
const nohup = (close: Word): Case => ({
  name: "nohup &",
  lines: ["nohup SLEEP >/dev/null 2>&1 &"],
  kind: "nohup-job",
  close,
  exit: "likely yes",
});
const TRAPPED = "trap 'kill $!' EXIT";
const nohupTrapped: Case = {
  ...nohup("likely yes"),
  name: "nohup &, a trap on EXIT",
  lines: ["nohup SLEEP >/dev/null 2>&1 &", TRAPPED],
  unlikely: true,
};
const background = (name: string, lines: string[], unlikely: Case["unlikely"]): Case => ({
  name,
  lines,
  kind: "background-job",
  close: "likely no",
  exit: "likely yes",
  unlikely,
});

const BASH: Case[] = [
  nohup("likely yes"),
  nohupTrapped,
  background("&", ["SLEEP &"], false),
  background("&, a trap on EXIT", ["SLEEP &", TRAPPED], "exit"),
  background("&, a trap for HUP", ["SLEEP &", "trap 'echo hung up' HUP"], "close"),
  background("&, then another bash by exec", ["SLEEP &", "exec bash --norc"], "close"),
  {
    name: "& before it ignores SIGHUP",
    lines: ["SLEEP &", "trap '' HUP"],
    kind: "background-job",
    close: "likely yes",
    exit: "likely yes",
  },
  {
    name: "process substitution",
    lines: ["exec 3> >(exec SLEEP)"],
    kind: "shell-group",
    close: "no",
    exit: "no",
  },
  {
    name: "set +m & in a bash inside",
    lines: ["bash --norc", "set +m", "SLEEP &"],
    kind: "shell-group",
    close: "no",
    exit: "likely yes",
  },
  {
    name: "in a script &",
    lines: ["sh -c 'SLEEP; :' &"],
    kind: "background-job",
    close: "likely no",
    exit: "likely yes",
  },
  {
    name: "adopted member of a living job",
    lines: ["sh -c '(SLEEP &); sleep 1000' &"],
    kind: "background-job",
    close: "likely no",
    exit: "likely yes",
  },
  {
    name: "disown",
    lines: ["SLEEP &", "disown"],
    kind: "background-job",
    close: "likely no",
    exit: "likely yes",
    unlikely: "close",
  },
  {
    name: "stopped nohup",
    lines: ["nohup SLEEP >/dev/null 2>&1", "^Z"],
    kind: "stopped-job",
    close: "likely no",
    exit: "likely no",
  },
  {
    name: "trap",
    lines: [`bash -c 'trap : HUP; for i in 1 2; do SLEEP; done' &`],
    kind: "background-job",
    close: "likely no",
    exit: "likely yes",
  },
  {
    name: "a bash inside",
    lines: ["bash --norc", "SLEEP &"],
    kind: "background-job",
    close: "depends",
    exit: "likely yes",
  },
];

const ZSH: Case[] = [
  nohup("likely yes"),
  nohupTrapped,
  {
    name: "process substitution",
    lines: ["exec 3> >(exec SLEEP)"],
    kind: "background-job",
    close: "likely no",
    exit: "likely no",
    unlikely: true,
  },
  {
    name: "&, then another zsh by exec",
    lines: ["SLEEP &", "exec zsh -f"],
    kind: "background-job",
    close: "likely no",
    exit: "likely no",
    unlikely: true,
  },
  { name: "&", lines: ["SLEEP &"], kind: "background-job", close: "likely no", exit: "likely no" },
  {
    name: "disown",
    lines: ["SLEEP &", "disown"],
    kind: "background-job",
    close: "likely no",
    exit: "likely no",
    unlikely: true,
  },
  {
    name: "NO_HUP",
    lines: ["setopt NO_HUP", "SLEEP &"],
    kind: "background-job",
    close: "likely no",
    exit: "likely no",
    unlikely: true,
  },
  {
    name: "stopped nohup",
    lines: ["nohup SLEEP >/dev/null 2>&1", "^Z"],
    kind: "stopped-job",
    close: "likely yes",
    exit: "likely yes",
  },
];

const DASH: Case[] = [
  nohup("yes"),
  { name: "&", lines: ["SLEEP &"], kind: "background-job", close: "yes", exit: "likely yes" },
  {
    name: "&, a trap on EXIT",
    lines: ["SLEEP &", TRAPPED],
    kind: "background-job",
    close: "yes",
    exit: "likely yes",
    unlikely: "exit",
  },
  {
    name: "stopped nohup",
    lines: ["nohup SLEEP >/dev/null 2>&1", "^Z"],
    kind: "stopped-job",
    close: "yes",
    exit: "likely yes",
  },
];

const OWN: Record<string, Case[]> = { bash: BASH, zsh: ZSH, dash: DASH };

for (const shell of Object.keys(SHELLS)) {
  for (const one of [...EVERYWHERE, ...OWN[shell]]) {
    for (const event of ["close", "exit"] as const) {
      if (one.only && one.only !== event) continue;
      const body = (box: Sandbox) => judgeAndSee(box, SHELLS[shell], one, event);
      e2e(`${shell}: ${one.name}, ${event}`, body, [shell]);
    }
  }
}

e2e("login bash: whether huponexit is set cannot be seen", async (box) => {
  const one: Case = {
    name: "",
    lines: ["shopt -s huponexit", "SLEEP &"],
    kind: "background-job",
    close: "likely no",
    exit: "likely yes",
    unlikely: true,
  };
  await judgeAndSee(box, ["-bash", "--norc", "--noprofile"], one, "exit");
});

async function judgeAndSee(
  box: Sandbox,
  argv: string[],
  one: Case,
  event: "close" | "exit",
): Promise<void> {
  const shell = openShell(box, argv);
  const pid = await start(box, shell, one);
  const { code, stdout } = await box.imp(["inspect", "--json", String(pid)]);
  assertEquals(code, 0);
  const { kind, survives } = JSON.parse(stdout);
  const expected = { kind: one.kind, close: one.close, exit: one.exit };
  assertEquals(
    { kind, close: word(survives.closing), exit: word(survives.exit) },
    expected,
    stdout,
  );
  if (event === "close") shell.close();
  // The first exit may only warn of jobs; what comes after the shell's end is read by nobody.
  else shell.type("exit\nexit\nexit");
  await shell.ended();
  const alive = await outlived(pid);
  const said = event === "close" ? one.close : one.exit;
  if (said === "yes" || said === "no") assertEquals(alive, said === "yes");
  else if (said !== "depends") {
    const unlikely = one.unlikely === true || one.unlikely === event;
    assertEquals(alive, (said === "likely yes") !== unlikely);
  }
  await box.endAll();
}

function word({ answer, likely }: { answer: Word; likely?: string }): string {
  return likely ? `likely ${likely}` : answer;
}

/** Types the lines. @returns the PID of the program, once the lines have taken effect */
async function start(box: Sandbox, shell: TerminalShell, one: Case): Promise<number> {
  // An argument that nobody else has.
  const seconds = `${1000 + Math.floor(Math.random() * 1e6)}.5`;
  let pid: number | undefined;
  const running = async () => {
    await eventually(
      () => (pid = find(box, seconds)) !== undefined,
      () => `the program does not start:\n${shell.screen()}`,
    );
    return pid!;
  };
  for (const line of one.lines) {
    if (line === "^Z") {
      const target = await running();
      await eventually(() => inForeground(target), "the program is not in the foreground");
      shell.suspend();
      await eventually(() => statFields(target)?.[0] === "T", "the program is not stopped");
    } else shell.type(line.replaceAll("SLEEP", `sleep ${seconds}`));
  }
  const target = await running();
  if (one.kind !== "foreground-job" && one.kind !== "session-leader") await shell.settled();
  else if (one.kind === "foreground-job") {
    await eventually(() => inForeground(target), "the program is not in the foreground");
  }
  return target;
}

function inForeground(pid: number): boolean {
  const fields = statFields(pid);
  return fields !== undefined && fields[2] === fields[5];
}

function find(box: Sandbox, seconds: string): number | undefined {
  return box.processes().find((pid) => wordsOf(pid)[0] === "sleep" && wordsOf(pid)[1] === seconds);
}

/**
 * Whether the process is still there once the shell is gone. All signals have been sent by then, and a process that
 * has one to die of shows it as pending, then runs to its end. Whoever sleeps with nothing pending, and still does at
 * the second look, has survived.
 */
async function outlived(pid: number): Promise<boolean> {
  let calm = 0;
  let status = "";
  await eventually(() => {
    status = isAlive(pid) ? readStatus(pid) : "";
    const pending = /^(SigPnd|ShdPnd):\t.*[1-9a-f]/m.test(status);
    calm = /^State:\tS/m.test(status) && !pending ? calm + 1 : 0;
    return status === "" || calm === 2;
  }, () => `it neither ends nor sleeps:\n${status}`);
  return status !== "";
}

function readStatus(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/status`);
  } catch {
    return "";
  }
}

import { O_CREAT, O_WRONLY, SIGKILL, SIGTERM } from "../../libc/abi.ts";
import { openTerminal } from "../../libc/descriptors/tty.ts";
import { closeFile, openFile, readTextOrNothing } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { orUndefined } from "../../procfs/read.ts";
import { readStatus } from "../../procfs/status.ts";
import { ownWords } from "../../libc/processes/own_file.ts";
import {
  event,
  type Facts,
  happens,
  type LabEvent,
  mustHold,
  no,
  type Pattern,
  type Rule,
  says,
  yes,
} from "../rules.ts";
import { programWords } from "../program.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { collectFacts } from "../../inspect/read_facts.ts";

/** What was shown under a heading must be so. */
export function shows(
  text: string,
  heading: string,
  is: (facts: Facts, one: LabEvent) => boolean,
): Rule {
  return mustHold(text, (events) => {
    const one = events.find(event("shows", undefined, heading));
    if (!one?.facts) return no("it was not seen");
    const told = Object.entries(one.facts).map(([name, value]) => `${name} ${value}`).join(", ");
    return is(one.facts, one) ? yes(told) : no(told);
  });
}

const SIZE = { rows: 24, columns: 80 };

export const oneFork: Scenario = {
  id: "one-fork-can-get-a-tty",
  title: "why daemons fork twice",
  topic: "daemons",
  learn:
    "A session leader without a terminal gets one simply by opening it, unless it says O_NOCTTY: from then on Ctrl-C and the closing of that terminal reach it. Only leaders can. The second fork makes a process that is in the session and does not lead it, so that no terminal becomes its own, whatever library opens one.",
  claim:
    "The second fork is not strictly necessary; it is a precaution, because after setsid the process leads its session and could open a controlling terminal again.",
  rules: [
    shows(
      "the leader of a session has no terminal at first",
      "leader before",
      ({ tty }) => tty === null,
    ),
    shows(
      "having opened one, it has it as its controlling terminal",
      "leader after",
      ({ tty, opened, leads }) => leads === true && tty === opened && tty !== null,
    ),
    shows(
      "after the second fork the process does not lead its session",
      "grandchild before",
      ({ tty, leads }) => tty === null && leads === false,
    ),
    shows(
      "having opened a terminal, it still has none as its own",
      "grandchild after",
      ({ tty, holds, leads }) => leads === false && tty === null && holds === true,
    ),
  ],
  names: ["grandchild"],
  play: async (stage) => {
    for (const [who, part] of [["leader", "leader"], ["grandchild", "first"]]) {
      const terminal = openTerminal(SIZE);
      try {
        const started = stage.start(part, { args: [terminal.path], newSession: true });
        await stage.until(() => stage.has(says("no terminal so far", who)));
        const pid = stage.pids(who)[0];
        if (who === "grandchild") await stage.ended(started);
        stage.show(pid, `${who} before`, terminalFacts(pid, terminal.path));
        stage.next(started);
        await stage.until(() => stage.has(says(/^opened|^cannot/, who)));
        stage.show(pid, `${who} after`, terminalFacts(pid, terminal.path));
        stage.next(started);
        await stage.ended(pid);
      } finally {
        closeFile(terminal.master);
      }
    }
  },
};

function terminalFacts(pid: number, opened: string): Facts {
  const facts = collectFacts(pid);
  return {
    tty: facts?.tty ?? null,
    leads: facts?.sessionLeader ?? false,
    opened,
    holds: facts?.fds.some(({ target }) => target === opened) ?? false,
  };
}

/** Masks, and the permissions of a file and of a directory created under each. */
const MASKS: Readonly<Record<string, readonly [file: string, folder: string]>> = {
  "000": ["666", "777"],
  "022": ["644", "755"],
  "077": ["600", "700"],
  "033": ["644", "744"],
};

export const umask: Scenario = {
  id: "umask",
  title: "what a umask does to new files",
  topic: "daemons",
  learn:
    "A program asks for permissions when it creates something, 666 for files and 777 for directories as a rule; the kernel takes away the bits that are set in the umask. It can only take away.",
  claim:
    "The umask is 022 as a rule, which makes files 644 and directories 755: umask and permissions add up to 666 for files and to 777 for directories.",
  care:
    "It is not a sum: bits are taken away, 666 and-not 033 is 644. The sum would say 633, that is, a file that everybody may write to and execute.",
  rules: [
    ...Object.entries(MASKS).map(([mask, [file, folder]]) =>
      shows(
        `under ${mask} a file gets ${file} and a directory ${folder}`,
        `umask ${mask}`,
        (facts) => facts.umask === mask && facts.file === file && facts.folder === folder,
      )
    ),
    shows(
      "the rule of the sum fails for 033",
      "umask 033",
      ({ file }) => parseInt(String(file), 10) + 33 !== 666,
    ),
  ],
  play: async (stage) => {
    const main = stage.start("main", { args: [stage.directory, ...Object.keys(MASKS)] });
    for (const mask of Object.keys(MASKS)) {
      if (!await stage.until(() => stage.has(says(`umask ${mask}`)))) break;
      const status = orUndefined(readStatus(main));
      const mode = (name: string) => {
        const found = statPath(`${stage.directory}/${name}.${mask}`);
        return typeof found === "string" ? found : octal(found.mode);
      };
      stage.show(main, `umask ${mask}`, {
        umask: status?.umask === undefined ? null : octal(status.umask),
        file: mode("file"),
        folder: mode("folder"),
      });
      stage.next(main);
    }
    await stage.allEnded();
  },
};

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(3, "0");
}

/** How a daemon ends, and whether its pidfile should exist afterwards. */
interface PidfileCase {
  readonly who: string;
  readonly seconds: number;
  readonly manners: "tidy" | "careless";
  readonly signal?: number;
}

const CASES: readonly PidfileCase[] = [
  { who: "normal", seconds: 2, manners: "tidy" },
  { who: "asked", seconds: 100, manners: "tidy", signal: SIGTERM },
  { who: "careless", seconds: 100, manners: "careless", signal: SIGTERM },
  { who: "killed", seconds: 100, manners: "tidy", signal: SIGKILL },
];

export const pidfile: Scenario = {
  id: "pidfile",
  title: "what becomes of the file with a daemon's PID",
  topic: "daemons",
  learn:
    "Nobody removes the pidfile of a daemon that is killed: after kill -9 it names a PID that is free, and soon somebody else's. So the number alone must not be believed. imp daemon keeps a lock beside the file for the daemon's life, which the kernel releases whatever happens, and start time and boot in it.",
  claim:
    "The daemon writes its PID into a file and registers a function that removes the file when it exits abnormally.",
  care:
    "An exit function runs at a normal end only: not when a signal ends the process, unless it handles TERM (the careless daemon here does not), and never at kill -9.",
  rules: [
    shows(
      "while it runs the file holds its PID",
      "file of normal",
      ({ holds, pid }) => holds === pid,
    ),
    happens(
      "a second start on the same file is refused",
      says(/already running, pid \d+/, "start again"),
      1,
    ),
    shows("it is removed at a normal end", "end of normal", ({ file }) => file === "removed"),
    shows(
      "it is removed at TERM, which the daemon handles",
      "end of asked",
      ({ file }) => file === "removed",
    ),
    shows(
      "it stays at TERM, where the daemon does not",
      "end of careless",
      ({ file }) => file === "stays",
    ),
    shows(
      "after kill -9 it stays and names a process that is gone",
      "end of killed",
      ({ file, alive, holds, pid }) => file === "stays" && alive === false && holds === pid,
    ),
    shows(
      "it is recognised as stale: the next start takes it over",
      "file of successor",
      ({ holds, pid, alive }) => holds === pid && alive === true,
    ),
  ],
  follow: false,
  play: async (stage) => {
    for (const one of CASES) {
      const file = `${stage.directory}/${one.who}.pid`;
      const pid = await startDaemon(stage, one, file);
      if (pid === undefined) return;
      if (one.who === "normal") {
        const again = stage.run(daemonWords(one, file), { who: "start again" });
        await stage.ended(again);
        closeFile(openFile(`${file}.seen`, O_WRONLY | O_CREAT, 0o600));
      }
      if (one.signal !== undefined) stage.signal(pid, one.signal);
      await stage.ended(pid);
      stage.show(pid, `end of ${one.who}`, fileFacts(stage, file, pid));
    }
    const file = `${stage.directory}/killed.pid`;
    const pid = await startDaemon(stage, { ...CASES[1], who: "successor" }, file);
    if (pid === undefined) return;
    stage.signal(pid, SIGTERM);
    await stage.ended(pid);
  },
};

function daemonWords({ seconds, manners }: PidfileCase, file: string): string[] {
  const program = programWords("pidfile", "daemon", [file, `${seconds}`, manners]);
  return [...ownWords(), "daemon", "-p", file, "--", ...program];
}

/** @returns the PID that imp daemon has printed, once the daemon handles signals */
async function startDaemon(
  stage: Stage,
  one: PidfileCase,
  file: string,
): Promise<number | undefined> {
  const start = `start ${one.who}`;
  const printed: Pattern = says(/^\d+$/, start);
  await stage.ended(stage.run(daemonWords(one, file), { who: start }));
  const pid = Number(stage.events.find(printed)?.text ?? 0);
  if (pid === 0) return undefined;
  stage.observe(pid, one.who);
  const listens = () => orUndefined(readStatus(pid))?.signals.caught.includes(SIGTERM) ?? false;
  if (one.manners === "tidy") await stage.until(() => listens() || !stage.isAlive(pid));
  stage.show(pid, `file of ${one.who}`, fileFacts(stage, file, pid));
  return pid;
}

function fileFacts(stage: Stage, file: string, pid: number): Facts {
  const text = readTextOrNothing(file);
  return {
    pid,
    file: text === undefined ? "removed" : "stays",
    holds: text === undefined ? null : Number(text),
    alive: stage.isAlive(pid),
  };
}

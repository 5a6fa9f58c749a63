import { O_CREAT, O_WRONLY } from "../../libc/abi.ts";
import { ShellSession } from "../../compare/session.ts";
import { quoteAll, SHELLS } from "../../compare/shells.ts";
import { ImpError } from "../../base/errors.ts";
import { enter } from "../../libc/descriptors/directory.ts";
import { closeFile, openFile, readTextOrNothing } from "../../libc/descriptors/files.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import {
  type Facts,
  type LabEvent,
  mustHold,
  no,
  type Rule,
  type RuleResult,
  yes,
} from "../rules.ts";
import { programWords } from "../program.ts";
import type { Scenario } from "../scenario.ts";
import { PATIENCE_MS, type Stage } from "../stage.ts";
import { momentNow } from "../observer.ts";
import { collectFacts } from "../../inspect/read_facts.ts";

/** Every step, and the process that does it. */
const STEPS: Readonly<Record<string, string>> = {
  "started from the shell": "parent",
  "fork, the parent exits": "child",
  "setsid": "child",
  "chdir /": "child",
  "umask 0": "child",
  "fork again, the child exits": "grandchild",
  "0, 1 and 2 to /dev/null": "grandchild",
  "close the rest": "grandchild",
  "the terminal is closed": "grandchild",
};
/** After these, the process that did the previous step must be gone. */
const FORKS = ["fork, the parent exits", "fork again, the child exits"];
const CLOSED = "the terminal is closed";

/** A rule about one step, compared with another one. */
function after(
  step: string,
  text: string,
  judge: (now: Shown, before: Shown) => RuleResult,
  than = "started from the shell",
): Rule {
  return mustHold(`after ${step}: ${text}`, (events) => {
    const now = shown(events, step), before = shown(events, than);
    return now && before ? judge(now, before) : no("the step was not seen");
  });
}

interface Shown {
  readonly pid: number;
  readonly facts: Facts;
}

function shown(events: readonly LabEvent[], step: string): Shown | undefined {
  const found = events.find(({ what, text }) => what === "shows" && text === step);
  return found?.facts ? { pid: found.pid, facts: found.facts } : undefined;
}

function answer(holds: boolean, text: string): RuleResult {
  return holds ? yes(text) : no(text);
}

export const daemonizeSteps: Scenario = {
  id: "daemonize-steps",
  title: "a process becomes a daemon, step by step",
  topic: "daemons",
  follow: false,
  learn:
    "Each step takes away one tie. The first fork makes a process that leads no group, so that setsid(2) is allowed; setsid takes it out of the shell's session and away from the terminal; chdir lets go of a file system, umask of inherited permissions; the second fork makes a process that does not lead its session, so that no terminal can ever become its own; descriptors 0 to 2 lead to /dev/null, the others are closed.",
  claim:
    "A daemon is made by fork and exit of the parent, setsid, chdir to /, umask 0, closing of descriptors, a second fork, and 0, 1 and 2 to /dev/null. The first fork frees it from the terminal, because init adopts it.",
  care:
    "Adoption frees it from nothing: after the first fork session and terminal are still the shell's, as the timeline shows; setsid(2) frees it. And umask 0 makes files that everybody may write to, unless each is created with care: imp daemon takes 022 unless told otherwise.",
  rules: [
    after(
      "fork, the parent exits",
      "init or a subreaper is the parent, terminal and session are still the shell's",
      ({ facts }, { facts: old }) =>
        answer(
          facts.ppid !== old.ppid && facts.parentIs !== "shell" && facts.sid === old.sid &&
            facts.tty === old.tty && facts.tty !== null,
          `parent ${facts.ppid} ${facts.parent}, sid ${facts.sid}, tty ${facts.tty}`,
        ),
    ),
    after(
      "setsid",
      "it leads a new session and a new group, without terminal",
      ({ pid, facts }, { facts: old }) =>
        answer(
          facts.sid === pid && facts.pgid === pid && facts.sid !== old.sid && facts.tty === null,
          `pid ${pid}, pgid ${facts.pgid}, sid ${facts.sid}, tty ${facts.tty}`,
        ),
    ),
    after(
      "chdir /",
      "its directory is /",
      ({ facts }) => answer(facts.cwd === "/", `cwd ${facts.cwd}`),
    ),
    after(
      "umask 0",
      "its umask is 0",
      ({ facts }) => answer(facts.umask === "000", `umask ${facts.umask}`),
    ),
    after(
      "fork again, the child exits",
      "it is in the new session and does not lead it; init or a subreaper is the parent",
      ({ pid, facts }, { facts: old }) =>
        answer(
          facts.sid === old.sid && facts.sid !== pid && facts.ppid !== facts.sid,
          `pid ${pid}, sid ${facts.sid}, parent ${facts.ppid} ${facts.parent}`,
        ),
      "setsid",
    ),
    after(
      "close the rest",
      "0 to 2 lead to /dev/null and nothing else is open",
      ({ facts }) =>
        answer(
          facts.streams === "/dev/null" && facts.others === 0,
          `0-2 ${facts.streams}, others ${facts.others}`,
        ),
    ),
    after(
      CLOSED,
      "it lives on; its session is not the shell's, and no terminal is its own",
      ({ facts }, { facts: old }) =>
        answer(
          facts.state !== "Z" && facts.sid !== old.sid && facts.tty === null,
          `state ${facts.state}, sid ${facts.sid}, that of the shell ${old.sid}`,
        ),
    ),
  ],
  play: async (stage) => {
    const session = openShell(stage);
    stage.observe(session.pid, "shell");
    try {
      await follow(stage, session);
    } finally {
      session.hangUp();
      session.kill();
    }
    await stage.allEnded();
  },
};

async function follow(stage: Stage, session: ShellSession): Promise<void> {
  const { directory } = stage;
  await stage.until(() => {
    session.look();
    return session.prompts > 0;
  });
  session.type(quoteAll(programWords("daemonize-steps", "parent", [directory])));
  let previous = 0;
  for (const [i, [step, who]] of Object.entries(STEPS).entries()) {
    const pid = await reported(stage, session, i);
    if (pid === undefined) return;
    stage.observe(pid, who);
    if (FORKS.includes(step)) {
      const left = previous;
      await stage.until(() => momentNow(pid)?.ppid !== left);
    }
    if (step === CLOSED) {
      session.hangUp();
      stage.did(session.pid, "closes the terminal");
      await stage.ended(session.pid);
    }
    stage.show(pid, step, factsOf(pid));
    closeFile(openFile(`${directory}/${step.replaceAll("/", "")}`, O_WRONLY | O_CREAT, 0o600));
    previous = pid;
  }
}

/** Waits for the report of a step. @returns the PID that wrote it */
async function reported(
  stage: Stage,
  session: ShellSession,
  step: number,
): Promise<number | undefined> {
  let line: string | undefined;
  const text = () => readTextOrNothing(`${stage.directory}/record`)?.split("\n").slice(0, -1) ?? [];
  await stage.until(() => {
    // A terminal that nobody reads blocks its writers.
    session.look();
    return (line = text()[step]) !== undefined;
  }, PATIENCE_MS);
  return line === undefined ? undefined : Number(JSON.parse(line).pid);
}

function openShell(stage: Stage): ShellSession {
  const environment = stage.environment();
  for (const shell of SHELLS) {
    let path: string;
    try {
      path = findProgram(
        shell,
        Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        "/",
      );
    } catch {
      continue;
    }
    try {
      return new ShellSession({
        shell,
        path,
        environment,
        directory: stage.directory,
        token: "lab",
      });
    } finally {
      enter("/");
    }
  }
  throw new ImpError({
    action: "find",
    object: "a shell",
    why: `none of ${SHELLS.join(", ")} is installed`,
  });
}

function factsOf(pid: number): Facts {
  const facts = collectFacts(pid);
  if (!facts) return { state: "gone" };
  const streams = new Set(
    [0, 1, 2].map((n) => facts.fds.find(({ fd }) => fd === n)?.target ?? "closed"),
  );
  // Descriptors that the runtime opened for itself do not count as the daemon's.
  const others = facts.fds.filter(({ fd, kind, flags }) =>
    fd > 2 && kind !== "anonymous" && !flags.includes("cloexec")
  );
  return {
    state: facts.state,
    ppid: facts.ppid,
    parent: facts.parent?.comm ?? null,
    parentIs: facts.parent?.role ?? null,
    pgid: facts.pgid,
    sid: facts.sid,
    tty: facts.tty,
    cwd: facts.cwd,
    umask: facts.umask?.toString(8).padStart(3, "0") ?? null,
    streams: [...streams].join(", "),
    others: others.length,
  };
}

import { debug } from "../base/diagnostics.ts";
import { runtime } from "../runtime/mod.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { carriers, foreignSubject, probeSubject, readTag, type Subject } from "./subject.ts";
import { isRunning, type ProcessIdentity } from "../termination/identity.ts";
import { makePrivate } from "../libc/descriptors/directory.ts";
import {
  type Aftermath,
  type OutputFate,
  type Picture,
  pictureOf,
  type Row,
  type StartedRow,
  type StreamTarget,
  type TerminalEnding,
} from "./rows.ts";
import { countResults, endOf, signalsOf, startOf, writesOf } from "./record.ts";
import { ShellSession } from "./session.ts";
import { lacks, type StyleName, tagFor, typedLine, wrapperWords } from "./styles.ts";
import type { ComparedShell } from "./shells.ts";
import { collectFacts } from "../inspect/read_facts.ts";

/** What all trials of a comparison have in common. */
export interface TrialSettings {
  readonly shell: ComparedShell;
  readonly shellPath: string;
  readonly by: TerminalEnding;
  /** The program's words, ready to be typed; null for the probe. */
  readonly program: readonly string[] | null;
  /** The words that start imp. */
  readonly imp: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly token: string;
  readonly directory: string;
  readonly bystanders: ReadonlySet<number>;
  /** Gets every session before anything is typed. */
  readonly sessions: ShellSession[];
  /** Waits until the condition holds. @returns false if it does not within that time */
  wait(condition: () => boolean, ms: number): Promise<boolean>;
}

/** One style under trial. */
interface Trial {
  readonly style: StyleName;
  readonly setting: TrialSettings;
  readonly session: ShellSession;
  readonly subject: Subject;
  readonly tag: string;
  readonly line: string;
}

const START_MS = 15_000;
const SETTLE_MS = 5_000;
/** How long a started program may remain unseen. */
const UNSEEN_MS = 750;
const MOST_EXITS = 3;
const LONGEST_QUOTE = 160;
/** A program that reads from the same terminal may have taken the word. */
const LEAVE_MS = 1_500;

/** Starts the program in one style on its own terminal, ends the terminal and looks at what became of the program. */
export async function tryStyle(style: StyleName, setting: TrialSettings): Promise<Row> {
  const why = lacks(setting.shell, style);
  if (why) return { is: "unmeasured", style, why };
  const trial = prepare(style, setting);
  const found = await launch(trial);
  if (typeof found === "string") return { is: "unmeasured", style, why: found };
  debug("compare", "found", { style, pid: found.pid });
  const started = describe(trial, found);
  if (!started) return { is: "unmeasured", style, why: "it ended while imp was looking at it" };
  return await end(trial, found, started);
}

function prepare(style: StyleName, setting: TrialSettings): Trial {
  const { token, shell, shellPath: path, environment, bystanders, imp } = setting;
  const directory = `${setting.directory}/${style}`;
  makePrivate(directory);
  const session = new ShellSession({ shell, path, environment, directory, token });
  setting.sessions.push(session);
  const tag = tagFor(token, style);
  const record = `${setting.directory}/${style}.record`;
  const program = setting.program ?? [...imp, "compare-probe", record];
  const launch = { tag, program, imp };
  const subject = setting.program
    ? foreignSubject({ tag, bystanders, wrapper: wrapperWords(style, launch) })
    : probeSubject(record);
  return { style, setting, session, subject, tag, line: typedLine(style, launch) };
}

/** @returns the program's process, or why there is none */
async function launch(trial: Trial): Promise<ProcessIdentity | string> {
  const { style, setting, session, subject } = trial;
  const wait = waiting(trial);
  const { shell } = setting;
  if (!ShellSession.fits(trial.line)) return "the command is longer than a terminal line";
  if (!await wait(() => session.prompts > 0 || session.ended !== undefined, START_MS)) {
    return `${shell} shows no prompt: ${session.printed(0)}`;
  }
  const before = session.screen.length;
  const prompts = session.prompts;
  session.type(trial.line);
  debug("compare", "typed", { style, line: trial.line });
  const prompted = () => session.prompts > prompts;
  let found: ProcessIdentity | undefined;
  const ready = () => {
    found = subject.find();
    if (!found || !subject.isSettled(found)) return false;
    // The prompt comes once whatever merely starts the program has ended.
    return style === "foreground" || prompted();
  };
  const seen = () => carriers(trial.tag, setting.bystanders).length > 0;
  const done = await wait(until(ready, () => prompted() && !seen()), START_MS);
  if (done && found && isRunning(found)) return found;
  const problem = done
    ? "it had ended before its terminal did"
    : `it was not ready after ${START_MS / 1000} s`;
  return problem + lastWords(session.printed(before));
}

/** The last line on a terminal after a command, without its echo and the shell's job notices. */
function lastWords(printed: string): string {
  const lines = printed.split("\n").slice(1).filter((line) => !/^\[\d+\]|^\s*$/.test(line));
  const last = lines.pop()?.trim().slice(0, LONGEST_QUOTE);
  return last ? `; its terminal shows: ${last}` : "";
}

/** Holds if `ready` does, or if `hopeless` has held for a while. */
function until(ready: () => boolean, hopeless: () => boolean): () => boolean {
  let since: number | undefined;
  return () => {
    if (ready()) return true;
    if (!hopeless()) since = undefined;
    else since ??= runtime.now();
    return since !== undefined && runtime.now() - since > UNSEEN_MS;
  };
}

function describe(trial: Trial, { pid }: ProcessIdentity): Started | undefined {
  const shell = collectFacts(trial.session.pid);
  const facts = collectFacts(pid);
  if (!shell || !facts) return undefined;
  const inside = startOf(trial.subject.entries() ?? []);
  return {
    style: trial.style,
    shell: pictureOf(shell),
    before: nameAdopter(trial, pictureOf(facts, inside)),
    inside: inside ?? null,
  };
}

/** A new parent that is not the shell or started by it has adopted the process, so it is a subreaper: prctl(2). */
function nameAdopter({ session, setting }: Trial, picture: Picture): Picture {
  const { parent } = picture;
  if (!parent || parent.role === "init" || parent.pid === session.pid) return picture;
  if (readTag(parent.pid)?.startsWith(setting.token)) return picture;
  return { ...picture, parent: { ...parent, role: "subreaper" } };
}

type Started = Omit<StartedRow, "is" | "why">;

async function end(trial: Trial, name: ProcessIdentity, started: Started): Promise<Row> {
  const { session, subject, setting, style } = trial;
  const wait = waiting(trial);
  if (setting.by === "exit" && style === "foreground") {
    const why = "the shell is waiting for it and reads no exit";
    return { ...started, is: "started", why };
  }
  const exits = setting.by === "exit" ? await leave(trial) : 0;
  const written = writesOf(subject.entries() ?? []).length;
  session.hangUp();
  if (!await wait(() => session.ended !== undefined, SETTLE_MS)) {
    return { ...started, is: "started", why: `${setting.shell} did not end` };
  }
  subject.restart();
  const to = started.before.streams[1];
  const bytesThen = sizeOf(to);
  await wait(() => !isRunning(name) || subject.isSettled(name), SETTLE_MS);
  return {
    ...started,
    is: "measured",
    shellEnded: session.ended!,
    exits,
    after: aftermath(trial, name, started, { written, bytesThen }),
  };
}

/** Types `exit` until the shell exits: zsh wants it twice while jobs run. @returns how often */
async function leave(trial: Trial): Promise<number> {
  const { session } = trial;
  for (let times = 1;; times++) {
    const prompts = session.prompts;
    session.type("exit");
    await waiting(trial)(
      () => session.ended !== undefined || session.prompts > prompts,
      LEAVE_MS,
    );
    if (session.ended !== undefined || times === MOST_EXITS) return times;
  }
}

/** What existed when the terminal was gone. */
interface Mark {
  readonly written: number;
  readonly bytesThen: number | null;
}

function aftermath(trial: Trial, name: ProcessIdentity, started: Started, mark: Mark): Aftermath {
  const { subject, tag, setting } = trial;
  const entries = subject.entries();
  const alive = isRunning(name);
  const facts = alive ? collectFacts(name.pid) : undefined;
  const others = carriers(tag, setting.bystanders).filter(({ pid }) => pid !== name.pid);
  return {
    alive,
    picture: facts ? nameAdopter(trial, pictureOf(facts, started.inside ?? undefined)) : null,
    signals: entries ? signalsOf(entries) : null,
    endedBy: alive || !entries ? null : endOf(entries) ?? null,
    descendants: others.length,
    output: outputOf(trial, started.before.streams[1], mark),
  };
}

function outputOf({ subject, session }: Trial, to: StreamTarget | null, mark: Mark): OutputFate {
  const entries = subject.entries();
  const writes = entries && writesOf(entries);
  const bytesNow = sizeOf(to);
  return {
    to,
    onTerminal: writes ? session.screen.match(/probe line \d+/g)?.length ?? 0 : null,
    before: writes ? countResults(writes.slice(0, mark.written)) : null,
    after: writes ? countResults(writes.slice(mark.written)) : null,
    file: mark.bytesThen === null || bytesNow === null
      ? null
      : { bytesThen: mark.bytesThen, bytesNow },
  };
}

/** The size of the regular file that a stream goes to. */
function sizeOf(stream: StreamTarget | null): number | null {
  if (stream?.kind !== "file") return null;
  const status = statPath(stream.target);
  return typeof status === "string" ? null : status.size;
}

/** Waits like the setting's `wait`, while watching the trial's terminal. */
function waiting({ setting, session }: Trial): TrialSettings["wait"] {
  return (condition, ms) =>
    setting.wait(() => {
      session.look();
      return condition();
    }, ms);
}

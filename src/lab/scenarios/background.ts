import type { MeasuredRow, Picture, Row } from "../../compare/rows.ts";
import { LABELS } from "../../compare/styles.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { type Facts, type LabEvent, mustHold, no, type Rule, yes } from "../rules.ts";
import type { Scenario } from "../scenario.ts";

const STYLES = ["background", "nohup", "setsid", "daemon"] as const;
type Style = (typeof STYLES)[number];

/** What was seen of all four. */
type Seen = Readonly<Record<Style, Facts>>;

/** A statement about some of the four; the evidence is what was seen of these. */
function rule(
  text: string,
  about: readonly Style[],
  evidence: readonly string[],
  is: (seen: Seen) => boolean,
): Rule {
  return mustHold(text, (events) => {
    const seen = Object.fromEntries(STYLES.map((style) => [style, factsFor(events, style)]));
    const missing = STYLES.find((style) => !seen[style]);
    if (missing) return no(`${LABELS[missing]} was not measured`);
    const told = about.map((style) =>
      `${LABELS[style]}: ${evidence.map((name) => `${name} ${seen[style]?.[name]}`).join(", ")}`
    ).join("; ");
    return is(seen as Seen) ? yes(told) : no(told);
  });
}

function factsFor(events: readonly LabEvent[], style: Style): Facts | undefined {
  const found = events.filter(({ what, who }) => what === "shows" && who === LABELS[style]);
  return found.length === 2 ? { ...found[0].facts, ...found[1].facts } : undefined;
}

export const backgroundVsDaemon: Scenario = {
  id: "background-vs-daemon",
  title: "&, nohup &, setsid and a daemon, each on a terminal that is then closed",
  topic: "daemons",
  follow: false,
  learn:
    "A background job is still the shell's: its child, in its session, on its terminal, in its directory. nohup makes it deaf to HUP and sends its output to a file, nothing else. setsid takes it away from the terminal, but leaves its output there. A daemon has let go of everything. For a long job of your own nohup & is enough; a service wants a daemon.",
  claim:
    "Three differences: a daemon has nothing to do with the terminal and is adopted by init, while a background job's parent is the terminal, on which it may print; a daemon survives the closing of the terminal, a background job only with nohup; a daemon has changed session, group, directory and descriptors, a background job inherits them. Mostly nohup & will do; a daemon is more work.",
  care:
    "The parent of a background job is the shell, not the terminal. Its process group is not inherited either: a shell with job control gives each job a group of its own. And whether closing ends a plain & depends on the shell: bash and zsh pass the hangup on to their jobs, dash does not.",
  rules: [
    rule("1: the parent of & and of nohup & is the shell", ["background", "nohup"], [
      "parent",
      "ofShell",
    ], (seen) => seen.background.ofShell === true && seen.nohup.ofShell === true),
    rule("1: the daemon is adopted by init or a subreaper, and has no terminal", ["daemon"], [
      "parent",
      "tty",
    ], (seen) => seen.daemon.adopted === true && seen.daemon.tty === null),
    rule(
      "1: & prints on the terminal",
      ["background"],
      ["onTerminal"],
      (seen) => Number(seen.background.onTerminal) > 0,
    ),
    rule(
      "2: closing the terminal ends & by HUP, except in dash",
      ["background"],
      ["shell", "alive", "endedBy"],
      (seen) =>
        seen.background.shell === "dash"
          ? seen.background.alive === true
          : seen.background.alive === false && seen.background.endedBy === "HUP",
    ),
    rule(
      "2: nohup &, setsid and the daemon live on",
      ["nohup", "setsid", "daemon"],
      ["alive"],
      (seen) => [seen.nohup, seen.setsid, seen.daemon].every(({ alive }) => alive === true),
    ),
    rule(
      "3: & inherits session, terminal, directory and descriptors, but not the group",
      ["background"],
      ["sameSession", "sameGroup", "sameDirectory", "stdout"],
      (seen) =>
        seen.background.sameSession === true && seen.background.sameGroup === false &&
        seen.background.sameDirectory === true &&
        seen.background.stdout === seen.background.terminal,
    ),
    rule(
      "3: the daemon has another session and group, its directory is /, 0 to 2 are /dev/null",
      ["daemon"],
      ["sameSession", "sameGroup", "cwd", "stdout"],
      (seen) =>
        seen.daemon.sameSession === false && seen.daemon.sameGroup === false &&
        seen.daemon.cwd === "/" &&
        seen.daemon.stdout === "/dev/null",
    ),
    rule(
      "the output of nohup & is in nohup.out, and goes on after the closing",
      ["nohup"],
      ["stdout", "outputAfter"],
      (seen) =>
        /\/nohup\.out$/.test(String(seen.nohup.stdout)) && Number(seen.nohup.outputAfter) > 0,
    ),
    rule(
      "setsid alone does not save the output: it was the terminal's",
      ["setsid"],
      ["tty", "stdout", "outputAfter"],
      (seen) =>
        seen.setsid.tty === null && seen.setsid.stdout === seen.setsid.terminal &&
        seen.setsid.outputAfter === "EIO",
    ),
  ],
  play: async (stage) => {
    const file = `${stage.directory}/comparison.json`;
    // Its files must be removed with those of the lab, however it ends.
    const variables = { TMPDIR: stage.directory };
    const main = stage.start("main", { who: "imp compare", args: [file], variables });
    await stage.ended(main, 45_000);
    const text = readTextOrNothing(file);
    if (!text) return;
    const { shell, rows } = JSON.parse(text) as { shell: string; rows: Row[] };
    for (const row of rows) {
      if (row.is !== "measured") continue;
      const { pid } = row.before;
      const who = LABELS[row.style];
      stage.showPast(pid, who, "while the terminal was open", openFacts(row, shell));
      stage.showPast(pid, who, "after it was closed", closedFacts(row));
    }
  },
};

function openFacts({ shell, before }: MeasuredRow, name: string): Facts {
  const role = before.parent?.role;
  return {
    shell: name,
    parent: parentText(before),
    ofShell: before.ppid === shell.pid,
    adopted: role === "init" || role === "subreaper",
    pgid: before.pgid,
    sid: before.sid,
    tty: before.tty,
    cwd: before.cwd,
    stdout: before.streams[1]?.target ?? null,
    terminal: shell.tty,
    sameSession: before.sid === shell.sid,
    sameGroup: before.pgid === shell.pgid,
    sameDirectory: before.cwd === shell.cwd,
  };
}

function closedFacts({ after }: MeasuredRow): Facts {
  const { onTerminal, after: writes, file } = after.output;
  return {
    alive: after.alive,
    signals: after.signals?.join(" ") || "none",
    endedBy: after.endedBy,
    onTerminal,
    outputAfter: file
      ? file.bytesNow - file.bytesThen
      : Object.keys(writes ?? {}).join(" ") || null,
  };
}

function parentText({ ppid, parent }: Picture): string {
  return `${ppid} ${parent?.comm ?? ""}`.trimEnd();
}

// Loaded only on errors. Pure: whole lines of other tools as imp's, so that an error shows the line that works.
import { pm2StartLine } from "./pm2.ts";
import { startStopDaemonLine } from "./start_stop_daemon.ts";
import { screenLine, TMUX_WORDS, tmuxLine } from "./terminals.ts";
import { carried, namesMeant, readWords, valueOf } from "./words_of.ts";

type Line = string[] | undefined;
type Rule = (rest: readonly string[]) => Line;

/** A command of imp's for the names that follow; other tools' options are left out. */
function named(...own: string[]): Rule {
  return (rest) => [...own, ...namesMeant(rest.filter((word) => !word.startsWith("-")))];
}

/** `imp signal`, for tools in which each signal is a word. */
function signalled(signal: string): Rule {
  return (rest) => ["signal", ...namesMeant(rest.length > 0 ? rest : ["NAME"]), signal];
}

/** The command itself, without options that imp does not need. */
function as(...own: string[]): Rule {
  return () => own;
}

/** Other tools' verbs that mean the same in all of them. */
const VERBS: Readonly<Record<string, Rule>> = {
  ls: as("list"),
  avail: as("list"),
  jlist: as("list", "--json"),
  prettylist: as("list", "--json"),
  "list-units": as("list"),
  "list-timers": as("list"),
  monit: as("list", "--watch"),
  monitor: as("list", "--watch"),
  dash: as("list", "--watch"),
  top: as("list", "--watch"),
  show: named("status"),
  describe: named("status"),
  desc: named("status"),
  info: named("status"),
  pid: named("status"),
  check: named("status"),
  "is-active": named("status", "-q"),
  "is-failed": named("status", "-q"),
  "is-enabled": as("boot"),
  delete: named("remove", "--stop"),
  del: named("remove", "--stop"),
  rm: named("remove", "--stop"),
  exit: named("remove", "--stop"),
  log: logLine,
  tail: logLine,
  maintail: logLine,
  journalctl: logLine,
  fg: named("attach"),
  once: (rest) => ["start", rest[0] ?? "NAME", "--restart", "no", "--", "PROGRAM"],
  add: named("up"),
  update: as("up"),
  reread: as("up", "--dry-run"),
  "daemon-reload": as("up"),
  shutdown: as("stop", "--all"),
  "force-stop": named("stop", "--now"),
  "force-shutdown": named("stop", "--now"),
  term: named("stop"),
  end: named("stop"),
  hup: named("reload"),
  "try-restart": named("restart"),
  condrestart: named("restart"),
  "force-restart": named("restart"),
  "force-reload": named("restart"),
  "reload-or-restart": named("reload"),
  "try-reload-or-restart": named("reload"),
  mask: named("disable"),
  cat: named("export"),
  kill: killLine,
  man: ([page]) => page === undefined ? ["help"] : ["help", page.replace(/^imp-/, "")],
  supervise: (rest) => ["start", "--", ...rest],
  runsv: (rest) => ["start", "--", ...rest],
  pause: signalled("STOP"),
  cont: signalled("CONT"),
  alarm: signalled("ALRM"),
  interrupt: signalled("INT"),
  quit: signalled("QUIT"),
  sendSignal: ([signal = "SIGNAL", ...names]) => signalled(signal)(names),
  startup: as("boot", "--install"),
  unstartup: as("boot", "--remove"),
  scale: ([name = "NAME", count = "N"]) => ["start", name, "--instances", count, "--", "PROGRAM"],
};

/** Other tools by their names, with what follows those. */
const TOOLS: Readonly<Record<string, Rule>> = {
  sv: (rest) =>
    verbLine(rest, { up: named("start"), down: named("stop"), kill: signalled("KILL") }),
  systemctl: (rest) => verbLine(rest.filter((word) => !word.startsWith("--")), {}),
  service: ([name, verb, ...more]) => verbLine([verb, name, ...more], {}),
  supervisorctl: (rest) => verbLine(rest, {}),
  compose: (rest) =>
    ["up", "down", "logs"].includes(rest[0]) ? named(rest[0])(rest.slice(1)) : undefined,
  pm2: (rest) => rest[0] === "start" ? pm2StartLine(rest.slice(1)) : verbLine(rest, {}),
  screen: screenLine,
  tmux: tmuxLine,
  "start-stop-daemon": startStopDaemonLine,
  nohup: daemonLine,
  setsid: (rest) => daemonLine(rest.filter((word, i) => i > 0 || !/^-[cfw]+$|^--\w+$/.test(word))),
  daemonize: (rest) => {
    const read = readWords(rest, [..."ceEolpu"], false);
    return [
      "daemon",
      ...carried(read, ["p"], "-p"),
      ...carried(read, ["u"], "-u"),
      ...carried(read, ["c"], "-C"),
      ...carried(read, ["o"], "-o"),
      ...carried(read, ["e"], "-e"),
      "--",
      ...read.operands,
    ];
  },
  "systemd-run": (rest) => {
    const read = readWords(rest, [..."upEMHt", "unit", "property", "on-calendar", "uid"], false);
    const name = valueOf(read, "unit", "u");
    return ["start", ...name ? [name] : [], "--", ...read.operands];
  },
  xargs: (rest) => ["pool", ...rest],
  parallel: (rest) => ["pool", ...rest],
  sem: (rest) => {
    const read = readWords(rest, ["j", "jobs", "id", "semaphorename"], false);
    const jobs = valueOf(read, "j", "jobs");
    const name = valueOf(read, "id", "semaphorename") || "NAME";
    return ["pool", "--sem", name, ...jobs ? ["-j", jobs] : [], "--", ...read.operands];
  },
  tini: initLine,
  "docker-init": initLine,
  catatonit: initLine,
  "dumb-init": initLine,
  crontab: (rest) => rest.includes("-l") ? ["list"] : ["start", "NAME", ...CRON, "--", "PROGRAM"],
  cron: () => ["start", "NAME", ...CRON, "--", "PROGRAM"],
};

/** With these a line of another tool begins. */
export const LINE_WORDS: readonly string[] = [...Object.keys(VERBS), ...Object.keys(TOOLS)];

const CRON = ["--cron", "30 3 * * *"];
/** Common to imp's commands; may stand before the command's name. */
const GENERAL = /^(?:--quiet|--verbose|-[qv]+|--color=.*)$/;
/** The command, where the same word is one of imp's. */
const SHARED = "start stop restart reload status remove signal logs list enable disable".split(" ");

/**
 * A line of another tool as imp's.
 * @param words imp's command line, without `imp`
 * @param unknown the word of it that imp does not know
 * @returns undefined if it is not such a line
 */
export function otherLine(words: readonly string[], unknown: string): Line {
  const begin = words.findIndex((word) => !GENERAL.test(word));
  const [first, ...rest] = begin < 0 ? [] : words.slice(begin);
  if (first === undefined) return undefined;
  if (/^--(?:start|stop|status)$|^-[SK]\w*$/.test(first)) {
    return startStopDaemonLine([first, ...rest]);
  }
  if (/^-d?m?[SrxR]/.test(first) || first === "-ls") return screenLine([first, ...rest]);
  if (TMUX_WORDS.includes(first)) return tmuxLine([first, ...rest]);
  if (Object.hasOwn(TOOLS, first)) return TOOLS[first](rest);
  if (Object.hasOwn(VERBS, first)) return VERBS[first](rest);
  if (["daemon", "start", "stop", "status"].includes(first) && hasActionOption(rest)) {
    return startStopDaemonLine(rest);
  }
  if (first === "signal") return killLine(rest);
  if (!Object.hasOwn(FOREIGN, first) || !FOREIGN[first].includes(unknown)) return undefined;
  switch (first) {
    case "start":
      // With imp's name before its --, an option alone is wrong.
      return rest.includes("--") && !rest.includes("--name") ? undefined : pm2StartLine(rest);
    case "logs":
      return logLine(rest);
    case "attach":
      return tmuxLine(["attach", ...rest.filter((word) => word !== "-d" && word !== "-x")]);
    case "init":
      return initLine(rest);
  }
}

function hasActionOption(words: readonly string[]): boolean {
  const end = words.indexOf("--");
  return words.slice(0, end < 0 ? undefined : end)
    .some((word) => /^--(?:start|stop|status|exec|startas|background)$|^-[SKx]$/.test(word));
}

function verbLine(words: readonly string[], own: Readonly<Record<string, Rule>>): Line {
  const [verb, ...rest] = words;
  if (verb === undefined) return undefined;
  if (Object.hasOwn(own, verb)) return own[verb](rest);
  if (Object.hasOwn(VERBS, verb)) return VERBS[verb](rest);
  if (verb === "logs") return logLine(rest);
  if (verb === "status" && withoutOptions(rest).length === 0) return ["list"];
  if (verb === "signal") return signalled(rest[0] ?? "SIGNAL")(rest.slice(1));
  return SHARED.includes(verb) ? named(verb)(rest) : undefined;
}

function withoutOptions(words: readonly string[]): string[] {
  return words.filter((word) => !word.startsWith("-"));
}

function daemonLine(rest: readonly string[]): Line {
  const program = rest[0] === "--" ? rest.slice(1) : rest;
  return ["daemon", "--", ...program.length > 0 ? program : ["PROGRAM"]];
}

/** tini, catatonit and dumb-init: options that imp does not need are left out. */
function initLine(rest: readonly string[]): Line {
  const read = readWords(rest, [..."per", "rewrite"], false);
  const { options, operands, after } = read;
  const program = [...operands, ...after];
  const kept = [..."gw"].filter((letter) => options.has(letter)).map((letter) => `-${letter}`);
  const valued = ["p", "e", "r"].flatMap((letter) =>
    carried(read, letter === "r" ? ["r", "rewrite"] : [letter], `-${letter}`)
  );
  return ["init", ...kept, ...valued, "--", ...program.length > 0 ? program : ["PROGRAM"]];
}

/** `kill -HUP NAME`, `-s HUP NAME`, `NAME -9`: without a signal it is a stop. */
function killLine(rest: readonly string[]): Line {
  const words = rest.filter((word) => word !== "-s" && word !== "--signal");
  const isSignal = (word: string) => /^-?(?:SIG)?(?:[A-Z]{2,}\d*|\d+)$/.test(word);
  const signal = words.find(isSignal)?.replace(/^-/, "");
  const names = namesMeant(words.filter((word) => !isSignal(word) && !word.startsWith("-")));
  if (names.length === 0) return undefined;
  return signal === undefined ? ["stop", ...names] : ["signal", ...names, signal];
}

/** `tail -f NAME stderr`, `journalctl -u NAME -n 50`, `pm2 logs NAME --lines 50`. */
function logLine(rest: readonly string[]): Line {
  const words = rest.map((word) => /^-\d+$/.test(word) ? `-n${word.slice(1)}` : word);
  const read = readWords(words, [..."nuSU", "lines", "unit", "since", "until"], true);
  const { options, operands } = read;
  const unit = valueOf(read, "unit", "u");
  const names = [...unit ? [unit] : [], ...operands.filter((word) => !STREAMS.includes(word))];
  const stderr = operands.includes("stderr") || options.has("err");
  return [
    "logs",
    ...["f", "follow"].some((one) => options.has(one)) ? ["-f"] : [],
    ...carried(read, ["lines", "n"], "-n"),
    ...carried(read, ["since", "S"], "--since"),
    ...stderr ? ["--stderr"] : [],
    ...namesMeant(names.length > 0 ? names : ["all"]),
  ];
}

const STREAMS = ["stdout", "stderr"];

/** By command of imp's, the options that show that a line is another tool's. */
const FOREIGN: Readonly<Record<string, readonly string[]>> = {
  start: [
    ..."--name --watch -i -o -e --output --error --max-memory-restart --cron-restart".split(" "),
    ..."--no-autorestart --restart-delay --exp-backoff-restart-delay --interpreter --cwd".split(
      " ",
    ),
    ..."--time --merge-logs --update-env --no-daemon --namespace --kill-timeout".split(" "),
  ],
  logs: "-u --unit --err --out --nostream --raw --timestamp --no-pager -x -1 -2 -3 -5".split(" "),
  attach: ["-t", "-d", "-x"],
  init: ["-c", "--single-child", "-l"],
};

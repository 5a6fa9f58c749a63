import { carried, type ReadWords, readWords, valueOf } from "./words_of.ts";

const VALUED = [
  ..."pxaunsRcgrdNPIkO",
  ..."pidfile exec startas user name signal retry chuid group chroot chdir nicelevel".split(" "),
  ..."procsched iosched umask output pid ppid notify-timeout".split(" "),
];
/** Its actions; `-t` with one of them is --test. */
const ACTIONS = { start: ["start", "S"], stop: ["stop", "K"], status: ["status", "T"] } as const;

/** Pure: a line of start-stop-daemon(8) as imp's words; undefined if it is none. */
export function startStopDaemonLine(words: readonly string[]): string[] | undefined {
  const read = readWords(words, VALUED, true);
  const has = (names: readonly string[]) => names.some((name) => read.options.has(name));
  if (has(ACTIONS.stop)) return stopLine(read);
  if (has(ACTIONS.status)) return ["status", ...pidfileOf(read)];
  const program = valueOf(read, "startas", "a", "exec", "x");
  // Without an action, -x may be anything.
  if (!has(ACTIONS.start) && (!program || program.startsWith("-"))) return undefined;
  const output = valueOf(read, "output", "O");
  return [
    "daemon",
    ...carried(read, ["pidfile", "p"], "-p"),
    ...carried(read, ["chuid", "c"], "-u"),
    ...carried(read, ["chdir", "d"], "-C"),
    ...carried(read, ["chroot", "r"], "--chroot"),
    ...carried(read, ["nicelevel", "N"], "--nice"),
    ...carried(read, ["umask", "k"], "-m"),
    ...output ? ["-o", output, "-e", output] : [],
    ...has(["notify-await"]) ? ["--ready", "notify"] : [],
    ...carried(read, ["notify-timeout"], "--ready-timeout").map((word) =>
      word.replace(/^\d+$/, "$&s")
    ),
    ...has(["oknodo", "o"]) && has(["pidfile", "p"]) ? ["--oknodo"] : [],
    "--",
    program || "PROGRAM",
    ...read.operands,
    ...read.after,
  ];
}

function pidfileOf(read: ReadWords): string[] {
  return ["-p", valueOf(read, "pidfile", "p") || "PIDFILE"];
}

function stopLine(read: ReadWords): string[] {
  const signal = valueOf(read, "signal", "s");
  // TERM/30/KILL/5: the first time is that from the stop signal to KILL.
  const seconds = /\d+(?=\/|$)/.exec((valueOf(read, "retry", "R") ?? "").replace(/^-?\d+\//, ""));
  const timeout = seconds ? ["-t", `${seconds[0]}s`] : [];
  return signal && !/^(?:SIG)?TERM$|^15$/.test(signal) && timeout.length === 0
    ? ["signal", ...pidfileOf(read), signal]
    : ["stop", ...timeout, ...pidfileOf(read)];
}

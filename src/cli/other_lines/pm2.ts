import { scriptName, scriptWords } from "../../base/script_words.ts";
import { carried, readWords, valueOf } from "./words_of.ts";

const VALUED = [
  ..."niolecu",
  ..."name instances output error log log-date-format interpreter interpreter-args node-args".split(
    " ",
  ),
  ..."cwd cron-restart cron max-memory-restart restart-delay exp-backoff-restart-delay".split(" "),
  ..."max-restarts kill-timeout ignore-watch uid user namespace env".split(" "),
];

/** Pure: what follows `pm2 start` as imp's words; undefined without a program. */
export function pm2StartLine(words: readonly string[]): string[] | undefined {
  const read = readWords(words, VALUED, true);
  const [script, ...more] = read.operands;
  if (script === undefined) return undefined;
  const has = (name: string) => read.options.has(name);
  const program = programOf(script, valueOf(read, "interpreter"));
  const log = valueOf(read, "log", "l", "output", "o");
  const delay = Number(valueOf(read, "restart-delay", "exp-backoff-restart-delay"));
  const stop = Number(valueOf(read, "kill-timeout"));
  const instances = valueOf(read, "instances", "i");
  return [
    "start",
    valueOf(read, "name", "n") || scriptName(script),
    "-C",
    valueOf(read, "cwd") || ".",
    ...has("watch") ? ["--on-change", "."] : [],
    ...instances && /^\d+$/.test(instances) && instances !== "1" ? ["--instances", instances] : [],
    ...carried(read, ["max-memory-restart"], "--max-rss"),
    ...has("no-autorestart") ? ["--restart", "no"] : [],
    ...delay > 0 && !has("no-autorestart") ? ["--backoff", `${delay}ms..30s`] : [],
    ...stop > 0 ? ["--stop-timeout", `${stop}ms`] : [],
    ...log ? ["--log", log] : [],
    ...carried(read, ["error", "e"], "--log-err"),
    ...has("time") || has("log-date-format") ? ["--log-format", "time"] : [],
    ...carried(read, ["uid", "user", "u"], "-u"),
    "--",
    ...program,
    ...more,
    ...read.after,
  ];
}

function programOf(script: string, interpreter: string | undefined): string[] {
  if (interpreter && interpreter !== "none") return [interpreter, script];
  return /\s/.test(script) ? script.trim().split(/\s+/) : scriptWords(script);
}

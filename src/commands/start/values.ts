import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import { isPlainName } from "../../base/plain_name.ts";
import { splitWords } from "../../base/split_words.ts";
import { SIGKILL } from "../../libc/abi.ts";
import { signalName, signalNumber } from "../../libc/processes/signals.ts";
import { isKeptName } from "../../keeper/kept_names.ts";
import type { KeptSettings } from "../../keeper/records/kept_settings.ts";
import type { StopStep } from "../../termination/schedule.ts";

const MOST_INSTANCES = 1000;
const DEFAULT_LEVEL = 4;
const IO_CLASSES: Record<string, 1 | 2 | 3> = {
  ...{ realtime: 1, "best-effort": 2, idle: 3 },
  ...{ "1": 1, "2": 2, "3": 3 },
};

/** A daemon's name as for `imp daemon -n`, without an instance number. */
export function parseName(text: string): string {
  if (isPlainName(text)) return text;
  throw new UsageError(
    `'${text}' is not a valid name for a daemon`,
    "use letters, digits, '.', '_' and '-', at most 64 of them, beginning with a letter, a digit or '_'",
  );
}

/** A name, with or without an instance number: `web@2`. */
export function parseKeptName(text: string): string {
  return isKeptName(text) ? text : parseName(text);
}

/** `100ms..30s`, or one duration for a constant pause. */
export function parseBackoff(text: string): KeptSettings["backoff"] {
  const [first, most = first, ...more] = text.split("..");
  if (more.length > 0 || first === "") {
    throw new UsageError(`'${text}' is not a back-off`, "write for example 100ms..30s");
  }
  const backoff = { firstMs: parseDuration(first), mostMs: parseDuration(most) };
  if (backoff.firstMs <= backoff.mostMs) return backoff;
  throw new UsageError(`'${text}': the first pause is longer than the longest`);
}

/** `5/1m`. */
export function parseMaxRestarts(text: string): NonNullable<KeptSettings["maxRestarts"]> {
  const match = /^(\d{1,6})\/(.+)$/.exec(text);
  if (!match) {
    throw new UsageError(`'${text}' is not a number of restarts`, "write N/D, for example 5/1m");
  }
  const withinMs = parseDuration(match[2]);
  if (withinMs > 0) return { count: Number(match[1]), withinMs };
  throw new UsageError(`'${text}': the time must be more than 0`);
}

/** Exit statuses and signals, separated by commas. Signals are returned as names. */
export function parseSuccess(text: string): (number | string)[] {
  return text.split(",").map((word) => {
    if (/^\d{1,3}$/.test(word) && Number(word) <= 255) return Number(word);
    const signal = /^\D/.test(word) ? signalNumber(word) : undefined;
    if (signal !== undefined) return signalName(signal);
    throw new UsageError(
      `'${word}' is neither an exit status nor a signal`,
      "write for example 3,143,TERM",
    );
  });
}

/** A signal by name or number, as its number. */
export function parseSignalWord(text: string): number {
  const signal = signalNumber(text);
  if (signal !== undefined) return signal;
  throw new UsageError(`'${text}' is not a signal`, "write a name or a number: TERM, INT, 15");
}

/** `TERM:10s,INT:5s,KILL`: what is left after the last step is killed, so KILL may be omitted. */
export function parseStop(text: string): StopStep[] {
  const words = text.split(",");
  return words.flatMap((word, at): StopStep[] => {
    const [name, wait, ...more] = word.split(":");
    const signal = signalNumber(name);
    if (signal === undefined || more.length > 0) {
      throw new UsageError(
        `'${word}' is not a step of a stop`,
        "write SIGNAL:DURATION, for example TERM:10s,INT:5s,KILL",
      );
    }
    const last = at === words.length - 1;
    if (signal === SIGKILL && last && wait === undefined) return [];
    if (signal === SIGKILL) {
      throw new UsageError(`'${text}' goes on after KILL`, "KILL comes last, without a time");
    }
    if (wait === undefined) {
      throw new UsageError(`'${text}' has no time to wait after ${name}`, `write ${name}:10s`);
    }
    return [{ signal, wait: parseDuration(wait) }];
  });
}

/** `idle`, `best-effort:3`, `realtime:0`, or the number of a class as in ionice(1). */
export function parseIoPriority(text: string): NonNullable<KeptSettings["ioPriority"]> {
  const [word, level = `${DEFAULT_LEVEL}`, ...more] = text.split(":");
  const valid = Object.hasOwn(IO_CLASSES, word) && /^[0-7]$/.test(level) && more.length === 0;
  if (!valid || (IO_CLASSES[word] === 3 && text.includes(":"))) {
    throw new UsageError(
      `'${text}' is not a priority for disks`,
      "write idle, best-effort:0 to best-effort:7, or realtime:0 to realtime:7",
    );
  }
  const kind = IO_CLASSES[word];
  // The idle class has no levels.
  return { class: kind, level: kind === 3 ? 0 : Number(level) };
}

/** oom_score_adj, see proc(5). */
export function parseOomScore(text: string): number {
  const value = Number(text);
  if (/^[+-]?\d{1,4}$/.test(text) && value >= -1000 && value <= 1000) return value;
  throw new UsageError(
    `'${text}' is not an oom score`,
    "write a number from -1000 (never ended) to 1000 (ended first)",
  );
}

export function parseInstances(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= MOST_INSTANCES) return value;
  throw new UsageError(
    `'${text}' is not a number of instances`,
    `write a number from 1 to ${MOST_INSTANCES}`,
  );
}

/** A program as words, split as in a shell; no shell runs it. */
export function parseHook(option: string, text: string): string[] {
  const words = splitWords(text);
  if (words.length > 0 && words[0] !== "") return words;
  throw new UsageError(`--${option} '${text}' names no program`);
}

/** How many to keep. */
export function parseCount(option: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`--${option} '${text}' is not a whole number`);
}

const LEAST_EVERY_MS = 1000;

/** The interval between runs. */
export function parseEvery(text: string): number {
  const ms = parseDuration(text);
  if (ms >= LEAST_EVERY_MS) return ms;
  throw new UsageError(
    `--every ${text} is too short`,
    "1s at least: what happens more often is a loop in the program itself",
  );
}

/** A duration above zero. */
export function parseSpan(option: string, text: string): number {
  const ms = parseDuration(text);
  if (ms > 0) return ms;
  throw new UsageError(`--${option} must be more than 0`);
}

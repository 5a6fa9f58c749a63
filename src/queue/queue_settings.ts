// Pure: settings of a whole queue. They are in the description of its stream of jobs, where every NATS client shows
// them.
import { formatDuration, parseDuration } from "../base/duration.ts";
import { UsageError } from "../base/errors.ts";
import { formatSize, parseSize } from "../base/size.ts";

export interface QueueSettings {
  /** Runs that are over are removed so many milliseconds after their last result. */
  readonly keepAge?: number;
  /** Runs that are over are removed, oldest first, while results take more bytes. */
  readonly keepSize?: number;
  /** The maximum start rate of all workers together. */
  readonly rate?: StartRate;
}

/** That many starts in that many milliseconds. */
export interface StartRate {
  readonly starts: number;
  readonly within: number;
}

const PREFIX = "imp queue";
const LEAST_AGE_MS = 60_000;
const MOST_STARTS = 1_000_000;

export function describeQueue(settings: QueueSettings): string {
  return [PREFIX, ...textsOfSettings(settings).map(([name, text]) => `${name}=${text}`)].join(" ");
}

/** Option names and values. */
export function textsOfSettings({ keepAge, keepSize, rate }: QueueSettings): [string, string][] {
  const texts: [string, string | undefined][] = [
    ["keep-age", keepAge === undefined ? undefined : exactDuration(keepAge)],
    ["keep-size", keepSize === undefined ? undefined : exactSize(keepSize)],
    ["rate", rate && `${rate.starts}/${exactDuration(rate.within)}`],
  ];
  return texts.filter((one): one is [string, string] => one[1] !== undefined);
}

/** The settings; none if the description is somebody else's, or of another version. */
export function readQueueSettings(description: string | undefined): QueueSettings {
  const [imp, queue, ...words] = (description ?? "").split(" ");
  if (`${imp} ${queue}` !== PREFIX) words.length = 0;
  const text = new Map(words.map((word) => {
    const equals = word.indexOf("=");
    return [word.slice(0, equals), word.slice(equals + 1)];
  }));
  return {
    keepAge: orNothing(parseKeepAge, text.get("keep-age")),
    keepSize: orNothing(parseSize, text.get("keep-size")),
    rate: orNothing(parseRate, text.get("rate")),
  };
}

/** @throws UsageError */
export function parseKeepAge(text: string): number {
  const ms = parseDuration(text);
  if (ms >= LEAST_AGE_MS) return ms;
  throw new UsageError(`--keep-age ${text} is shorter than a minute`);
}

/** `10/s`, `100/m`, `1/5s`. @throws UsageError */
export function parseRate(text: string): StartRate {
  const found = /^(\d+)\/(\d.*|ms|s|m|h|d)$/.exec(text);
  const starts = Number(found?.[1]);
  if (found && starts >= 1 && starts <= MOST_STARTS) {
    const within = parseDuration(/^\d/.test(found[2]) ? found[2] : `1${found[2]}`);
    if (within > 0) return { starts, within };
  }
  throw new UsageError(`'${text}' is not a rate`, "write for example 10/s, 100/m or 1/5s");
}

function orNothing<T>(parse: (text: string) => T, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}

/** In a form that can be parsed again. */
function exactDuration(ms: number): string {
  const text = formatDuration(ms).replace(/ 0+[hms]$/, "").replaceAll(" ", "");
  return parseDuration(text) === ms ? text : `${ms}ms`;
}

function exactSize(bytes: number): string {
  const text = formatSize(bytes).replace(/B$/, "");
  return parseSize(text) === bytes ? text : String(bytes);
}

import { UsageError } from "../../base/errors.ts";
import { parseSize } from "../../base/size.ts";
import type { Given } from "../../cli/options.ts";
import type { IoMax, ResourceLimits } from "../../keeper/limits/resource_limits.ts";
import type { LimitOption } from "./limit_options.ts";

/** No program can be executed in less. */
const LEAST_MEMORY = 1 << 20;
const MOST_WEIGHT = 10_000, MOST_PIDS = 4_194_304;
/** The kernel requires at least a hundredth of a processor. */
const LEAST_CPU = 0.01, MOST_CPU = 10_000;
const RATES = ["rbps", "wbps", "riops", "wiops"];

/** @returns undefined if none is given @throws UsageError */
export function limitsFrom(values: Given<LimitOption>): ResourceLimits | undefined {
  const may = <T>(text: string | undefined, parse: (text: string) => T): T | undefined =>
    text === undefined ? undefined : parse(text);
  const io = values.texts("io-max").map(ioMax);
  const limits: ResourceLimits = {
    memoryMaxBytes: may(values.text("memory-max"), (text) => memory("memory-max", text)),
    memoryHighBytes: may(values.text("memory-high"), (text) => memory("memory-high", text)),
    cpuMax: may(values.text("cpu-max"), cpu),
    cpuWeight: may(values.text("cpu-weight"), (text) => whole("cpu-weight", text, MOST_WEIGHT)),
    pidsMax: may(values.text("pids-max"), (text) => whole("pids-max", text, MOST_PIDS)),
    ioWeight: may(values.text("io-weight"), (text) => whole("io-weight", text, MOST_WEIGHT)),
    ioMax: io.length === 0 ? undefined : io,
  };
  // As recorded: undefined keys are left out.
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

function memory(option: string, text: string): number {
  const bytes = parseSize(text);
  if (bytes >= LEAST_MEMORY) return bytes;
  throw new UsageError(`--${option} ${text} is too small`, "1M at least, for example 200M");
}

function cpu(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = match ? Number(match[1]) / (match[2] ? 100 : 1) : NaN;
  if (value >= LEAST_CPU && value <= MOST_CPU) return value;
  throw new UsageError(
    `--cpu-max '${text}' is not an amount of processor time`,
    "write 50% for half of one processor, 1.5 for one and a half; 1% at least",
  );
}

function whole(option: string, text: string, most: number): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= most) return value;
  throw new UsageError(`--${option} '${text}' is not a number from 1 to ${most}`);
}

function ioMax(text: string): IoMax {
  const [path, ...words] = text.trim().split(/\s+/);
  const rates = words.map((word): [string, number] => {
    const [name, rate, ...more] = word.split("=");
    if (!RATES.includes(name) || rate === undefined || more.length > 0) throw wrongRate(text, word);
    const value = parseSize(rate);
    if (value >= 1) return [name, value];
    throw wrongRate(text, word);
  });
  if (path !== "" && rates.length > 0) return { path, rates: Object.fromEntries(rates) };
  throw wrongRate(text, "");
}

function wrongRate(text: string, word: string): UsageError {
  return new UsageError(
    word === ""
      ? `--io-max '${text}' has no rates`
      : `in --io-max '${text}' '${word}' is not a rate`,
    "write a path and rates: '/srv rbps=10M wbps=5M riops=100 wiops=100'",
  );
}

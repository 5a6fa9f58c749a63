import { SIGKILL } from "../../libc/abi.ts";
import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import type { Given, Option } from "../../cli/options.ts";
import { isForwardable } from "../../init/forwarding.ts";
import { DEFAULTS, type InitSettings } from "../../init/settings.ts";
import { rawWords } from "../../libc/processes/process_image.ts";
import { signalName, signalNumber } from "../../libc/processes/signals.ts";

const NOT_FORWARDED =
  "KILL and STOP cannot be caught, CHLD is init's own, 16, 32 and 33 (with musl also 34) belong to the runtime and the C library";

export const INIT_OPTIONS = [
  {
    name: "group",
    short: "g",
    summary: "forward signals to PROGRAM's whole process group instead of PROGRAM alone",
  },
  {
    name: "rewrite",
    short: "r",
    value: "FROM:TO",
    many: true,
    summary: "forward signal TO instead of FROM, names or numbers; TO 0 drops FROM",
  },
  {
    name: "expect",
    short: "e",
    value: "CODE",
    many: true,
    summary: "exit 0 when PROGRAM exits with CODE (143: ended by TERM)",
  },
  {
    name: "parent-death",
    short: "p",
    value: "SIGNAL",
    summary: "get SIGNAL, and forward it, when the parent of imp init ends",
  },
  {
    name: "grace",
    value: "D",
    summary: "time from TERM to KILL for what PROGRAM leaves behind (default 5s)",
  },
  {
    name: "warn-leaks",
    short: "w",
    summary: "name every process that outlives PROGRAM",
  },
  {
    name: "subreaper",
    short: "s",
    summary: "adopt orphans also when not PID 1; always on, for users of tini",
  },
] as const satisfies readonly Option[];
type InitOption = typeof INIT_OPTIONS[number];

export interface InitRequest {
  readonly settings: InitSettings;
  readonly quiet: boolean;
}

/** @throws UsageError */
export function initRequest(values: Given<InitOption>, operands: readonly string[]): InitRequest {
  return { settings: settingsFrom(values, operands), quiet: values.has("quiet") };
}

function settingsFrom(values: Given<InitOption>, operands: readonly string[]): InitSettings {
  if (operands.length === 0 || operands[0] === "") {
    throw new UsageError("no program given", "for example: imp init -- sleep 60");
  }
  const grace = values.text("grace");
  const parentDeath = values.text("parent-death");
  return {
    ...DEFAULTS,
    words: rawWords(operands),
    toGroup: values.has("group"),
    rewrites: new Map(values.texts("rewrite").map(parseRewrite)),
    expected: new Set(values.texts("expect").map(parseCode)),
    parentDeath: parentDeath === undefined ? undefined : parseParentDeath(parentDeath),
    graceMs: grace === undefined ? DEFAULTS.graceMs : parseDuration(grace),
    tellLeaks: values.has("warn-leaks"),
  };
}

function parseSignal(text: string): number {
  const number = signalNumber(text);
  if (number !== undefined) return number;
  throw new UsageError(
    `'${text}' is not a signal`,
    "write a name or a number: TERM, SIGTERM, 15, RTMIN+1",
  );
}

/** KILL need not be forwarded: the kernel ends init itself. */
function parseParentDeath(text: string): number {
  const number = parseSignal(text);
  if (number === SIGKILL || isForwardable(number)) return number;
  throw new UsageError(`${signalName(number)} cannot be forwarded`, NOT_FORWARDED);
}

function parseRewrite(text: string): [from: number, to: number] {
  const colon = text.indexOf(":");
  if (colon < 0) {
    throw new UsageError(
      `'${text}' is not a rewrite`,
      "write FROM:TO, for example TERM:QUIT; HUP:0 drops HUP",
    );
  }
  const from = parseSignal(text.slice(0, colon));
  if (!isForwardable(from)) {
    throw new UsageError(
      `${signalName(from)} never reaches imp init, so it cannot be rewritten`,
      NOT_FORWARDED,
    );
  }
  const to = text.slice(colon + 1);
  return [from, to === "0" ? 0 : parseSignal(to)];
}

function parseCode(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 255) return Number(text);
  throw new UsageError(`'${text}' is not an exit status`, "write a number from 0 to 255");
}

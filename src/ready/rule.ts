import { parseDuration } from "../base/duration.ts";
import { UsageError } from "../base/errors.ts";
import { splitWords } from "../base/split_words.ts";

/** When a program counts as ready. */
export type ReadyRule =
  /** It sends `READY=1` to $NOTIFY_SOCKET, as sd_notify(3) does. */
  | { readonly kind: "notify" }
  /** It writes a line to this descriptor. */
  | { readonly kind: "fd"; readonly fd: number }
  /** It accepts connections. */
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  /** It answers a request with a status below 400. */
  | { readonly kind: "http"; readonly host: string; readonly port: number; readonly path: string }
  /** The file appears, or changes. */
  | { readonly kind: "file"; readonly path: string }
  /** It prints a line that matches. */
  | { readonly kind: "log"; readonly pattern: RegExp }
  /** This program exits with 0; it is tried again and again. */
  | { readonly kind: "cmd"; readonly words: readonly string[] }
  /** This many milliseconds have passed. */
  | { readonly kind: "delay"; readonly ms: number };

const FORMS =
  "write notify, fd:3, tcp:5432, tcp:HOST:PORT, http://localhost:8080/health, file:PATH, log:REGEX, cmd:'PROGRAM ARG', delay:2s";
/** This machine, by IPv4 or IPv6. */
export const LOCAL_HOST = "localhost";
/** 0 to 2 are taken; no program uses more than a thousand. */
const LOWEST_FD = 3, HIGHEST_FD = 1000;

/**
 * Reads `notify`, `fd:N`, `tcp:[HOST:]PORT`, `http://HOST[:PORT]/PATH`, `file:PATH`, `log:REGEX`, `cmd:WORDS` or `delay:DURATION`.
 * @throws UsageError
 */
export function parseReady(text: string): ReadyRule {
  if (text === "notify") return { kind: "notify" };
  const colon = text.indexOf(":");
  const rest = text.slice(colon + 1);
  switch (colon < 0 ? "" : text.slice(0, colon)) {
    case "fd":
      return { kind: "fd", fd: descriptor(rest) };
    case "tcp":
      return tcp(rest);
    case "http":
      return http(text);
    case "https":
      throw new UsageError(
        `'${text}': imp probes over http only`,
        `write cmd:'curl -fsS ${text}' instead`,
      );
    case "file":
      if (rest === "") throw new UsageError("file: needs a path");
      return { kind: "file", path: rest };
    case "log":
      return { kind: "log", pattern: pattern(rest) };
    case "cmd":
      return { kind: "cmd", words: command(rest) };
    case "delay":
      return { kind: "delay", ms: parseDuration(rest) };
    default:
      throw new UsageError(
        `'${text}' is not a readiness rule`,
        /^\d+$/.test(text) ? `for a port: tcp:${text}` : FORMS,
      );
  }
}

/** The rule as a phrase: `tcp:localhost:5432 accepts connections`. */
export function describeRule(rule: ReadyRule): string {
  switch (rule.kind) {
    case "notify":
      return "it sends READY=1 to $NOTIFY_SOCKET";
    case "fd":
      return `it writes a line to descriptor ${rule.fd}`;
    case "tcp":
      return `${rule.host}:${rule.port} accepts connections`;
    case "http":
      return `http://${rule.host}:${rule.port}${rule.path} answers with a status below 400`;
    case "file":
      return `${rule.path} appears`;
    case "log":
      return `it prints a line that matches ${rule.pattern}`;
    case "cmd":
      return `${rule.words.join(" ")} exits with 0`;
    case "delay":
      return `${rule.ms} ms have passed`;
  }
}

function descriptor(text: string): number {
  const fd = /^\d+$/.test(text) ? Number(text) : NaN;
  if (fd >= LOWEST_FD && fd <= HIGHEST_FD) return fd;
  throw new UsageError(
    `'${text}' is not a descriptor that can be used here`,
    `write a number from ${LOWEST_FD} to ${HIGHEST_FD}: fd:3`,
  );
}

function tcp(text: string): ReadyRule {
  const match = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d+)$/.exec(text);
  if (!match) {
    throw new UsageError(`'tcp:${text}' is not a valid address`, "write tcp:PORT or tcp:HOST:PORT");
  }
  return { kind: "tcp", host: bare(match[1] ?? LOCAL_HOST), port: port(match[2]) };
}

function http(text: string): ReadyRule {
  const match = /^http:\/\/(\[[^\]/]+\]|[^:/?#[\]@]+)(?::(\d+))?(\/[^#]*)?$/.exec(text);
  if (!match || /\s/.test(text)) {
    throw new UsageError(`'${text}' is not a valid address`, "write http://localhost:8080/health");
  }
  return {
    kind: "http",
    host: bare(match[1]),
    port: port(match[2] ?? "80"),
    path: match[3] ?? "/",
  };
}

/** An IPv6 address is in brackets if a port follows. */
function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

function port(text: string): number {
  const number = Number(text);
  if (number >= 1 && number <= 65_535) return number;
  throw new UsageError(`'${text}' is not a port number`, "ports are 1 to 65535");
}

function pattern(text: string): RegExp {
  if (text === "") throw new UsageError("'log:' has no regular expression");
  try {
    return new RegExp(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`'${text}' is not a regular expression`, why);
  }
}

function command(text: string): string[] {
  const words = splitWords(text);
  if (words.length === 0) throw new UsageError("'cmd:' names no program");
  return words;
}

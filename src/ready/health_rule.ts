import { parseDuration } from "../base/duration.ts";
import { UsageError } from "../base/errors.ts";
import { parseReady, type ReadyRule } from "./rule.ts";

/** What shows that a running program does its work. */
export type HealthRule =
  | Extract<ReadyRule, { kind: "tcp" | "http" | "cmd" }>
  /** It writes to its log at least this often, ms. */
  | { readonly kind: "log-silence"; readonly ms: number };

const SILENCE = "log-silence:";
const FORMS =
  "write tcp:5432, tcp:HOST:PORT, http://localhost:8080/health, cmd:'PROGRAM ARG', log-silence:5m";

/**
 * Reads `tcp:[HOST:]PORT`, `http://HOST[:PORT]/PATH`, `cmd:WORDS` or `log-silence:DURATION`.
 * @throws UsageError
 */
export function parseHealthRule(text: string): HealthRule {
  if (text.startsWith(SILENCE)) {
    const ms = parseDuration(text.slice(SILENCE.length));
    if (ms > 0) return { kind: "log-silence", ms };
    throw new UsageError(`'${text}': the time must be more than 0`);
  }
  const rule = /^(?:tcp|https?|cmd):/.test(text) ? parseReady(text) : undefined;
  if (rule?.kind === "tcp" || rule?.kind === "http" || rule?.kind === "cmd") return rule;
  throw new UsageError(`'${text}' is not a health rule`, FORMS);
}

/** Pure: a rule in its shortest form: `tcp:8080`, `cmd:curl`. */
export function shortRule(rule: HealthRule, text: string): string {
  return rule.kind === "cmd" ? `cmd:${rule.words[0].split("/").at(-1)}` : text;
}

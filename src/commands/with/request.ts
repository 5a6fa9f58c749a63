import { basename } from "@std/path/basename";
import { parseDuration } from "../../base/duration.ts";
import { UsageError } from "../../base/errors.ts";
import { splitWords } from "../../base/split_words.ts";
import type { Given } from "../../cli/options.ts";
import { rawWords } from "../../libc/processes/process_image.ts";
import { parseReady, type ReadyRule } from "../../ready/rule.ts";
import type { HelperKind, HelperSettings, WithSettings } from "../../with/state.ts";
import type { WithOption } from "./options.ts";
import type { Telling } from "./output.ts";

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

export interface WithRequest {
  readonly settings: WithSettings;
  readonly telling: "json" | Telling;
}

interface Draft {
  readonly kind: HelperKind;
  readonly command: string;
  name?: string;
  readonly ready: ReadyRule[];
}

/** @throws UsageError */
export function withRequest(
  values: Given<WithOption>,
  operands: readonly string[],
): WithRequest {
  const settings = settingsFrom(values, operands);
  if (values.has("json")) return { settings, telling: "json" };
  const telling = {
    quiet: values.has("quiet"),
    verbose: values.has("verbose"),
    color: values.text("color"),
  };
  return { settings, telling };
}

function settingsFrom(values: Given<WithOption>, operands: readonly string[]): WithSettings {
  if (operands.length === 0 || operands[0] === "") {
    throw new UsageError(
      "no program given",
      "for example: imp with --daemon 'redis-server --port 7000' --ready tcp:7000 -- npm test",
    );
  }
  const drafts = draftsOf(values);
  const helpers = drafts.map((draft) => helperOf(draft, values.has("shell")));
  const file = values.text("log");
  if (file !== undefined && values.has("quiet-helpers")) {
    throw new UsageError("--log and --quiet-helpers cannot be used together");
  }
  return {
    program: rawWords(operands),
    helpers: withNames(helpers),
    readyTimeoutMs: duration(values.text("ready-timeout"), READY_TIMEOUT_MS),
    inOrder: values.has("in-order"),
    noChildren: values.has("no-children"),
    failFast: values.has("fail-fast"),
    stopTimeoutMs: duration(values.text("stop-timeout"), STOP_TIMEOUT_MS),
    output: file !== undefined ? { file } : values.has("quiet-helpers") ? "nowhere" : "stderr",
  };
}

/** `--name` and `--ready` belong to the preceding helper. */
function draftsOf(values: Given<WithOption>): Draft[] {
  const drafts: Draft[] = [];
  for (const { name, text } of values.inOrder(["daemon", "plain", "name", "ready"])) {
    if (name === "daemon" || name === "plain") {
      drafts.push({ kind: name, command: text, ready: [] });
      continue;
    }
    const last = drafts.at(-1);
    if (!last) {
      throw new UsageError(
        `--${name} ${text} precedes every helper`,
        `write it after the helper: --daemon CMD --${name} ${text}`,
      );
    }
    if (name === "ready") last.ready.push(parseReady(text));
    else if (/^[^\s|]+$/.test(text)) last.name = text;
    else throw new UsageError(`'${text}' is not a valid name`, "a name has no spaces and no |");
  }
  return drafts;
}

function helperOf({ kind, command, name, ready }: Draft, shell: boolean): HelperSettings {
  const all = shell ? ["/bin/sh", "-c", command] : splitWords(command);
  // As in a shell: assignments before the program are its environment.
  const first = all.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const words = first < 0 ? [] : all.slice(first);
  if (command.trim() === "" || words.length === 0 || words[0] === "") {
    throw new UsageError(`--${kind} '${command}' names no program`);
  }
  const program = shell ? scriptName(command) : words[0];
  const environment = first < 0 ? [] : all.slice(0, first);
  return { kind, name: name ?? basename(program), words, environment, ready };
}

function scriptName(script: string): string {
  return /^\s*(?:exec\s+)?([\w./-]+)/.exec(script)?.[1] ?? "sh";
}

/** Helpers with the same name get numbers. */
function withNames(helpers: readonly HelperSettings[]): HelperSettings[] {
  const seen = new Set<string>();
  return helpers.map((helper) => {
    let name = helper.name;
    for (let n = 2; seen.has(name); n++) name = `${helper.name}.${n}`;
    seen.add(name);
    return { ...helper, name };
  });
}

function duration(text: string | undefined, byDefault: number): number {
  return text === undefined ? byDefault : parseDuration(text);
}

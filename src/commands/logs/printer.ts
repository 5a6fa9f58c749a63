import { textFromBytes } from "../../base/byte_text.ts";
import { withoutSequences } from "../../base/terminal_text.ts";
import { printBytes } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { Style } from "../../cli/style.ts";
import { timeOfLine } from "../../logs/write/line_format.ts";
import type { LogSource } from "./sources.ts";

/** How lines are shown. */
export interface LineView {
  readonly json: boolean;
  /** On a terminal: a program must not write control characters to its reader's screen, except colours. */
  readonly terminal: boolean;
  readonly style: Style;
}

const NEWLINE = 10, RETURN = 13;
const MOST_BYTES = 1 << 16;
const COLOURS = ["cyan", "green", "yellow", "red"] as const;

export class LinePrinter {
  private parts: Uint8Array[] = [];
  private size = 0;
  private readonly prefixes = new Map<string, Uint8Array>();
  private width = 0;
  private prefixed = false;

  constructor(private readonly view: LineView) {}

  /** Shows these from now on; several have their names before their lines. */
  show(sources: readonly LogSource[]): void {
    const labels = [...new Set(sources.map((one) => label(one)))];
    this.prefixed ||= labels.length > 1;
    this.width = Math.max(this.width, ...labels.map((one) => one.length));
    this.prefixes.clear();
  }

  /** @param line without its newline */
  line(source: LogSource, whole: Uint8Array): void {
    // A terminal ends lines with two characters.
    const line = source.log.terminal && whole.at(-1) === RETURN ? whole.subarray(0, -1) : whole;
    this.write(source, line);
  }

  private write(source: LogSource, line: Uint8Array): void {
    if (this.view.json) return this.put(encode(jsonLine(source, line) + "\n"));
    const text = this.view.terminal ? encode(shownText(source, textFromBytes(line))) : line;
    const prefix = this.prefixed ? this.prefixOf(source) : undefined;
    const whole = new Uint8Array((prefix?.length ?? 0) + text.length + 1);
    if (prefix) whole.set(prefix);
    whole.set(text, prefix?.length ?? 0);
    whole[whole.length - 1] = NEWLINE;
    this.put(whole);
  }

  /** @throws ReaderGone, ImpError */
  flush(): void {
    if (this.size === 0) return;
    const all = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      all.set(part, at);
      at += part.length;
    }
    this.parts = [];
    this.size = 0;
    printBytes(all);
  }

  private put(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.size += bytes.length;
    if (this.size >= MOST_BYTES) this.flush();
  }

  private prefixOf(source: LogSource): Uint8Array {
    const name = label(source);
    let prefix = this.prefixes.get(name);
    if (prefix === undefined) {
      const colour = COLOURS[hashOf(source.name) % COLOURS.length];
      prefix = encode(this.view.style[colour](`${name.padEnd(this.width)} |`) + " ");
      this.prefixes.set(name, prefix);
    }
    return prefix;
  }
}

/** The prefix of a line. */
function label({ name, file }: LogSource): string {
  return file.stream === "stderr" ? `${name}:err` : name;
}

function jsonLine({ name, file, log }: LogSource, line: Uint8Array): string {
  const text = textFromBytes(line);
  const stream = log.stderr === undefined || log.stderr === log.stdout ? null : file.stream;
  if (log.format === "raw") return JSON.stringify({ name, stream, time: null, line: text });
  const at = timeOfLine(text, log.format);
  const time = at === undefined ? null : new Date(at).toISOString();
  return JSON.stringify({
    name,
    stream,
    time,
    line: at === undefined ? text : contentOf(text, log.format),
  });
}

/** The part the program itself has written. */
function contentOf(text: string, format: "time" | "json"): string {
  if (format === "time") return text.slice(text.indexOf(" ") + 1);
  try {
    const { line } = JSON.parse(text) as { line?: unknown };
    return typeof line === "string" ? line : text;
  } catch {
    return text;
  }
}

function shownText({ log }: LogSource, text: string): string {
  return safeForTerminal(log.terminal ? withoutSequences(text, "kept") : text);
}

/** Colours stay, and end with the line; other control characters are made visible. */
function safeForTerminal(text: string): string {
  // deno-lint-ignore no-control-regex
  const parts = text.split(/(\x1b\[[\d;]*m|\t)/);
  if (parts.length === 1) return printable(text);
  const safe = parts.map((part, i) => i % 2 === 1 ? part : printable(part)).join("");
  return safe.includes("\x1b") ? `${safe}\x1b[0m` : safe;
}

function hashOf(name: string): number {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.charCodeAt(0)) >>> 0;
  return hash;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

// Pages about kept daemons whose examples are run: the `console` blocks of a section are one session in a new folder.
import { assert } from "@std/assert";
import { freePort } from "../free_port.ts";
import { e2e, impBinary, type Sandbox } from "./harness.ts";

export interface Step {
  command: string;
  /** Lines that it prints; `…` is anything; alone on a line, any number of lines. */
  expected: string[];
}

export interface Section {
  title: string;
  steps: Step[];
}

export interface Page {
  name: string;
  text: string;
  setup: string;
  sections: Section[];
}

/** A page of docs/. The `sh setup` blocks are run before each section. */
export function readPage(name: string): Page {
  const text = Deno.readTextFileSync(new URL(`../../docs/${name}`, import.meta.url));
  const setup = blocksOf(text, "sh setup").join("");
  const sections = sectionsOf(text).map((section) => ({
    title: section.slice(0, section.indexOf("\n")),
    steps: blocksOf(section, "console").flatMap(stepsOf),
  })).filter(({ steps }) => steps.length > 0);
  return { name, text, setup, sections };
}

/** From heading to heading; a line with # in a block is not a heading. */
function sectionsOf(text: string): string[] {
  const sections: string[] = [];
  let inBlock = false;
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) inBlock = !inBlock;
    if (!inBlock && /^#+ /.test(line)) sections.push(line.replace(/^#+ /, ""));
    else if (sections.length > 0) sections[sections.length - 1] += `\n${line}`;
  }
  return sections.map((section) => `${section}\n`);
}

/** One test for each section that has examples. @param skipWhere skips if the machine lacks what they need */
export function testPage(page: Page, skipWhere?: (box: Sandbox) => void | Promise<void>): void {
  for (const { title, steps } of page.sections) {
    e2e(`docs/${page.name}: ${title}`, async (box) => {
      await skipWhere?.(box);
      try {
        await runSteps(box, page.setup, steps);
      } finally {
        await box.imp(["stop", "--all", "--now"], { env: { IMP_HOME: box.path("home") } });
      }
    }, toolsOf(steps));
  }
}

export function blocksOf(text: string, info: string): string[] {
  return [...text.matchAll(/^```(\S[^\n]*)\n([\s\S]*?)^```$/gm)]
    .filter((block) => block[1] === info).map((block) => block[2]);
}

/** Commands after `$ `, their continuation lines after `> `, then their output. */
function stepsOf(block: string): Step[] {
  const steps: Step[] = [];
  for (const line of block.trimEnd().split("\n")) {
    if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
    else if (line.startsWith("> ")) steps.at(-1)!.command += `\n${line.slice(2)}`;
    else steps.at(-1)!.expected.push(line);
  }
  return steps;
}

function toolsOf(steps: readonly Step[]): string[] {
  const text = steps.map(({ command }) => command).join("\n");
  return ["jq", "nginx", "python3", "redis-server", "screen"].filter((tool) =>
    RegExp(`(?<![\\w/.-])${tool}(?![\\w.-])`).test(text)
  );
}

async function runSteps(box: Sandbox, setup: string, steps: readonly Step[]): Promise<void> {
  const cwd = box.path("page");
  Deno.mkdirSync(cwd);
  Deno.mkdirSync(box.path("bin"));
  Deno.symlinkSync(impBinary(), box.path("bin/imp"));
  const { stdout } = await box.sh(scriptOf(setup, steps), {
    cwd,
    env: {
      LC_ALL: "C",
      IMP_HOME: box.path("home"),
      PATH: `${box.path("bin")}:${Deno.env.get("PATH")}`,
    },
  });
  checkSteps(steps, stdout, (text) => text.replaceAll(cwd, "…").replaceAll(box.path("home"), "…"));
}

/** All steps in one shell, with marks between their outputs. */
export function scriptOf(setup: string, steps: readonly Step[]): string {
  const script = [
    setup,
    ...steps.map(({ command }, n) =>
      `${command}\nmarked=$?; printf '\\n--- %d\\n' ${n}; (exit $marked)`
    ),
  ].join("\n");
  return `{ ${withFreePorts(script)}\n} 2>&1`;
}

/** @param asOnPage replaces what differs in each run by the page's text */
export function checkSteps(
  steps: readonly Step[],
  stdout: string,
  asOnPage: (text: string) => string,
): void {
  const printed = stdout.split(/\n--- \d+\n/);
  steps.forEach(({ command, expected }, n) => {
    const text = asOnPage(printed[n] ?? "");
    assert(
      matches(expected, text),
      `${command}\nprinted:\n${text}\nthe page says:\n${expected.join("\n")}`,
    );
  });
}

/** The ports of the page may be in use. */
export function withFreePorts(script: string): string {
  const ports = new Map<string, number>();
  return script.replace(/\b(?:80|63)\d\d\b/g, (port) => {
    // Those of instances follow.
    if (!ports.has(port)) ports.set(port, freePort(4));
    return String(ports.get(port));
  });
}

function matches(expected: readonly string[], printed: string): boolean {
  const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = expected.map((line) =>
    line === "…" ? "(?:.*\\n)*?" : `${escape(plain(line)).replaceAll("…", ".*")}\\n`
  ).join("");
  return new RegExp(`^${pattern}$`).test(plain(printed).replace(/\n*$/, "\n").replace(/^\n$/, ""));
}

/** Numbers, durations and sizes vary, except exit statuses; so do column widths. */
function plain(text: string): string {
  return text
    .replace(/\bexit (\d+)/g, (_, status) => `exit ${"i".repeat(Number(status))}.`)
    .replace(/\b\d+(?:\.\d+)?(?:ms|[smhdKMGB])?(?:\d+[smh])?\b/g, "N")
    .replace(/N(?: N)+/g, "N")
    .replace(/ +/g, " ")
    .replace(/^ | $/gm, "");
}

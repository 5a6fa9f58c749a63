import type { ImpError } from "../../base/errors.ts";
import { useColor } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { type Style, styles } from "../../cli/style.ts";
import { formatDuration } from "../../base/duration.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { describeEnding, type Ending } from "../../libc/processes/wait.ts";
import type { Guarantees, Tell, WithEvent } from "../../with/events.ts";
import type { Outlet } from "../../with/outlet.ts";

/** How text is printed. */
export interface Telling {
  readonly quiet: boolean;
  readonly verbose: boolean;
  /** The value of `--color`. */
  readonly color?: string;
}

const WHERE = "imp with";
/** CPython's multiprocessing uses the same words. */
const NOT_ALLOWED = "daemonic processes are not allowed to have children";
const COLORS = ["cyan", "green", "yellow"] as const;

/** Reports what a reader wants to know, in lines of text. @param names of all helpers */
export function textTeller(outlet: Outlet, names: readonly string[], telling: Telling): Tell {
  const style = styles(useColor(telling.color, outlet.fd));
  const prefixes = prefixesFor(names, style);
  const refused = new Set<string>();
  const say = (text: string) => outlet.push(`${WHERE}: ${text}\n`);
  return (event) => {
    if (event.event === "output") {
      return outlet.push(prefixes.get(event.helper)!, event.line, "\n");
    }
    if (event.event === "refused") {
      // A program that keeps trying must not fill the screen.
      if (refused.has(event.helper) && !telling.verbose) return;
      refused.add(event.helper);
    }
    const level = levelOf(event);
    if (level === "detail" && !telling.verbose) return;
    if (level === "notice" && telling.quiet) return;
    for (const line of linesFor(event)) say(line);
  };
}

/** Reports everything, one JSON object per line. */
export function jsonTeller(outlet: Outlet): Tell {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return (event) => {
    const { event: name, ...facts } = event.event === "output"
      ? { ...event, line: decoder.decode(event.line) }
      : event;
    const told = { event: name, time: new Date().toISOString(), ...plain(facts) };
    outlet.push(`${JSON.stringify(told)}\n`);
  };
}

/** The error that prevents imp from doing what was requested, as the last object. */
export function errorAsJson({ message, hint, exit }: ImpError): string {
  const time = new Date().toISOString();
  return JSON.stringify({ event: "error", time, why: message, hint: hint ?? null, exit });
}

function levelOf(event: WithEvent): "error" | "notice" | "detail" {
  switch (event.event) {
    case "failed":
    case "survived":
      return "error";
    case "refused":
    case "killing":
      return "notice";
    case "ended":
      // A helper that ends early is worth a line.
      return event.early && (event.kind === "daemon" || isFailure(event.ending))
        ? "notice"
        : "detail";
    default:
      return "detail";
  }
}

function linesFor(event: WithEvent): string[] {
  switch (event.event) {
    case "guarantees":
      return [`nothing will be left: ${guarantee(event.by)}`];
    case "started":
      return [`${event.kind} helper '${event.helper}' started, pid ${event.pid}`];
    case "ready":
      return [`helper '${event.helper}' is ready after ${formatDuration(event.ms)}`];
    case "refused":
      return [`helper '${event.helper}' (pid ${event.by}): ${NOT_ALLOWED}`];
    case "ended":
      return [
        `helper '${event.helper}' (pid ${event.pid}) has ended: ${describeEnding(event.ending)}`,
      ];
    case "failed":
      return [
        `helper '${event.helper}': ${event.why}${event.lines.length > 0 ? "; it said last:" : ""}`,
        ...event.lines.map((line) => `  ${printable(line)}`),
      ];
    case "program":
      return [`all helpers are ready; the program has pid ${event.pid}`];
    case "program-ended":
      return [`the program has ended: ${describeEnding(event.ending)}`];
    case "ending":
      return [`ending ${event.processes} processes`];
    case "killing":
      return ["killing what is left"];
    case "survived":
      return event.processes.map(({ pid, comm }) => `cannot end pid ${pid} (${printable(comm)})`);
    case "empty":
      return ["nothing is left"];
    case "output":
      return [];
  }
}

/** The guarantee in words. */
function guarantee({ cgroup, pidNamespace, guard }: Guarantees): string {
  if (pidNamespace) return "imp is PID 1, and the kernel ends a PID namespace with it";
  const base = `imp is a subreaper, and a guard (pid ${guard}) watches over it`;
  return cgroup === undefined ? base : `${base}; control group ${cgroup}`;
}

/** Names padded to the width of the longest. */
function prefixesFor(names: readonly string[], style: Style): Map<string, string> {
  const width = Math.max(0, ...names.map((name) => name.length));
  return new Map(names.map((name, i) => {
    const color = style[COLORS[i % COLORS.length]];
    return [name, color(`${name.padEnd(width)} |`) + " "];
  }));
}

function isFailure(ending: Ending): boolean {
  return ending.how === "signal" || ending.code !== 0;
}

/** Endings as flat facts, signals by name. */
function plain(facts: Record<string, unknown>): Record<string, unknown> {
  const { ending, reason, by, processes, ...rest } = facts;
  return {
    ...rest,
    ...(ending === undefined ? {} : endingFacts(ending as Ending)),
    ...(reason === undefined ? {} : reasonFacts(reason as { why: string; signal?: number })),
    ...(by === undefined ? {} : typeof by === "number" ? { by } : guaranteeFacts(by as Guarantees)),
    ...(processes === undefined ? {} : { processes: processFacts(processes) }),
  };
}

function endingFacts(ending: Ending) {
  return ending.how === "exit"
    ? { how: "exit", exit: ending.code, signal: null }
    : { how: "signal", exit: null, signal: signalName(ending.signal), core: ending.core };
}

function reasonFacts({ why, signal }: { why: string; signal?: number }) {
  return { reason: why, ...(signal === undefined ? {} : { signal: signalName(signal) }) };
}

function guaranteeFacts({ cgroup, pidNamespace, guard }: Guarantees) {
  return { pidNamespace, cgroup: cgroup ?? null, subreaper: true, guard };
}

function processFacts(processes: unknown): unknown {
  if (!Array.isArray(processes)) return processes;
  return processes.map(({ pid, comm }) => ({ pid, name: comm }));
}

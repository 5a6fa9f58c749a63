import type { WordKind } from "../../cli/completions/words.ts";

/** The kinds of operands of each command, for completions; a command missing here takes none. */
const OPERANDS: Readonly<Record<string, WordKind>> = {
  daemon: "program",
  pool: "program",
  with: "program",
  init: "program",
  compare: "program",
  run: "file",
  report: "file",
  runs: "runs",
  start: "kept",
  up: "project",
  down: "project",
  stop: "daemon",
  attach: "kept",
  restart: "daemon",
  reload: "kept",
  signal: "signalled",
  remove: "kept",
  enable: "kept",
  disable: "kept",
  export: "exported",
  list: "kept",
  status: "daemon",
  logs: "kept",
  inspect: "inspected",
  tree: "pid",
  zombies: "pid",
  orphans: "pid",
  lab: "scenario",
  doctor: "check",
  manual: "command",
  completions: "shell",
};

export function operandsOf(command: string): WordKind {
  return OPERANDS[command] ?? "none";
}

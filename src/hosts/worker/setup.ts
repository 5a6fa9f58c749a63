import { ProtocolError } from "../frames.ts";
import type { CallSetup, WorkerSetup, WorkersSetup } from "../greeting.ts";
import { parseJobs } from "../../pool/rules/jobs_setting.ts";

/** The type of a field. */
type Kind = "text" | "number" | "flag" | "texts" | "bytes";
type Fields<T> = Readonly<Record<keyof T, Kind>>;

const FIELDS: Fields<Omit<WorkerSetup, "output" | "termSteps" | "workers">> = {
  slots: "text",
  credit: "number",
  noChildren: "flag",
  nice: "number",
  dir: "text",
  env: "texts",
  heartbeat: "number",
  maxLoad: "number",
  minMemory: "number",
  files: "flag",
  load: "flag",
  started: "flag",
  endRests: "flag",
};
const WORKERS_FIELDS: Fields<Omit<WorkersSetup, "call">> = {
  words: "texts",
  terminator: "bytes",
  host: "text",
  login: "text",
  ahead: "number",
  maxTasks: "number",
  maxMemory: "number",
};
const DEFAULTS = {
  slots: "100%",
  output: "group",
  credit: 0,
  termSteps: [],
} as const;
const MOST_SIGNAL = 64;

/** The checked content of SETUP. Unknown fields are left alone. @throws ProtocolError */
export function setupFrom(said: Partial<WorkerSetup>): WorkerSetup {
  const setup = { ...DEFAULTS, ...said };
  for (const [name, kind] of Object.entries(FIELDS)) {
    const value: unknown = setup[name as keyof WorkerSetup];
    if (value !== undefined && value !== null && !IS[kind](value)) throw wrong(name);
  }
  if (setup.workers) checkWorkers(setup.workers);
  if (!isSlots(setup.slots)) throw wrong("slots");
  if (!["group", "line", "none"].includes(setup.output)) throw wrong("output");
  if (!Array.isArray(setup.termSteps) || !setup.termSteps.every(isStep)) throw wrong("termSteps");
  return setup;
}

/** @throws ProtocolError */
function checkWorkers(workers: WorkersSetup): void {
  for (const [name, kind] of Object.entries(WORKERS_FIELDS)) {
    if (!IS[kind](workers[name as keyof WorkersSetup])) throw wrong(`workers.${name}`);
  }
  const { call } = workers;
  if (call && !isCall(call)) throw wrong("workers.call");
  if ((workers.words.length === 0 && !call) || workers.terminator === "") throw wrong("workers");
}

function isCall({ module, source, name = "default", json }: CallSetup): boolean {
  return IS.text(module) && IS.bytes(source) && IS.text(name) && IS.flag(json);
}

const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === "string" && !value.includes("\0"),
  bytes: (value) => typeof value === "string",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  flag: (value) => typeof value === "boolean",
  texts: (value) => Array.isArray(value) && value.every(IS.text),
};

function isSlots(text: string): boolean {
  try {
    return parseJobs(text) !== undefined;
  } catch {
    return false;
  }
}

function isStep(step: unknown): boolean {
  if (!Array.isArray(step) || step.length !== 2 || !step.every(IS.number)) return false;
  const [signal, wait] = step as [number, number];
  return Number.isInteger(signal) && signal > 0 && signal <= MOST_SIGNAL && wait >= 0;
}

function wrong(name: string): ProtocolError {
  return new ProtocolError(`SETUP: ${name} is not what it should be`);
}

// What `imp watch` tells keepers of the health of their daemons: a file in the directory of each, replaced when something has changed.
import { readJson } from "../../logs/book.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { writeRecordFile } from "../records/record_file.ts";
import type { KeptHealth } from "./kept_health.ts";

const FILE = "health.json";

export interface ToldHealth {
  readonly schema: 1;
  /** Of the run that was probed. */
  readonly runId: string;
  readonly health: KeptHealth;
}

/** Whether `imp watch` has to do with the health of this daemon. */
export function isHealthTold(directory: string): boolean {
  return typeof statPath(`${directory}/${FILE}`, false) !== "string";
}

/** Undefined when nothing is told of that run. */
export function readToldHealth(
  directory: string,
  runId: string | undefined,
): KeptHealth | undefined {
  const told = readJson(`${directory}/${FILE}`) as Partial<ToldHealth> | undefined;
  const isSound = told?.schema === 1 && typeof told.health?.state === "string" &&
    typeof told.health.since === "number" && typeof told.health.failures === "number";
  return isSound && told.runId === runId ? told.health : undefined;
}

/** @throws ImpError: the old one stays then */
export function writeToldHealth(directory: string, told: ToldHealth): void {
  writeRecordFile(`${directory}/${FILE}`, told);
}

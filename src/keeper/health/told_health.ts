// How `imp watch` tells keepers about their daemons' health: a file in each directory, replaced after changes.
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

/** Whether `imp watch` handles this daemon's health. */
export function isHealthTold(directory: string): boolean {
  return typeof statPath(`${directory}/${FILE}`, false) !== "string";
}

/** Undefined if nothing is known about that run. */
export function readToldHealth(
  directory: string,
  runId: string | undefined,
): KeptHealth | undefined {
  const told = readJson(`${directory}/${FILE}`) as Partial<ToldHealth> | undefined;
  const isSound = told?.schema === 1 && typeof told.health?.state === "string" &&
    typeof told.health.since === "number" && typeof told.health.failures === "number";
  return isSound && told.runId === runId ? told.health : undefined;
}

/** @throws ImpError: then the old one remains */
export function writeToldHealth(directory: string, told: ToldHealth): void {
  writeRecordFile(`${directory}/${FILE}`, told);
}

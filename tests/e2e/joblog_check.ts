import { assert, assertEquals } from "@std/assert";
import { e2e, type Sandbox } from "./harness.ts";
import {
  type Ended,
  JOBS,
  type Mode,
  MODES,
  rowsOf,
  type Sink,
  SINKS,
  start,
} from "./joblog_run.ts";
import { randomNumbers } from "./random.ts";
import { SEED } from "../seed.ts";

export const SIGNALS = ["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP"] as const;
export const AT_ONCE = 4;

/**
 * A row of the job log means that the job's output has left imp, whenever and however imp ends. Tries each of the
 * signals at a random moment.
 */
export function rowsMeanOutput(mode: Mode, sink: Sink, signals: readonly Deno.Signal[]): void {
  const place = 1000 * MODES.indexOf(mode) + SINKS.findIndex((one) => one === sink);
  const tried = [...new Set(signals)].join(", ");
  e2e(`pool ${mode.name}: rows and output agree, stdout a ${sink}, ${tried}`, async (box) => {
    const random = randomNumbers(SEED + place);
    for (const [i, signal] of signals.entries()) {
      await interruptAndResume(box, mode, sink, signal, random, `${mode.name} ${sink} ${i}`);
    }
  });
}

async function interruptAndResume(
  box: Sandbox,
  mode: Mode,
  sink: Sink,
  signal: Deno.Signal,
  random: () => number,
  name: string,
): Promise<void> {
  for (const file of ["log", "begun"]) await Deno.remove(box.path(file)).catch(() => {});
  const pool = start(box, mode, sink, ["--joblog", "log", `-j${AT_ONCE}`]);
  await pool.hasBegun(Math.ceil(JOBS * random()), 5 * random());
  pool.kill(signal);
  const first = await pool.ended();
  const rows = rowsOf(box);
  const second = await start(box, mode, sink, ["--joblog", "log", `-j${AT_ONCE}`, "--resume"])
    .ended();
  const what = `${name}, seed ${SEED}, ${signal}: ${tell(first)}, ${rows.length} rows, then ${
    tell(second)
  }`;
  const printed = new Set(first.jobs);
  assertEquals(rows.filter((job) => !printed.has(job)), [], `rows without output: ${what}`);
  const all = new Set([...first.jobs, ...second.jobs]);
  const missing = Array.from({ length: JOBS }, (_, i) => i + 1).filter((job) => !all.has(job));
  assertEquals(missing, [], `not printed: ${what}`);
  const twice = first.jobs.length + second.jobs.length - all.size;
  const inFlight = signal === "SIGKILL" || mode.streams ? AT_ONCE : 0;
  assert(twice <= inFlight, `${twice} printed twice: ${what}`);
  if (inFlight === 0) assertEquals(first.halves, 0, `printed by halves: ${what}`);
  assertEquals(rowsOf(box).length, JOBS, `rows at the end: ${what}`);
}

function tell({ jobs, halves, status }: Ended): string {
  return `${jobs.length} printed and ${halves} by halves, ended by ${status}`;
}

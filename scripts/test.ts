/** The second half of scripts/test: runs all parts, continues after failures, counts, leaves nothing behind. */
import { ignoredSignals } from "../src/libc/processes/dispositions.ts";
import { closeOnExecFrom } from "../src/libc/processes/process.ts";
import { resetSignal } from "../src/libc/processes/signals.ts";
import { type Counts, failure, sum, told } from "./lib/counts.ts";
import { loadOf, roomOn } from "./lib/room.ts";
import { runAll } from "./lib/schedule.ts";
import { partsOf, type Stage, STAGES, type TestPart } from "./lib/test_parts.ts";
import { endTagged, Place } from "./lib/test_place.ts";
import { type Cost, costliest } from "./lib/times.ts";
import type { Context, Done } from "./lib/test_work.ts";

const USAGE = `usage: scripts/test [--long] [--times] [${STAGES.join("|")}] [FILTER]`;

const OPTIONS = ["--long", "--times"];

/** Whether a signal is ending this run: nothing may start any more. */
let ending = false;
const NEVER = new Promise<never>(() => {});

/** The exit status is 128 + the signal's number, as in a shell. */
const ENDING = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

async function main([bun, ...args]: string[]): Promise<number> {
  const options = args.filter((word) => OPTIONS.includes(word));
  const [wanted, filter = "", ...rest] = args.filter((word) => !OPTIONS.includes(word));
  const stages = STAGES.filter((name) => wanted === undefined || name === wanted);
  if (stages.length === 0 || rest.length > 0) {
    console.error(USAGE);
    return 2;
  }
  const run = crypto.randomUUID();
  const work = Deno.makeTempDirSync({ prefix: "imp-test-" });
  // Users that tests become must be able to reach their own places in it.
  Deno.chmodSync(work, 0o755);
  const clear = async () => {
    await endTagged(run);
    Deno.removeSync(work, { recursive: true });
  };
  hearSignals(clear);
  // Descriptors that the caller happens to have open count against the limits that tests set.
  closeOnExecFrom(3);
  try {
    const long = options.includes("--long");
    console.log(`IMP_TEST_SEED=${setSeed(long)}\n`);
    const { counts, costs } = await runParts({ bun, filter, work }, stages, long, run);
    if (options.includes("--times")) console.log(costliest(costs).join("\n"));
    return summary(counts, filter);
  } finally {
    await clear();
  }
}

/** All tests inherit it. Ordinary runs are alike; long ones try something else, and more, each time. */
function setSeed(long: boolean): string {
  const seed = long ? Math.floor(Math.random() * 2 ** 31) : 1;
  const set = { IMP_TEST_SEED: String(seed), ...long && { IMP_TEST_RUNS: "10" } };
  for (const [name, value] of Object.entries(set)) {
    if (!Deno.env.has(name)) Deno.env.set(name, value);
  }
  return Deno.env.get("IMP_TEST_SEED")!;
}

async function runParts(context: Context, stages: Stage[], long: boolean, run: string) {
  const { parts, filter } = await partsOf(context, stages, long);
  const all: Counts[] = [];
  const costs: Cost[] = [];
  let number = 0;
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
  const load = () => loadOf(Deno.readTextFileSync("/proc/stat"));
  await runAll(parts, roomOn(navigator.hardwareConcurrency, load, pause), async (part) => {
    if (ending) return await NEVER;
    const place = new Place(`${context.work}/${number++}`, run);
    const { counts, cost } = await runPart(part, place, { ...context, filter });
    all.push(counts);
    costs.push(cost);
    return counts.failed === 0;
  });
  return { counts: sum(all), costs };
}

/** Prints the output of a part when it is over, so that parts do not mix. */
async function runPart(part: TestPart, place: Place, context: Context) {
  const begin = performance.now();
  const { counts, output, cpu } = await part.work(place, context).catch(failedWork);
  const left = (await place.clear()).map((what) => failure(`left behind: ${what}`));
  const all = sum([counts, ...left]);
  const wall = (performance.now() - begin) / 1000;
  const seconds = `${wall.toFixed(1)} s, CPU ${cpu.toFixed(1)} s`;
  const verdict = all.failed > 0 ? "FAILED" : "ok";
  const said = [output.trim(), ...all.failures.slice(counts.failures.length)].filter(Boolean);
  console.log([`# ${part.name} ... ${verdict} (${seconds})`, ...said, ""].join("\n"));
  const failures = all.failures.map((text) => `${part.name}: ${text}`);
  return { counts: { ...all, failures }, cost: { name: part.name, wall, cpu } };
}

/** What a part's command wrote is lost if the run is being ended. */
async function failedWork(error: Error): Promise<Done> {
  if (ending) await NEVER;
  return { counts: failure(String(error.stack)), output: "", cpu: 0 };
}

function summary(counts: Counts, filter: string): number {
  if (counts.skipped.length > 0) console.log();
  for (const skip of counts.skipped) console.log(`skipped: ${skip}`);
  for (const text of counts.failures) console.log(`\nFAILED ${text}`);
  console.log(`\n${told(counts)}`);
  if (counts.failed > 0) return 1;
  if (counts.passed + counts.skipped.length > 0) return 0;
  console.error(`scripts/test: no test's name contains '${filter}'`);
  return 1;
}

/**
 * A caller that starts this in the background of a script passes on ignored signals. The programs under test would
 * respect that, as they should, and tests about Ctrl-C would fail. A signal that ends this run ends everything it has
 * started.
 */
function hearSignals(clear: () => Promise<void>): void {
  // Deno itself ignores SIGPIPE, and does not pass that on.
  const SIGPIPE = 13;
  const ignored = ignoredSignals();
  for (const number of ignored) if (number !== SIGPIPE) resetSignal(number);
  for (const [name, number] of Object.entries(ENDING)) {
    Deno.addSignalListener(name as keyof typeof ENDING, async () => {
      // nohup.
      if (ending || name === "SIGHUP" && ignored.includes(number)) return;
      ending = true;
      await clear();
      Deno.exit(128 + number);
    });
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));

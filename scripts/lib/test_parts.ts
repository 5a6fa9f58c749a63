/** The parts of a test run, which may run in parallel, the longest first. */
import { cloneOf, type Kind, makeClone, programOf, SOURCE_TESTS } from "./from_source.ts";
import { check, type Context, contractUnderBun, denoTest, type Work } from "./test_work.ts";
import type { Part } from "./schedule.ts";

export const STAGES = ["static", "unit", "contract", "e2e", "source"] as const;
export type Stage = typeof STAGES[number];

export interface TestPart extends Part {
  stage: Stage;
  work: Work;
}

/** Files that take long and therefore begin early, roughly in the order of `--times`; the order is only a hint. */
const LONG = [
  "keeper/waiter/code",
  "keeper/waiter/emulated",
  "e2e/init_rest",
  "e2e/from_parallel",
  "e2e/queue_kills",
  "contract/process_basic",
  "contract/shared_program",
  "e2e/pool_habits",
  "contract/pool",
  "tests/termination",
  "tests/lab",
  "e2e/daemon",
  "e2e/multiprocessing_process",
  "e2e/keeper_resident",
  "e2e/multiprocessing_pool",
  "contract/process_life",
  "e2e/kept_logs",
  "e2e/first_ten_minutes",
  "e2e/hosts_ends",
  "types",
  "tests/pool",
  "e2e/pool_joblog",
  "e2e/examples",
  "e2e/pool_files",
  "contract/fork",
  "e2e/hosts_left",
  "e2e/kept_health_turn",
  "e2e/multiprocessing_shared",
  "e2e/queue_lanes",
  "e2e/queue_connection",
  "e2e/run",
  "e2e/inspect",
  "e2e/pool",
  "tests/commands",
  "tests/keeper",
  "tests/init",
  "e2e/with_ready",
  "e2e/pool_terminal",
  "e2e/kept_start",
  "e2e/hosts_connect",
  "e2e/pool_workers",
  "e2e/down",
  "e2e/run_types",
  "e2e/kept_truth",
  "e2e/kept_on_demand_kills",
  "e2e/queue_strangers",
];

/** Parts of the requested stages. A filter that is the name of a file selects parts, any other one tests. */
export async function partsOf(context: Context, stages: readonly Stage[], long: boolean) {
  const all: TestPart[] = [
    ...await endToEnd(long),
    ...fromSource(context),
    ...await contract(),
    ...await unit(long),
    ...statics(),
  ].filter(({ stage }) => stages.includes(stage));
  const files = all.filter(({ name }) => context.filter && name.endsWith(context.filter));
  if (files.length === 0) return { parts: sorted(all), filter: context.filter };
  const needed = new Set(files.map(({ after }) => after));
  return { parts: sorted(all.filter((p) => files.includes(p) || needed.has(p.name))), filter: "" };
}

function statics(): TestPart[] {
  const frozen = ["--frozen"];
  const script = (name: string, ...args: string[]) =>
    check(Deno.execPath(), ["run", "-A", "--no-lock", `scripts/${name}.ts`, ...args]);
  return Object.entries({
    types: check(Deno.execPath(), ["check", "--quiet", ...frozen, "."]),
    lint: check(Deno.execPath(), ["lint", "--quiet"]),
    format: check(Deno.execPath(), ["fmt", "--check", "--quiet"]),
    layers: script("check_layers"),
    loads: script("check_loads"),
    "api page": script("api_page", "--check"),
    "library types": script("library_types", "--check"),
    packages: script("check_packages"),
    "docs wrapped": script("wrap_docs", "--check"),
  }).map(([name, work]) => ({ name, stage: "static", work }));
}

/** Folders of unit tests in which each file takes long enough to be a part. */
const BY_FILE = ["tests/keeper/waiter"];

/** One part per folder: the tests are short, and a process per file would take longer than they do. */
async function unit(long: boolean): Promise<TestPart[]> {
  const others = new Set(["contract", "e2e", "long", "fixtures"]);
  const folders = [];
  for await (const { name, isDirectory } of Deno.readDir("tests")) {
    if (isDirectory && !others.has(name)) folders.push(`tests/${name}`);
  }
  const single = (await Promise.all(BY_FILE.map(testFiles))).flat();
  const env: Record<string, string> = long ? { IMP_TEST_LONG: "1" } : {};
  return [...single, ...folders.sort()].map((path) => ({
    name: path,
    stage: "unit",
    work: denoTest(path, env, [
      // Sets the seed of property tests.
      "--preload=tests/property_runs.ts",
      ...BY_FILE.filter((folder) => folder.startsWith(`${path}/`)).map((at) => `--ignore=${at}`),
    ]),
  }));
}

async function contract(): Promise<TestPart[]> {
  const files = await testFiles("tests/contract");
  return [
    {
      name: "bundle of the contract tests",
      stage: "contract",
      work: contractUnderBun.bundle(files),
    },
    ...files.map((file): TestPart => ({
      name: `under Bun: ${file}`,
      stage: "contract",
      after: "bundle of the contract tests",
      work: contractUnderBun.run(file),
    })),
    ...files.map((path): TestPart => ({ name: path, stage: "contract", work: denoTest(path) })),
  ];
}

async function endToEnd(long: boolean): Promise<TestPart[]> {
  const given = Deno.env.get("IMP_BIN");
  const files = [...await testFiles("tests/e2e"), ...long ? await testFiles("tests/long") : []];
  const env = { IMP_BIN: given ?? `${Deno.cwd()}/dist/imp`, ...long && { IMP_TEST_LONG: "1" } };
  const parts = files.map((path): TestPart => ({
    name: path,
    stage: "e2e",
    after: given === undefined ? "build" : undefined,
    work: denoTest(path, env),
  }));
  if (given !== undefined) return parts;
  return [{ name: "build", stage: "e2e", work: check("scripts/imp", ["--version"]) }, ...parts];
}

/** A part of the end-to-end tests, with imp run from a clone. */
function fromSource(context: Context): TestPart[] {
  const clone: TestPart = { name: "a clone under both runtimes", stage: "source", work: makeClone };
  const parts = Object.entries(SOURCE_TESTS).flatMap(([kind, files]) =>
    files.map((path): TestPart => ({
      name: `${kind}: ${path}`,
      stage: "source",
      after: clone.name,
      work: denoTest(path, {
        IMP_BIN: programOf(kind as Kind, context),
        IMP_FROM_SOURCE: cloneOf(context),
      }),
    }))
  );
  return [clone, ...parts];
}

async function testFiles(folder: string): Promise<string[]> {
  const files = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.endsWith("_test.ts")) files.push(`${folder}/${name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return files.sort();
}

/** First the parts that others wait for, then the longest. */
function sorted(parts: TestPart[]): TestPart[] {
  const needed = new Set(parts.map(({ after }) => after));
  const rank = ({ name }: TestPart) => {
    if (needed.has(name)) return -1;
    const stem = name.replace(/_test\.ts$/, "");
    const place = LONG.findIndex((long) => stem.endsWith(long));
    return place < 0 ? LONG.length : place;
  };
  return parts.sort((a, b) => rank(a) - rank(b));
}

// Pools of two workers that call functions: imp's against Python's, and against piscina and workerpool, which use
// threads of Node. These two are installed by npm into a temporary folder; without node or python3 the rest is
// measured.
// Usage: deno run -A scripts/bench/multiprocessing.ts [ROUNDS]
import { isNpmWanted, machine, which } from "./measure.ts";
import * as programs from "./pool_programs.ts";
import { impBinary } from "./programs.ts";

type Measure = "unordered" | "apply" | "map" | "buffer";
type Seconds = Partial<Record<Measure, number>>;

interface Contender {
  name: string;
  argv: string[];
  rounds: Seconds[];
}

const rounds = Number(Deno.args[0] ?? 5);
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const { TASKS, ITEMS, BYTES } = programs;

try {
  console.log(`${machine()}; 2 workers, ${rounds} rounds in turn, medians`);
  const contenders = await prepare();
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) contender.rounds.push(await run(contender));
  }
  table(contenders, "unordered", `${TASKS} empty tasks, as they end`, "tasks/s", TASKS);
  table(contenders, "apply", `${TASKS} × applyAsync of an empty function`, "tasks/s", TASKS);
  table(contenders, "map", `map over ${ITEMS} numbers, in chunks`, "items/s", ITEMS);
  table(contenders, "buffer", `${BYTES >> 20} MiB there and back`, "GB/s", 2 * BYTES / 1e9);
} finally {
  Deno.removeSync(work, { recursive: true });
}

async function prepare(): Promise<Contender[]> {
  const contenders = [contender("imp", [impBinary(), "run", file("imp.ts", programs.IMP)])];
  if (which("python3")) {
    const name = `Python ${await said(
      "python3",
      "-c",
      "import platform as p; print(p.python_version())",
    )}`;
    contenders.push(contender(name, ["python3", file("pool.py", programs.PYTHON)]));
  }
  if (!which("node") || !which("npm") || !isNpmWanted()) return contenders;
  await said("npm", "install", "--silent", "--no-audit", "--prefix", work, "piscina", "workerpool");
  file("piscina_tasks.mjs", programs.PISCINA_TASKS);
  file("workerpool_tasks.mjs", programs.WORKERPOOL_TASKS);
  for (const [name, text] of [["piscina", programs.PISCINA], ["workerpool", programs.WORKERPOOL]]) {
    const { version } = JSON.parse(
      Deno.readTextFileSync(`${work}/node_modules/${name}/package.json`),
    );
    contenders.push(contender(`${name} ${version}`, ["node", file(`${name}.mjs`, text)]));
  }
  return contenders;
}

function contender(name: string, argv: string[]): Contender {
  return { name, argv, rounds: [] };
}

function file(name: string, text: string): string {
  Deno.writeTextFileSync(`${work}/${name}`, text);
  return `${work}/${name}`;
}

async function run({ argv: [program, ...args] }: Contender): Promise<Seconds> {
  return JSON.parse(await said(program, ...args));
}

async function said(program: string, ...args: string[]): Promise<string> {
  const command = new Deno.Command(program, { args, cwd: work, stdin: "null", stderr: "inherit" });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout).trim();
}

function table(
  contenders: Contender[],
  measure: Measure,
  what: string,
  unit: string,
  amount: number,
): void {
  const own = median(contenders[0], measure)!;
  console.log(`\n| ${what} | s | ${unit} | imp's speed is × its |\n| --- | ---: | ---: | ---: |`);
  for (const contender of contenders) {
    const seconds = median(contender, measure);
    if (seconds === undefined) continue;
    const speed = (amount / seconds).toLocaleString("en", {
      maximumFractionDigits: amount > 100 ? 0 : 2,
    });
    const ratio = (seconds / own).toFixed(2);
    console.log(`| ${contender.name} | ${seconds.toFixed(3)} | ${speed} | ${ratio} |`);
  }
}

function median({ rounds }: Contender, measure: Measure): number | undefined {
  const all = rounds.map((seconds) => seconds[measure]).filter((n) => n !== undefined);
  return all.sort((a, b) => a - b)[all.length >> 1];
}

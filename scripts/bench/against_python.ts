// Compares imp run with Python: one program each, which measure the same rows, in turn. CPU time includes all their
// processes: on a shared machine it is more meaningful than times per second.
import { machine, which } from "./measure.ts";
import { impBinary } from "./programs.ts";

export interface Comparison {
  readonly name: string;
  /** Prints an object: for each row `seconds` and `cpu`, in seconds, for all `times`. */
  readonly imp: string;
  readonly python: string;
  /** How often each row repeats what it measures. */
  readonly times: number;
  /** The name of that, in the plural. */
  readonly unit: string;
  /** Heading of the column of rows; and of their times per second. */
  readonly heading: string;
  readonly rate: string;
  readonly rounds: number;
}

type Results = Record<string, { seconds: number; cpu: number }>;

/** Measures both and prints the table; only imp's if Python is missing. */
export function againstPython(
  { name, imp, python, times, unit, heading, rate, rounds }: Comparison,
): void {
  const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
  try {
    Deno.writeTextFileSync(`${work}/${name}.ts`, imp);
    Deno.writeTextFileSync(`${work}/${name}.py`, python);
    const contenders = [{ name: "imp", argv: [impBinary(), "run", `${work}/${name}.ts`] }];
    if (which("python3")) {
      contenders.push({ name: "Python", argv: ["python3", `${work}/${name}.py`] });
    }
    const all = new Map<string, Results[]>(contenders.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, argv } of contenders) all.get(name)!.push(run(argv));
    }
    console.log(`${machine()}; ${times} ${unit}, ${rounds} rounds in turn, medians\n`);
    console.log(
      `| ${heading} | | ${rate} | µs of CPU for each |\n| --- | --- | ---: | ---: |`,
    );
    for (const row of Object.keys(all.get("imp")![0])) {
      for (const [name, results] of all) {
        const perSecond = times / median(results.map((result) => result[row].seconds));
        const cpu = median(results.map((result) => result[row].cpu)) / times * 1e6;
        console.log(`| ${row} | ${name} | ${Math.round(perSecond)} | ${cpu.toFixed(1)} |`);
      }
    }
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

function run([program, ...args]: string[]): Results {
  const { success, stdout } = new Deno.Command(program, { args, stdin: "null", stderr: "inherit" })
    .outputSync();
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

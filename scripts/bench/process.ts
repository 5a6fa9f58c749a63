// Time from `start()` until a process runs its target, and until it has been joined: imp's Process against Python's,
// and against the start of an empty program with the same runtime.
// Usage: deno run -A scripts/bench/process.ts [ROUNDS]
import { compileEmpty, impBinary, run } from "./programs.ts";
import { type Contender, machine, median, timeInTurn, which } from "./measure.ts";

const ROUNDS_EACH = 20;
const rounds = Number(Deno.args[0] ?? 10);

const PLAIN = `
export function first(begun: number): void {
  console.log("first", performance.timeOrigin + performance.now() - begun);
}
`;
const main = (target: string) => `
import { Process } from "imp:multiprocessing";
${target}
export async function main(): Promise<void> {
  for (let i = 0; i < ${ROUNDS_EACH}; i++) {
    const begun = performance.timeOrigin + performance.now();
    const one = new Process({ target: first, args: [begun] });
    one.start();
    await one.join();
    console.log("joined", performance.timeOrigin + performance.now() - begun);
  }
}
`;
const PYTHON = `
import sys, time, multiprocessing

def first(begun):
    print("first", (time.time() - begun) * 1000, flush=True)

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    for i in range(${ROUNDS_EACH}):
        begun = time.time()
        one = multiprocessing.Process(target=first, args=(begun,))
        one.start()
        one.join()
        print("joined", (time.time() - begun) * 1000, flush=True)
`;

interface Row {
  readonly name: string;
  readonly argv: readonly string[];
  readonly first: number[];
  readonly joined: number[];
}

const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
try {
  const file = (name: string, text: string) => {
    Deno.writeTextFileSync(`${work}/${name}`, text);
    return `${work}/${name}`;
  };
  file("first.ts", PLAIN);
  const apart = file("apart.ts", main('import { first } from "./first.ts";'));
  const together = file("together.ts", main(PLAIN));
  const row = (name: string, ...argv: string[]): Row => ({ name, argv, first: [], joined: [] });
  const rows = [
    row("imp, a module of its own", impBinary(), "run", apart),
    row("imp, a module that imports imp", impBinary(), "run", together),
  ];
  if (which("python3")) {
    const python = file("first.py", PYTHON);
    for (const how of ["spawn", "forkserver", "fork"]) {
      rows.push(row(`Python, ${how}`, "python3", python, how));
    }
  }
  const empty: Contender = { name: "empty", argv: [await compileEmpty(work)] };
  const empties: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const one of rows) await measure(one);
    empties.push(median(timeInTurn([empty], ROUNDS_EACH)[0]) / 1000);
  }
  report(rows, middle(empties));
} finally {
  Deno.removeSync(work, { recursive: true });
}

async function measure({ argv, first, joined, name }: Row): Promise<void> {
  const { code, stdout, stderr } = await run([...argv]);
  if (code !== 0) throw new Error(`${name}: ${stderr}`);
  for (const line of stdout.split("\n")) {
    const [what, ms] = line.split(" ");
    if (what === "first") first.push(Number(ms));
    if (what === "joined") joined.push(Number(ms));
  }
}

function report(rows: readonly Row[], empty: number): void {
  console.log(`${machine()}; ${rounds} × ${ROUNDS_EACH} processes in turn, medians\n`);
  console.log(
    "| from start() | to the target's first line, ms | of an empty program | until joined, ms |",
  );
  console.log("| --- | ---: | ---: | ---: |");
  console.log(
    `| an empty program, start to end | ${empty.toFixed(2)} | 1.00 | ${empty.toFixed(2)} |`,
  );
  for (const { name, first, joined } of rows) {
    const ms = middle(first);
    console.log(
      `| ${name} | ${ms.toFixed(2)} | ${(ms / empty).toFixed(2)} | ${middle(joined).toFixed(2)} |`,
    );
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

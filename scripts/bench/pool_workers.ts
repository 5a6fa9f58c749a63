// Records through resident processes, and streams in blocks: imp against GNU parallel.
// Usage: deno run -A scripts/bench/pool_workers.ts [ROUNDS | --quick]
import { impBinary } from "./programs.ts";
import { type Contender, machine, timeInTurn, which } from "./measure.ts";
import { printRows } from "./rows.ts";

const quick = Deno.args.includes("--quick");
const rounds = quick ? 2 : Number(Deno.args[0] ?? 5);
const imp = impBinary();
const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
const RECORDS = quick ? 10_000 : 100_000;
const MEGABYTES = quick ? 50 : 200;

try {
  console.log(`${machine()}; ${rounds} rounds in turn, medians\n`);
  records();
  blocks();
} finally {
  Deno.removeSync(work, { recursive: true });
}

function records(): void {
  const lines = Array.from({ length: RECORDS }, (_, i) => `${i + 1}\n`).join("");
  Deno.writeTextFileSync(`${work}/records`, lines);
  Deno.writeTextFileSync(`${work}/same.ts`, "export default (x: string): string => x;\n");
  const input = `< ${work}/records > ${work}/answers`;
  const contenders = [
    sh("imp pool --workers, cat", `${imp} pool -j2 --workers cat ${input}`),
    sh("the same in order (-k)", `${imp} pool -j2 -k --workers cat ${input}`),
    sh("imp pool --workers, sed -u", `${imp} pool -j2 --workers sed -u s/a/b/ ${input}`),
    sh("one record at a time (--ahead 0)", `${imp} pool -j2 --ahead 0 --workers cat ${input}`),
    sh("imp pool --call", `${imp} pool -j2 --call ${work}/same.ts ${input}`),
    ...gnuParallel(
      "GNU parallel --pipe --round-robin -N1, cat",
      `--pipe --round-robin -N1 -j2 cat ${input}`,
    ),
  ];
  printRows({
    what: `${RECORDS} records, 2 workers`,
    timings: timeInTurn(contenders, rounds),
    amount: RECORDS,
    unit: "records/s",
  });
}

function blocks(): void {
  const line = "some line of text that is neither long nor short\n";
  const text = line.repeat(Math.ceil((1 << 20) / line.length)).slice(0, 1 << 20);
  const file = Deno.openSync(`${work}/stream`, { write: true, create: true });
  for (let i = 0; i < MEGABYTES; i++) file.writeSync(new TextEncoder().encode(text));
  file.close();
  const input = `< ${work}/stream > ${work}/answers`;
  const contenders = ["1M", "10M"].flatMap((size) => [
    sh(
      `imp pool --pipe --block ${size}, wc -l`,
      `${imp} pool -j2 --pipe --block ${size} wc -l ${input}`,
    ),
    ...gnuParallel(
      `GNU parallel --pipe --block ${size}, wc -l`,
      `--pipe --block ${size} -j2 wc -l ${input}`,
    ),
  ]);
  printRows({
    what: `${MEGABYTES} MiB in blocks, 2 jobs`,
    timings: timeInTurn(contenders, rounds),
    amount: MEGABYTES,
    unit: "MiB/s",
  });
}

function sh(name: string, script: string): Contender {
  return { name, argv: ["/bin/bash", "-c", script] };
}

function gnuParallel(name: string, rest: string): Contender[] {
  const file = which("parallel");
  const gnu = file && Deno.readTextFileSync(file).startsWith("#!");
  return gnu ? [sh(name, `parallel ${rest}`)] : [];
}

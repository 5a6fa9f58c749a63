// Queues between two processes: imp's against Python's multiprocessing.Queue. CPU time is that of both processes together:
// where others use the machine too it says more than items per second.
// Usage: deno run -A scripts/bench/queues.ts [ROUNDS]
import { machine, which } from "./measure.ts";
import { impBinary } from "./programs.ts";

const ITEMS = 100_000;
const rounds = Number(Deno.args[0] ?? 5);

const IMP = `
import { Process, Queue } from "imp";
export async function consume(queue: Queue<number>, said: Queue<unknown>) {
  await said.put("ready");
  for (let i = 0; i < ${ITEMS}; i++) await queue.get();
  await said.put(process.cpuUsage());
}
export async function produce(queue: Queue<number>, said: Queue<unknown>) {
  await said.put("ready");
  for (let i = 0; i < ${ITEMS}; i++) await queue.put(i);
  await said.put(process.cpuUsage());
}
export async function main() {
  const results: Record<string, unknown> = {};
  for (const size of [0, 1000]) {
    for (const target of [consume, produce]) {
      const queue = new Queue<number>(size), said = new Queue<any>();
      const child = new Process({ target, args: [queue, said] });
      child.start();
      await said.get();
      const before = process.cpuUsage(), start = performance.now();
      for (let i = 0; i < ${ITEMS}; i++) await (target === consume ? queue.put(i) : queue.get());
      const theirs = await said.get();
      const seconds = (performance.now() - start) / 1000;
      const { user, system } = process.cpuUsage(before);
      const cpu = (user + system + theirs.user + theirs.system) / 1e6;
      results[(target === consume ? "to the child" : "from the child") + (size ? ", at most " + size : "")] = { seconds, cpu };
      await child.join();
    }
  }
  console.log(JSON.stringify(results));
}`;

const PYTHON = `
import json, multiprocessing as mp, os, time
N = ${ITEMS}
def cpu():
    t = os.times()
    return t.user + t.system
def consume(queue, said):
    said.put("ready")
    for i in range(N): queue.get()
    said.put(cpu())
def produce(queue, said):
    said.put("ready")
    for i in range(N): queue.put(i)
    queue.close()
    queue.join_thread()
    said.put(cpu())
if __name__ == "__main__":
    results = {}
    mp.set_start_method("spawn")
    for size in (0, 1000):
        for target in (consume, produce):
            queue, said = mp.Queue(size), mp.Queue()
            child = mp.Process(target=target, args=(queue, said))
            child.start()
            said.get()
            before, start = cpu(), time.perf_counter()
            for i in range(N): queue.put(i) if target is consume else queue.get()
            theirs = said.get()
            seconds = time.perf_counter() - start
            name = "to the child" if target is consume else "from the child"
            results[name + (", at most %d" % size if size else "")] = {"seconds": seconds, "cpu": cpu() - before + theirs}
            child.join()
    print(json.dumps(results))
`;

type Results = Record<string, { seconds: number; cpu: number }>;

const work = Deno.makeTempDirSync({ prefix: "imp-bench-" });
try {
  Deno.writeTextFileSync(`${work}/queues.ts`, IMP);
  Deno.writeTextFileSync(`${work}/queues.py`, PYTHON);
  const contenders = [{ name: "imp", argv: [impBinary(), "run", `${work}/queues.ts`] }];
  if (which("python3")) contenders.push({ name: "Python", argv: ["python3", `${work}/queues.py`] });
  const all = new Map<string, Results[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, argv } of contenders) all.get(name)!.push(run(argv));
  }
  console.log(`${machine()}; ${ITEMS} items, ${rounds} rounds in turn, medians\n`);
  console.log("| items go | | items/s | µs of CPU for each |\n| --- | --- | ---: | ---: |");
  for (const way of Object.keys(all.get("imp")![0])) {
    for (const [name, results] of all) {
      const perSecond = ITEMS / median(results.map((result) => result[way].seconds));
      const cpu = median(results.map((result) => result[way].cpu)) / ITEMS * 1e6;
      console.log(`| ${way} | ${name} | ${Math.round(perSecond)} | ${cpu.toFixed(1)} |`);
    }
  }
} finally {
  Deno.removeSync(work, { recursive: true });
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

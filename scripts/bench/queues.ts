// Queues between two processes: imp's against Python's multiprocessing.Queue. CPU time includes both processes: on a
// shared machine it is more meaningful than items per second.
// Usage: deno run -A scripts/bench/queues.ts [ROUNDS]
import { againstPython } from "./against_python.ts";

const ITEMS = 100_000;

const IMP = `
import { Process, Queue } from "imp:multiprocessing";
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

againstPython({
  name: "queues",
  imp: IMP,
  python: PYTHON,
  times: ITEMS,
  unit: "items",
  heading: "items go",
  rate: "items/s",
  rounds: Number(Deno.args[0] ?? 5),
});

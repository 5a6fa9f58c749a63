// Calls of objects that live in a manager's process: imp's against Python's multiprocessing.Manager. CPU time includes
// both processes: on a shared machine it is more meaningful than calls per second.
// Usage: deno run -A scripts/bench/managers.ts [ROUNDS]
import { againstPython } from "./against_python.ts";

const CALLS = 20_000, WARM_UP = 10_000;

const IMP = `
import { Manager } from "imp:multiprocessing";
import { readFileSync } from "node:fs";
export async function main() {
  await using manager = new Manager();
  const dict = await manager.dict<string, number>(), list = await manager.list<number>();
  const lock = await manager.Lock(), queue = await manager.Queue<number>();
  const cpu = () => {
    const [user, system] = readFileSync("/proc/" + manager.pid + "/stat", "latin1").split(") ")[1].split(" ").slice(11, 13);
    const own = process.cpuUsage();
    return (Number(user) + Number(system)) / 100 + (own.user + own.system) / 1e6;
  };
  const rows: Record<string, (i: number) => unknown> = {
    "set in a dict": (i) => dict.set("key", i),
    "get from a dict": () => dict.get("key"),
    "append to a list": (i) => list.append(i),
    "acquire and release a lock": async () => { await lock.acquire(); await lock.release(); },
    "put into a queue and get": async (i) => { await queue.put(i); await queue.get(); },
  };
  const results: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(rows)) {
    for (let i = 0; i < ${WARM_UP}; i++) await call(i);
    const before = cpu(), start = performance.now();
    for (let i = 0; i < ${CALLS}; i++) await call(i);
    results[name] = { seconds: (performance.now() - start) / 1000, cpu: cpu() - before };
  }
  console.log(JSON.stringify(results));
}`;

const PYTHON = `
import json, multiprocessing as mp, os, time
if __name__ == "__main__":
    manager = mp.Manager()
    shared, items, lock, queue = manager.dict(), manager.list(), manager.Lock(), manager.Queue()
    def cpu():
        with open("/proc/%d/stat" % manager._process.pid) as file:
            user, system = file.read().split(") ")[1].split(" ")[11:13]
        own = os.times()
        return (int(user) + int(system)) / 100 + own.user + own.system
    def lock_once(i):
        lock.acquire()
        lock.release()
    def queue_once(i):
        queue.put(i)
        queue.get()
    rows = {
        "set in a dict": lambda i: shared.__setitem__("key", i),
        "get from a dict": lambda i: shared["key"],
        "append to a list": items.append,
        "acquire and release a lock": lock_once,
        "put into a queue and get": queue_once,
    }
    results = {}
    for name, call in rows.items():
        for i in range(${WARM_UP}): call(i)
        before, start = cpu(), time.perf_counter()
        for i in range(${CALLS}): call(i)
        results[name] = {"seconds": time.perf_counter() - start, "cpu": cpu() - before}
    print(json.dumps(results))
`;

againstPython({
  name: "managers",
  imp: IMP,
  python: PYTHON,
  times: CALLS,
  unit: "times",
  heading: "one after another",
  rate: "times/s",
  rounds: Number(Deno.args[0] ?? 5),
});

// The same work for four pools of two workers. Each program prints seconds as JSON, and leaves out what it does not
// support.
export const TASKS = 50_000, ITEMS = 1_000_000, BYTES = 100 << 20;

export const IMP = `
import { Pool } from "imp:multiprocessing";
export const empty = () => {};
export const square = (n: number) => n * n;
export const same = (buffer: ArrayBuffer) => buffer;
const seconds = async (work: () => Promise<unknown>) => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};
const thrice = async (work: () => Promise<unknown>) =>
  [await seconds(work), await seconds(work), await seconds(work)].sort((a, b) => a - b);
export async function main() {
  await using pool = new Pool(2);
  const unordered = async (n: number) => {
    for await (const _ of pool.imapUnordered(empty, Array(n).fill(0)));
  };
  const apply = async (n: number) => {
    const results = Array.from({ length: n }, () => pool.applyAsync(empty));
    for (const result of results) await result.get();
  };
  const items = Array.from({ length: ${ITEMS} }, (_, i) => i);
  const buffer = new Uint8Array(${BYTES}).fill(7).buffer;
  await unordered(2000);
  console.log(JSON.stringify({
    unordered: await seconds(() => unordered(${TASKS})),
    apply: await seconds(() => apply(${TASKS})),
    map: await seconds(() => pool.map(square, items)),
    buffer: (await thrice(() => pool.apply(same, [buffer])))[1],
  }));
}
`;

export const PYTHON = `
import json, time
from multiprocessing import Pool

def empty(_=None):
    pass

def square(n):
    return n * n

def same(data):
    return data

def seconds(work):
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin

if __name__ == "__main__":
    with Pool(2) as pool:
        def unordered(n):
            for _ in pool.imap_unordered(empty, range(n)):
                pass

        def apply(n):
            for result in [pool.apply_async(empty) for _ in range(n)]:
                result.get()

        data = bytes([7]) * ${BYTES}
        unordered(2000)
        print(json.dumps({
            "unordered": seconds(lambda: unordered(${TASKS})),
            "apply": seconds(lambda: apply(${TASKS})),
            "map": seconds(lambda: pool.map(square, range(${ITEMS}))),
            "buffer": sorted(seconds(lambda: pool.apply(same, (data,))) for _ in range(3))[1],
        }))
`;

/** The common part of both Node pools: \`run\` gives a task to a pool and \`end\` ends it. */
const NODE = `
const seconds = async (work) => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};
const thrice = async (work) =>
  [await seconds(work), await seconds(work), await seconds(work)].sort((a, b) => a - b);
const all = (n) => Promise.all(Array.from({ length: n }, () => run("empty", 0)));
const buffer = new Uint8Array(${BYTES}).fill(7).buffer;
await all(2000);
console.log(JSON.stringify({
  unordered: await seconds(() => all(${TASKS})),
  apply: await seconds(() => all(${TASKS})),
  buffer: (await thrice(() => run("same", buffer)))[1],
}));
await end();
`;

export const PISCINA = `
import { Piscina } from "piscina";
const pool = new Piscina({ filename: new URL("./piscina_tasks.mjs", import.meta.url).href, minThreads: 2, maxThreads: 2 });
const run = (name, value) => pool.run(value, { name });
const end = () => pool.destroy();
${NODE}`;

export const PISCINA_TASKS = `
export const empty = () => {};
export const same = (buffer) => buffer;
`;

export const WORKERPOOL = `
import workerpool from "workerpool";
const file = new URL("./workerpool_tasks.mjs", import.meta.url).pathname;
const pool = workerpool.pool(file, { minWorkers: 2, maxWorkers: 2, workerType: "thread" });
const run = (name, value) => pool.exec(name, [value]);
const end = () => pool.terminate();
${NODE}`;

export const WORKERPOOL_TASKS = `
import workerpool from "workerpool";
workerpool.worker({ empty: () => {}, same: (buffer) => buffer });
`;

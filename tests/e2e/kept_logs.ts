// Shared by end-to-end tests of logs.
import { assertEquals } from "@std/assert";
import { eventually, isAlive, type Sandbox, wordsOf } from "./harness.ts";
import type { KeptHome } from "./keeping.ts";

/** The processes of `imp watch HOME`. */
export function watchesOf(home: KeptHome): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) => {
    if (!(pid > 0)) return false;
    const words = wordsOf(pid);
    return words.at(-2) === "watch" && words.at(-1) === home.path && isAlive(pid);
  });
}

/** It ends by itself when nothing needs it. */
export async function watchEnds(home: KeptHome): Promise<void> {
  await eventually(() => watchesOf(home).length === 0, "imp watch ends");
}

/** Kills it, and waits until another one runs. */
export async function killWatch(home: KeptHome): Promise<void> {
  await eventually(() => watchesOf(home).length > 0, "imp watch runs");
  const [pid] = watchesOf(home);
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended.
  }
  await eventually(() => !isAlive(pid), "it is killed");
}

/** A program that writes this many numbered lines, and then waits. */
export function counting(count: number): string {
  return `i=0; while [ $i -lt ${count} ]; do echo "line $i of some text that fills a line"; i=$((i+1)); done; exec sleep 1000`;
}

/** The output of imp logs, as line numbers. */
export async function numbersIn(home: KeptHome, ...args: string[]): Promise<number[]> {
  const text = await home.done("logs", ...args);
  return text.split("\n").slice(0, -1).map((line) => Number(/line (\d+) of/.exec(line)?.[1]));
}

/** Checks that every line is there once, in order. */
export async function assertAll(home: KeptHome, name: string, count: number): Promise<void> {
  let last = -1;
  await eventually(async () => {
    [last] = await numbersIn(home, name, "-n", "1");
    return last === count - 1;
  }, () => `the last line is there: ${last}`);
  const numbers = await numbersIn(home, name);
  const wrong = numbers.findIndex((number, i) => number !== i);
  assertEquals([numbers.length, wrong], [count, -1], `line ${wrong}: ${numbers[wrong]}`);
}

/** A directory on a file system that cannot cut blocks off a file: tmpfs. */
export function tmpfsDirectory(box: Sandbox): string {
  try {
    const directory = Deno.makeTempDirSync({ dir: "/dev/shm", prefix: "imp-test-" });
    Deno.chmodSync(directory, 0o700);
    return directory;
  } catch {
    box.skip("/dev/shm is not there");
  }
}

// Targets of the scenarios' processes, threads and workers: `imp:lab#NAME`.
import { ownPid } from "../../libc/processes/process.ts";
import { Process } from "../../multiprocessing/process/process.ts";
import type { Queue } from "../../multiprocessing/shared/queue.ts";
import { rest, say, second } from "../program.ts";
import { runtime } from "../../runtime/mod.ts";

/** Ticks ten times, with long pauses. */
export async function ticks(): Promise<void> {
  for (let n = 0; n < 10; n++) {
    await rest(10);
    say(`tick ${n} of child ${ownPid()}`);
  }
}

export async function task(name: string): Promise<void> {
  say(`${name} is starting`);
  await rest(2);
  say(`${name} is ending`);
}

/** Would never end. */
export async function alive(): Promise<void> {
  for (;;) {
    say("daemon is alive!");
    await rest(1);
  }
}

export async function shortWork(): Promise<void> {
  say(`${ownPid()} is running`);
  await rest(2);
  say(`${ownPid()} is done`);
}

export async function foo(): Promise<void> {
  say("123");
  await rest(1);
  say("end123");
}

export async function bar(): Promise<void> {
  say("456");
  await rest(3);
  say("end456");
}

/** Tries to start a child. */
export async function parenting(): Promise<void> {
  say("child 1 is running");
  await rest(2);
  new Process({ target: "imp:lab#shortWork" }).start();
}

export async function hello(message: string): Promise<string> {
  say(`msg: ${message}`);
  await rest(3);
  say("end");
  return `done ${message}`;
}

/** Takes a random part of so many seconds, at least a third. */
export async function errand(name: string, most: number): Promise<number> {
  say(`run task ${name} in ${ownPid()}`);
  const began = runtime.now();
  await rest(most * (1 + 2 * Math.random()) / 3);
  const seconds = (runtime.now() - began) / second();
  say(`task ${name} runs ${seconds.toFixed(2)} seconds`);
  return seconds;
}

/** What a worker does when it is interrupted. */
export async function busy(n: number): Promise<void> {
  say(`task ${n} in ${ownPid()}`);
  await rest(60);
  say(`task ${n} is done`);
}

const LETTERS = [..."WANG"];

export async function write(queue: Queue<string>): Promise<string> {
  for (const letter of LETTERS) {
    // Printed first: the reader may receive the letter before this process could print this.
    say(`write: ${letter}`);
    await queue.put(letter);
  }
  return `${LETTERS.length} written`;
}

export async function read(queue: Queue<string>): Promise<string> {
  const letters: string[] = [];
  while (letters.length < LETTERS.length) {
    const letter = await queue.get();
    say(`read: ${letter}`);
    letters.push(letter);
  }
  return letters.join(",");
}

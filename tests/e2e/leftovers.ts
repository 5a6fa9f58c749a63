// For commands that work in their own directory: what they leave behind if something disturbs them.
import { assertEquals } from "@std/assert";
import { eventually, type RunResult, type Sandbox } from "./harness.ts";

const ATTEMPTS = 10;

/** Starts imp, waits until it is under way, and does something to it. */
export async function disturbed(
  box: Sandbox,
  args: readonly string[],
  isUnderWay: () => boolean,
  blow: (pid: number) => void,
): Promise<RunResult> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const result = await disturbedOnce(box, args, isUnderWay, blow);
    if (result) return result;
  }
  throw new Error(`imp ${args[0]} was never seen under way`);
}

/** @returns undefined if it was over before it was seen under way: on a busy machine a look takes long */
async function disturbedOnce(
  box: Sandbox,
  args: readonly string[],
  isUnderWay: () => boolean,
  blow: (pid: number) => void,
): Promise<RunResult | undefined> {
  const env = { TMPDIR: box.directory };
  const child = box.start(args, { env, stdout: "piped", stderr: "piped" });
  let over = false;
  let seen = false;
  const output = child.output().finally(() => over = true);
  await eventually(() => over || (seen = isUnderWay()), `imp ${args[0]} is not under way`);
  if (!seen) return undefined;
  blow(child.pid);
  const { code, signal, stdout, stderr } = await output;
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

export function assertNothingLeft(box: Sandbox): void {
  assertEquals(directoriesOf(box), []);
  assertEquals(box.processes(), []);
}

/** Waits until nothing is left: for what a guard removes. */
export async function nothingStays(box: Sandbox): Promise<void> {
  await eventually(() => box.processes().length === 0, "processes are left");
  await eventually(() => directoriesOf(box).length === 0, "directories are left");
}

/** Leftover directories. */
export function directoriesOf(box: Sandbox): string[] {
  return [...Deno.readDirSync(box.directory)].map(({ name }) => name)
    .filter((name) => name.startsWith("imp-"));
}

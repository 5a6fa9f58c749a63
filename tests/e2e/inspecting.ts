// Shared by the tests of imp inspect.
import { eventually, type Sandbox } from "./harness.ts";

/** Above the largest PID on Linux. */
export const NO_PID = "4194305";

export async function inspect(box: Sandbox, ...pids: (number | string)[]) {
  const { code, stdout, stderr } = await box.imp(["inspect", "--json", ...pids.map(String)]);
  const found = stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
  return { code, stderr, found };
}

/** Starts a program in the background. @returns its PID, once it is the program itself */
export async function start(box: Sandbox, command: string, name: string): Promise<number> {
  const { stdout } = await box.sh(`${command} </dev/null >/dev/null 2>&1 & echo $!`);
  const pid = Number(stdout);
  await eventually(() => comm(pid) === name, `${name} does not start`);
  return pid;
}

export function comm(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/comm`).trimEnd();
  } catch {
    return "";
  }
}

export function read(box: Sandbox, name: string): string {
  try {
    return Deno.readTextFileSync(box.path(name));
  } catch {
    return "";
  }
}

// Shared by end-to-end tests of kept daemons.
import { assertEquals } from "@std/assert";
import { eventually, isAlive, type RunOptions, type RunResult, type Sandbox } from "./harness.ts";

/** A home for the kept daemons of one test. */
export class KeptHome {
  readonly path: string;

  constructor(private readonly box: Sandbox) {
    this.path = box.path("home");
  }

  get env(): Record<string, string> {
    return { IMP_HOME: this.path };
  }

  /** Runs imp with this home. */
  imp(args: string[], options: RunOptions = {}): Promise<RunResult> {
    return this.box.imp(args, { ...options, env: { ...this.env, ...options.env } });
  }

  /** Runs imp, which must succeed. @returns its output */
  async done(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.imp(args);
    assertEquals(code, 0, `imp ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Starts a daemon that runs a shell script. */
  async start(name: string, script: string, ...options: string[]): Promise<void> {
    await this.done("start", name, ...options, "--", "sh", "-c", script);
  }

  /** A record of a daemon; undefined if it cannot be read. */
  // deno-lint-ignore no-explicit-any
  record(name: string, record: "state" | "intent" | "settings"): any {
    try {
      return JSON.parse(Deno.readTextFileSync(`${this.path}/daemons/${name}/${record}.json`));
    } catch {
      return undefined;
    }
  }

  /** PID of the main process; undefined if none runs. */
  pid(name: string): number | undefined {
    const pid = this.record(name, "state")?.program?.pid;
    return pid !== undefined && isAlive(pid) ? pid : undefined;
  }

  /** PIDs of the living guard and keeper. */
  waiters(name: string): { guard?: number; keeper?: number } {
    const state = this.record(name, "state");
    const living = (pid: number | undefined) => pid !== undefined && isAlive(pid) ? pid : undefined;
    return { guard: living(state?.guard?.pid), keeper: living(state?.keeper?.pid) };
  }

  /** Kills guard and keeper. */
  async killWaiters(name: string): Promise<void> {
    let both: number[] = [];
    // Those that have just adopted a program are recorded by their first turn.
    await eventually(() => {
      const { guard, keeper } = this.waiters(name);
      both = [guard, keeper].filter((pid) => pid !== undefined);
      return both.length > 0 || this.pid(name) === undefined;
    }, "it has keepers");
    // On a busy machine the one that is killed last would have had time to start a new partner.
    for (const signal of ["SIGSTOP", "SIGKILL"] as const) {
      for (const pid of both) Deno.kill(pid, signal);
    }
    await eventually(
      () => both.every((pid) => !isAlive(pid)),
      "the keepers have ended",
    );
  }
}

/** The PIDs in a file, one per line, once there are enough. */
export async function pidsIn(path: string, count = 1): Promise<number[]> {
  let pids: number[] = [];
  await eventually(() => {
    try {
      pids = Deno.readTextFileSync(path).split("\n").filter(Boolean).map(Number);
    } catch {
      return false;
    }
    return pids.length >= count;
  }, () => `${path} has ${count} PIDs, not ${pids.join(" ")}`);
  return pids;
}

export function assertGone(pids: readonly number[]): void {
  assertEquals(pids.filter(isAlive), []);
}

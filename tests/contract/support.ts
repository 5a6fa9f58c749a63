// Shared by the contract tests. Nothing here may depend on one runtime: it runs under both.
import { readLink, readTextOrNothing } from "../../src/libc/descriptors/files.ts";
import { errnoName } from "../../src/libc/calling/errno.ts";
import { libc } from "../../src/libc/calling/load.ts";
import type { ChildStep } from "../../src/libc/processes/child_program.ts";
import { forkAndExecute } from "../../src/libc/processes/fork.ts";
import { sendSignal } from "../../src/libc/processes/signals.ts";
import { spawn, type SpawnRequest } from "../../src/libc/processes/spawn.ts";
import { listDirectory } from "../../src/libc/descriptors/stat.ts";
import { type Reaped, waitFor } from "../../src/libc/processes/wait.ts";
import { type CommandResult, runtime } from "../../src/runtime/mod.ts";

/** Selects what only root can try; other users try what they are refused. */
export const isRoot = libc("geteuid").geteuid() === 0;

/** Executables that exist on every Linux, by their usual path. */
export const SLEEP = "/bin/sleep";
export const SHELL = "/bin/sh";
export const ENVIRONMENT = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"];

const SIGKILL = 9;

/** Waits until `condition` holds; fails with `what` after `ms`. */
export async function eventually(
  condition: () => boolean,
  what: string,
  ms = 120_000,
): Promise<void> {
  const deadline = runtime.now() + ms;
  while (!condition()) {
    if (runtime.now() > deadline) throw new Error(`not within ${ms} ms: ${what}`);
    await runtime.sleep(5);
  }
}

/** Runs steps that must succeed. @returns the PID of the program */
export function startBySteps(steps: readonly ChildStep[]): number {
  const outcome = forkAndExecute(steps);
  if ("pid" in outcome) return outcome.pid;
  throw new Error(`${outcome.failed.do} failed: ${errnoName(outcome.code)}`);
}

/** What a helper program prints. */
export async function output(...argv: string[]): Promise<string> {
  const result = await runtime.command(argv);
  if (result.code !== 0) throw new Error(`${argv.join(" ")}: ${text(result.stderr)}`);
  return text(result.stdout);
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Calls `body` with an empty directory, which is removed afterwards. */
export async function withDirectory(body: (path: string) => void | Promise<void>): Promise<void> {
  const path = (await output("mktemp", "-d", "-t", "imp-contract-XXXXXXXX")).trim();
  try {
    await body(path);
  } finally {
    await output("rm", "-rf", path);
  }
}

/** Starts a program; failure is an error. */
export function start(request: Partial<SpawnRequest> & Pick<SpawnRequest, "argv">): number {
  const pid = spawn({ path: String(request.argv[0]), env: ENVIRONMENT, ...request });
  if (pid < 0) throw new Error(`errno ${-pid} for ${request.argv.join(" ")}`);
  return pid;
}

/** Ends a child and reaps it. */
export function end(pid: number): Reaped | undefined {
  sendSignal(pid, SIGKILL);
  return waitFor(pid);
}

/**
 * Calls `body` with a running child, which is ended afterwards. posix_spawn returns from within exec: the kernel
 * resumes the parent before it closes descriptors and shows the arguments, which come last.
 */
export async function withChild(
  request: Partial<SpawnRequest> & Pick<SpawnRequest, "argv">,
  body: (pid: number) => void | Promise<void>,
): Promise<void> {
  const pid = start(request);
  try {
    await eventually(() => readTextOrNothing(`/proc/${pid}/cmdline`) !== "", "exec is finished");
    // Its loader opens and closes libraries before that.
    await eventually(() => "STZ".includes(relations(pid).state), "the program waits");
    await body(pid);
  } finally {
    end(pid);
  }
}

/** A field of /proc/PID/status. */
export function statusField(pid: number | "self" | "thread-self", name: string): string {
  const status = readTextOrNothing(`/proc/${pid}/status`) ?? "";
  return new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? `no ${name}`;
}

/** Parent, process group, session and terminal of a process, from /proc/PID/stat. */
export function relations(pid: number | "self") {
  const stat = readTextOrNothing(`/proc/${pid}/stat`) ?? "";
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [ppid, pgid, sid, tty] = rest.map(Number);
  return { state, ppid, pgid, sid, tty };
}

/** PIDs of the children of this process, including zombies. */
export function children(): number[] {
  const own = libc("getpid").getpid();
  return (listDirectory("/proc") as string[]).filter((name) => /^\d+$/.test(name)).map(Number)
    .filter((pid) => relations(pid).ppid === own);
}

/** Open descriptors of a process and their targets. */
export function descriptors(pid: number | "self"): Record<string, string> {
  const names = listDirectory(`/proc/${pid}/fd`) as string[];
  const found = names.map((fd) => [fd, readLink(`/proc/${pid}/fd/${fd}`) ?? "gone"]);
  return Object.fromEntries(found);
}

/** Set bits of a hexadecimal mask as signal numbers. */
export function signalsIn(mask: string): number[] {
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: 64 }, (_, i) => i + 1).filter((n) => bits >> BigInt(n - 1) & 1n);
}

const ROLE = "IMP_CONTRACT_ROLE";

/** Parts of a test that need a separate process: what each role does there. */
export type Roles = Readonly<Record<string, () => unknown>>;

/** In such a process: plays the role, prints its result as JSON, and never returns. */
export async function playRole(roles: Roles): Promise<void> {
  const role = runtime.env(ROLE);
  if (role === undefined) return;
  console.log(JSON.stringify(await roles[role]()));
  runtime.exit(0);
}

/** The words that start a test file again, and the environment that gives it a role. */
export function roleCommand(meta: ImportMeta, role: string, ...words: string[]) {
  const file = new URL(meta.url).pathname;
  const executable = readLink("/proc/self/exe")!;
  const run = runtime.name === "deno" ? ["run", "-A", "--quiet", "--no-check", "--no-lock"] : [];
  const env = { ...runtime.environment(), [ROLE]: role };
  return { argv: [executable, ...run, file, ...words], env };
}

/** Runs a role to its end. */
export function perform(
  meta: ImportMeta,
  role: string,
  ...words: string[]
): Promise<CommandResult> {
  const { argv, env } = roleCommand(meta, role, ...words);
  return runtime.command(argv, { env });
}

/** The result of a role. */
export function told(result: CommandResult): unknown {
  if (result.code !== 0) throw new Error(text(result.stderr));
  return JSON.parse(text(result.stdout));
}

/** Runs a program of tests/fixtures, from its source, with the runtime that runs the tests. */
export async function runProgram(
  path: string,
  ...words: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await runtime.command(programCommand(path, ...words));
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** The words for that. */
export function programCommand(path: string, ...words: string[]): string[] {
  const run = runtime.name === "deno" ? ["run", "-A", "--quiet", "--no-check", "--no-lock"] : [];
  return [readLink("/proc/self/exe")!, ...run, path, ...words];
}

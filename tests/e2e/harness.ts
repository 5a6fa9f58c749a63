// What every end-to-end test shares: the built binary, real processes, and the proof that none is left.

/** Whether the tests run as root; some things only root can try. */
export const isRoot = Deno.uid() === 0;

/** Every process that a test starts inherits this variable, so what is left of it can be found. */
const TAG = "IMP_TEST_TAG";

export interface RunResult {
  code: number;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  clearEnv?: boolean;
  stdin?: string;
}

export interface StartOptions {
  env?: Record<string, string>;
  /** Default: `null`. */
  stdout?: "null" | "piped";
  /** Default: `null`. */
  stderr?: "null" | "piped" | "inherit";
}

/** A place of its own for one test: a directory, and a tag by which its processes are known. */
export interface Sandbox {
  readonly directory: string;
  readonly tag: string;
  /** Runs the built imp. */
  imp(args: string[], options?: RunOptions): Promise<RunResult>;
  /** Runs a shell script in which `$IMP` is the built imp. */
  sh(script: string, options?: RunOptions & { shell?: string }): Promise<RunResult>;
  /** Runs any program. */
  run(argv: string[], options?: RunOptions): Promise<RunResult>;
  /** Starts the built imp and does not wait for it; it reads and prints nothing. */
  start(args: readonly string[], options?: StartOptions): Deno.ChildProcess;
  /** Path of a file in the directory. */
  path(name: string): string;
  /** Writes an executable file. */
  script(name: string, text: string): string;
  /** PIDs that carry the tag. */
  processes(): number[];
  /** Ends them all. */
  endAll(): Promise<void>;
}

/** The binary under test. */
export function impBinary(): string {
  return Deno.env.get("IMP_BIN") ?? new URL("../../dist/imp", import.meta.url).pathname;
}

/**
 * Defines a test with a sandbox. It fails when a process of the test is left at its end, so tests end what they start
 * with {@link Sandbox.endAll} or wait for it.
 */
export function e2e(name: string, body: (box: Sandbox) => Promise<void>): void {
  Deno.test({
    name,
    sanitizeOps: false,
    sanitizeResources: false,
    fn: async () => {
      const box = makeSandbox();
      try {
        await body(box);
        await eventually(() => box.processes().length === 0, () => `left behind: ${tell(box)}`);
      } finally {
        await box.endAll();
        await Deno.remove(box.directory, { recursive: true });
      }
    },
  });
}

/** A test of what only root can try. As another user it does not run, and says so. */
export function e2eAsRoot(name: string, body: (box: Sandbox) => Promise<void>): void {
  if (isRoot) e2e(name, body);
  else console.log(`not run, it needs root: ${name}`);
}

/**
 * Waits until `condition` holds; fails with `what` after `ms`. That is far more than anything takes: a busy machine is
 * slow, and nobody waits for what holds.
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  ms = 30_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  while (!await condition()) {
    if (performance.now() > deadline) {
      throw new Error(`not within ${ms} ms: ${typeof what === "string" ? what : what()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Whether a process is there and not merely a zombie that nobody has reaped yet. */
export function isAlive(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Fields of /proc/PID/stat from the state (field 3) on; undefined when there is no such process. */
export function statFields(pid: number): string[] | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Kills a process, which may have ended in the meantime. */
export function endIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // Gone.
  }
}

/** Words of the command line of a process; none when it is gone, or a zombie. */
export function wordsOf(pid: number): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** Whether a file is there. */
export function exists(path: string): boolean {
  return kindOf(path) !== undefined;
}

/** Whether a program is installed. */
export function installed(program: string): boolean {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.some((folder) => kindOf(`${folder}/${program}`)?.isFile);
}

function kindOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

function makeSandbox(): Sandbox {
  const directory = Deno.makeTempDirSync({ prefix: "imp-test-" });
  const tag = crypto.randomUUID();
  const run = (argv: string[], options: RunOptions = {}) =>
    runProgram(argv, options, directory, tag);
  return {
    directory,
    tag,
    run,
    imp: (args, options) => run([impBinary(), ...args], options),
    start: (args, { env = {}, ...stdio } = {}) =>
      new Deno.Command(impBinary(), {
        args: [...args],
        cwd: directory,
        env: { IMP: impBinary(), [TAG]: tag, ...env },
        stdin: "null",
        stdout: stdio.stdout ?? "null",
        stderr: stdio.stderr ?? "null",
      }).spawn(),
    sh: (script, options = {}) => run([options.shell ?? "bash", "-c", script], options),
    path: (name) => `${directory}/${name}`,
    script: (name, text) => {
      const path = `${directory}/${name}`;
      Deno.writeTextFileSync(path, text);
      Deno.chmodSync(path, 0o755);
      return path;
    },
    processes: () => taggedProcesses(tag),
    endAll: () => endTagged(tag),
  };
}

async function runProgram(
  argv: string[],
  options: RunOptions,
  directory: string,
  tag: string,
): Promise<RunResult> {
  const child = new Deno.Command(argv[0], {
    args: argv.slice(1),
    cwd: options.cwd ?? directory,
    clearEnv: options.clearEnv,
    env: { IMP: impBinary(), [TAG]: tag, ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (options.stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(options.stdin));
    await writer.close();
  }
  const { code, signal, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

function taggedProcesses(tag: string): number[] {
  const pids: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || !isAlive(pid)) continue;
    try {
      if (Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`${TAG}=${tag}`)) pids.push(pid);
    } catch {
      // Gone, or another user's: not ours.
    }
  }
  return pids;
}

async function endTagged(tag: string): Promise<void> {
  await eventually(() => {
    const pids = taggedProcesses(tag);
    for (const pid of pids) endIfThere(pid);
    return pids.length === 0;
  }, "processes of the test could not be ended");
}

function tell(box: Sandbox): string {
  return box.processes().map((pid) => [pid, ...wordsOf(pid)].join(" ")).join(", ");
}

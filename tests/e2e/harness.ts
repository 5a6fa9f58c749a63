// Shared by all end-to-end tests: the built binary, real processes, and the proof that none is left.
import { RUN_TAG } from "../../scripts/lib/test_place.ts";
import { skip } from "../skip.ts";

/** Whether the tests run as root; some things only root can try. */
export const isRoot = Deno.uid() === 0;

/** Whether this is a long run: `scripts/test --long`. */
export const isLong = Deno.env.has("IMP_TEST_LONG");

/** How often to try what depends on chance: some times in every run, many times in a long one. */
export function rounds(some: number, many: number): number {
  return isLong ? many : some;
}

/**
 * A duration that no test may wait for: {@link NEVER}. Anything that took less than {@link SOON_MS} did not wait for
 * it, even on a slow machine.
 */
export const NEVER = "15m";
export const SOON_MS = 5 * 60_000;

/**
 * A user that runs nothing else, even while other parts of the tests run: a limit on processes counts all processes and
 * threads of a user. Below 65,536, the number of users that a container may have.
 */
export const LONELY_UID = 20_000 + Deno.pid % 40_000;

/** Inherited by every process that a test starts, so that leftovers can be found. */
export const TAG = "IMP_TEST_TAG";

/** Programs that not every machine has. A test that uses a missing one is skipped. */
const TOOLS = [
  "catatonit",
  "curl",
  "dash",
  "dumb-init",
  "faketime",
  "fish",
  "nats-server",
  "nginx",
  "nsenter",
  "openssl",
  "parallel",
  "pgrep",
  "pkill",
  "prlimit",
  "ps",
  "python3",
  "redis-server",
  "screen",
  "script",
  "setpriv",
  "ssh",
  "strace",
  "systemd-notify",
  "tini",
  "tmux",
  "unshare",
  "zsh",
];

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

/** The place of one test: a directory, and a tag that identifies its processes. */
export interface Sandbox {
  readonly directory: string;
  readonly tag: string;
  /** Runs the built imp. */
  imp(args: string[], options?: RunOptions): Promise<RunResult>;
  /** Runs a shell script in which `$IMP` is the built imp. */
  sh(script: string, options?: RunOptions & { shell?: string }): Promise<RunResult>;
  /** Runs any program. */
  run(argv: string[], options?: RunOptions): Promise<RunResult>;
  /** Starts the built imp without waiting for it; its stdin, stdout and stderr are /dev/null by default. */
  start(args: readonly string[], options?: StartOptions): Deno.ChildProcess;
  /** Path of a file in the directory. */
  path(name: string): string;
  /** Writes an executable file. */
  script(name: string, text: string): string;
  /** PIDs that carry the tag. */
  processes(): number[];
  /** Ends them all. */
  endAll(): Promise<void>;
  /** Ends the test here because this machine cannot run it: neither passed nor failed. */
  skip(reason: string): never;
}

class Skipped extends Error {}

/**
 * The program under test: the built binary, or a launcher that runs imp from source; then IMP_FROM_SOURCE names how.
 */
export function impBinary(): string {
  return Deno.env.get("IMP_BIN") ?? new URL("../../dist/imp", import.meta.url).pathname;
}

/**
 * Defines a test with a sandbox. It fails if a process of the test is left at its end, so tests end what they start
 * with {@link Sandbox.endAll} or wait for it.
 * @param tools programs that it needs and that do not appear in its words
 */
export function e2e(
  name: string,
  body: (box: Sandbox) => Promise<void>,
  tools: readonly string[] = [],
): void {
  define(name, () => inSandbox(name, body, tools));
}

/** How many tests {@link sideBySide} runs at once. */
const BESIDE = 6;

/**
 * Defines tests as {@link e2e} does, for those that mostly wait: they run concurrently, each in its own sandbox, and
 * each reports its own result.
 */
export function sideBySide(): typeof e2e {
  const begins: (() => Promise<void>)[] = [];
  const outcomes: Promise<PromiseSettledResult<void>[]>[] = [];
  return (name, body, tools = []) => {
    const at = begins.push(() => inSandbox(name, body, tools)) - 1;
    define(name, async () => {
      // Those before it have ended.
      while (outcomes.length < Math.min(at + BESIDE, begins.length)) {
        outcomes.push(Promise.allSettled([begins[outcomes.length]()]));
      }
      const [outcome] = await outcomes[at];
      if (outcome.status === "rejected") throw outcome.reason;
    });
  };
}

function define(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, sanitizeOps: false, sanitizeResources: false, fn });
}

async function inSandbox(name: string, body: Body, tools: readonly string[]): Promise<void> {
  const box = makeSandbox();
  let isOver = false;
  try {
    skipWithout(tools);
    await body(box);
    await eventually(() => box.processes().length === 0, () => `left behind: ${tell(box)}`);
    isOver = true;
  } catch (error) {
    if (!(error instanceof Skipped)) throw error;
    skip(name, error.message);
  } finally {
    if (!isOver) await box.endAll();
    if (isRoot) (await import("./control_groups.ts")).removeControlGroups(box.directory);
    await Deno.remove(box.directory, { recursive: true });
  }
}

type Body = (box: Sandbox) => Promise<void>;

/** A test that only root can run. For another user it is skipped. */
export function e2eAsRoot(name: string, body: Body, tools: readonly string[] = []): void {
  e2e(name, asRoot(body), tools);
}

/** A test of what only the built binary promises; not defined if the same file runs from source. */
export function e2eOfBinary(name: string, body: Body, tools: readonly string[] = []): void {
  if (!Deno.env.has("IMP_FROM_SOURCE")) e2e(name, body, tools);
}

/** Something only root can try; for another user it is skipped. */
export function asRoot(body: Body): Body {
  return isRoot ? body : (box) => box.skip("it needs root");
}

/**
 * Waits until `condition` holds; fails with `what` after `ms`. That is far more than anything takes: a busy machine is
 * slow, and a condition that holds ends the wait. One that fails for want of what is not there yet (a file, an element,
 * the rest of a text in JSON) does not hold.
 */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  what: string | (() => string),
  ms = 120_000,
): Promise<void> {
  const deadline = performance.now() + ms;
  let cause: unknown;
  const holds = async () => {
    try {
      return await condition();
    } catch (error) {
      if (!isOfSomethingMissing(error)) throw error;
      cause = error;
      return false;
    }
  };
  for (let begin = performance.now(); !await holds(); begin = performance.now()) {
    const now = performance.now();
    if (now > deadline) {
      throw new Error(`not within ${ms} ms: ${typeof what === "string" ? what : said(what)}`, {
        cause,
      });
    }
    // Repeatedly looking at all processes would keep a processor busy, and delay what is waited for.
    await new Promise((resolve) => setTimeout(resolve, Math.max(10, 2 * (now - begin))));
  }
}

/** What a file says, perhaps, that is not there. */
function said(what: () => string): string {
  try {
    return what();
  } catch (error) {
    return String(error);
  }
}

function isOfSomethingMissing(error: unknown): boolean {
  const kinds = [Deno.errors.NotFound, TypeError, SyntaxError];
  // A process that ended while its file of /proc was open.
  return kinds.some((kind) => error instanceof kind) ||
    (error as { code?: string }).code === "ESRCH";
}

/** Whether a process exists and is not merely an unreaped zombie. */
export function isAlive(pid: number): boolean {
  const state = statFields(pid)?.[0];
  return state !== undefined && state !== "Z" && state !== "X";
}

/** Fields of /proc/PID/stat from the state (field 3) on; undefined if there is no such process. */
export function statFields(pid: number): string[] | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** Kills a process that may have ended in the meantime. */
export function endIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // Gone.
  }
}

/** Words of the command line of a process; empty if it is gone, or a zombie. */
export function wordsOf(pid: number): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** The text of a file; none if it is not there, or may not be read. */
export function contentOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** Whether a file is there. */
export function exists(path: string): boolean {
  return kindOf(path) !== undefined;
}

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
  const before = new Set(allPids());
  const run = (argv: string[], options: RunOptions = {}) =>
    runProgram(argv, options, directory, tag);
  return {
    directory,
    tag,
    run,
    imp: (args, options) => run([impBinary(), ...args], options),
    start: (args, { env = {}, ...stdio } = {}) => {
      skipWithout(toolsIn(args));
      return new Deno.Command(impBinary(), {
        args: [...args],
        cwd: directory,
        env: { IMP: impBinary(), [TAG]: tag, ...env },
        stdin: "null",
        stdout: stdio.stdout ?? "null",
        stderr: stdio.stderr ?? "null",
      }).spawn();
    },
    sh: (script, options = {}) => run([options.shell ?? "bash", "-c", script], options),
    path: (name) => `${directory}/${name}`,
    script: (name, text) => {
      const path = `${directory}/${name}`;
      Deno.writeTextFileSync(path, text);
      Deno.chmodSync(path, 0o755);
      return path;
    },
    processes: () => taggedProcesses(tag, before),
    endAll: () => endTagged(tag, before),
    skip: (reason) => {
      throw new Skipped(reason);
    },
  };
}

function skipWithout(tools: readonly string[]): void {
  const missing = tools.find((tool) => !installed(tool));
  if (missing !== undefined) throw new Skipped(`${missing} is not installed`);
}

/** The tools that words or scripts use. */
function toolsIn(words: readonly string[]): string[] {
  const text = words.join(" ");
  return TOOLS.filter((tool) => RegExp(`(?<![\\w/.-])${tool}(?![\\w.-])`).test(text));
}

async function runProgram(
  argv: string[],
  options: RunOptions,
  directory: string,
  tag: string,
): Promise<RunResult> {
  skipWithout(toolsIn(argv));
  const child = new Deno.Command(argv[0], {
    args: argv.slice(1),
    cwd: options.cwd ?? directory,
    clearEnv: options.clearEnv,
    env: { IMP: impBinary(), [TAG]: tag, ...runTag(), ...options.env },
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
  const refused = /^unshare: .*Operation not permitted$/m.exec(text(stderr));
  if (code !== 0 && refused) throw new Skipped(refused[0]);
  return { code, signal, stdout: text(stdout), stderr: text(stderr) };
}

/** Identifies the process for scripts/test, even if a test has cleared its environment. */
function runTag(): Record<string, string> {
  const tag = Deno.env.get(RUN_TAG);
  return tag === undefined ? {} : { [RUN_TAG]: tag };
}

/** @param before processes older than the first one with the tag: a PID is reused only after all others */
function taggedProcesses(tag: string, before: ReadonlySet<number>): number[] {
  return allPids().filter((pid) => {
    if (before.has(pid)) return false;
    try {
      const isOurs = Deno.readTextFileSync(`/proc/${pid}/environ`).includes(`${TAG}=${tag}`);
      return isOurs && isAlive(pid);
    } catch {
      // Gone, or another user's: not ours.
      return false;
    }
  });
}

function allPids(): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter(Number.isInteger);
}

async function endTagged(tag: string, before: ReadonlySet<number>): Promise<void> {
  await eventually(() => {
    const pids = taggedProcesses(tag, before);
    for (const pid of pids) endIfThere(pid);
    return pids.length === 0;
  }, "processes of the test could not be ended");
}

function tell(box: Sandbox): string {
  return box.processes().map((pid) => [pid, ...wordsOf(pid)].join(" ")).join(", ");
}

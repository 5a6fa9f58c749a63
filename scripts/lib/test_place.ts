/** Places for the parts of a test run: their commands, their output, and the proof that they left nothing behind. */

import { SKIPS } from "./counts.ts";

export interface Ended {
  success: boolean;
  /** What it printed, stdout and stderr. */
  output: string;
  /** What its tests said about those that were skipped. */
  skips: string;
  /**
   * Processor time in seconds, of the command and everything it waited for, directly or not; daemons are not included.
   */
  cpu: number;
}

export interface RunOptions {
  env?: Record<string, string>;
}

/** Inherited by every process of a run: the run, and the place in it. */
export const RUN_TAG = "IMP_TEST_RUN";

/**
 * Time limit for one command, ms: only a hanging suite takes this long. A busy machine can be several times slower,
 * which is not a failure.
 */
const LONGEST_MS = 30 * 60_000;
/** How long something that is about to end may take. */
const ENDING_MS = 30_000;

/** Runs a command with its output in the file $0, and writes the shell's times(1) to a file beside it. */
const RUN = '"$@" >"$0" 2>&1; status=$?; times >"$0.times"; exit $status';

/** From the output of the shell's `times`: user and system time of its children, in the second line. */
export function childrensSeconds(times: string): number {
  const both = times.split("\n").at(1)?.matchAll(/(\d+)m([\d.]+)s/g) ?? [];
  return [...both].reduce((sum, [, minutes, seconds]) => sum + 60 * +minutes + +seconds, 0);
}

/** A separate directory for temporary files, and a tag that identifies its processes. */
export class Place {
  readonly #tag: string;

  /** @param directory does not exist yet */
  constructor(readonly directory: string, run: string) {
    this.#tag = `${run}/${directory.split("/").at(-1)}.`;
    Deno.mkdirSync(this.temporary, { recursive: true });
    // Processes of other users, which some tests start, use it too. mkdir heeds the umask.
    Deno.chmodSync(directory, 0o755);
    Deno.chmodSync(this.temporary, 0o1777);
  }

  get temporary(): string {
    return `${this.directory}/tmp`;
  }

  /** Output goes to a file: a leftover process that holds it blocks nobody. */
  async run(program: string, args: string[], { env = {} }: RunOptions = {}): Promise<Ended> {
    const out = `${this.directory}/output`;
    const skips = `${this.directory}/skips`;
    // A run started by a test belongs to that test's run too.
    const tags = `${Deno.env.get(RUN_TAG) ?? ""} ${this.#tag}`;
    const child = new Deno.Command("sh", {
      args: ["-c", RUN, out, program, ...args],
      env: { NO_COLOR: "1", TMPDIR: this.temporary, [SKIPS]: skips, [RUN_TAG]: tags, ...env },
      stdin: "null",
      signal: AbortSignal.timeout(LONGEST_MS),
    }).spawn();
    const { success } = await child.status;
    const cpu = childrensSeconds(textOf(`${out}.times`));
    return { success, output: Deno.readTextFileSync(out), skips: textOf(skips), cpu };
  }

  /** Ends and removes what is left. @returns a line for each leftover */
  async clear(): Promise<string[]> {
    for (const end = performance.now() + ENDING_MS; performance.now() < end;) {
      if (taggedWith(this.#tag).length === 0) break;
      await pause();
    }
    const processes = taggedWith(this.#tag).map((pid) => `process ${pid}: ${commandOf(pid)}`);
    await endTagged(this.#tag);
    const files = [...Deno.readDirSync(this.temporary)].map(({ name }) => `file ${name}`);
    await Deno.remove(this.directory, { recursive: true });
    return [...processes, ...files];
  }
}

/** Ends every process with a tag that begins like this. */
export async function endTagged(tag: string): Promise<void> {
  // None, twice in a row: a process in the middle of an exec has no readable environment.
  for (let none = 0; none < 2; none++) {
    for (const pid of taggedWith(tag)) {
      none = -1;
      try {
        Deno.kill(pid, "SIGKILL");
      } catch {
        // Gone.
      }
    }
    await pause();
  }
}

function taggedWith(tag: string): number[] {
  return [...Deno.readDirSync("/proc")].map(({ name }) => Number(name)).filter((pid) =>
    // A zombie has no environment.
    Number.isInteger(pid) && textOf(`/proc/${pid}/environ`).includes(tag)
  );
}

function commandOf(pid: number): string {
  return textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
}

function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    // Gone, or another user's: not ours.
    return "";
  }
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

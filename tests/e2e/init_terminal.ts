// A shell on a real terminal, for the tests of job control: what a person would type and see.
import { closeFile, readSome, writeAll } from "../../src/libc/descriptors/files.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";
import { type Reaped, tryWait, waitFor } from "../../src/libc/processes/wait.ts";
import { e2e, eventually, impBinary, type Sandbox } from "./harness.ts";

export class Screen {
  private shown = "";
  private seenUpTo = 0;
  private ended: Reaped | "running" | undefined;

  private constructor(private readonly master: number, readonly pid: number) {}

  /** Starts a program as session leader on a new terminal. */
  static run(box: Sandbox, argv: readonly string[]): Screen {
    const { master, path } = openTerminal({ rows: 24, columns: 200 });
    const env = {
      ...Deno.env.toObject(),
      IMP: impBinary(),
      IMP_TEST_TAG: box.tag,
      PS1: "$ ",
      HOME: box.directory,
      TERM: "dumb",
    };
    const pid = spawn({
      path: argv[0],
      argv,
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      newSession: true,
      terminal: path,
      descriptors: [[0, 1], [0, 2]],
    });
    if (pid < 0) throw new Error(`cannot start ${argv[0]}: errno ${-pid}`);
    return new Screen(master, pid);
  }

  /** Types a line, or keys such as "\x03". */
  type(text: string): void {
    this.look();
    this.seenUpTo = this.shown.length;
    writeAll(this.master, text);
  }

  /** Waits until new output since the last typing matches. */
  async sees(pattern: RegExp): Promise<string> {
    await eventually(() => {
      this.look();
      return pattern.test(this.recent());
    }, () => `${pattern} in ${JSON.stringify(this.recent())}`);
    return pattern.exec(this.recent())!.at(-1)!;
  }

  /** Types the same again and again until the answer comes: for when nothing shows the right moment. */
  async insists(text: string, pattern: RegExp): Promise<void> {
    this.type(text);
    let typed = performance.now();
    await eventually(() => {
      if (pattern.test(this.recent())) return true;
      if (performance.now() - typed > 300) {
        writeAll(this.master, text);
        typed = performance.now();
      }
      return false;
    }, () => `${pattern} in ${JSON.stringify(this.recent())}`);
  }

  /** Waits for the end of the program itself. */
  async ends(code: number): Promise<void> {
    await eventually(() => {
      const ended = this.ended ??= tryWait(this.pid);
      if (ended === "running") this.ended = undefined;
      return this.ended !== undefined;
    }, "the program on the terminal ends");
    const ending = this.ended as Reaped;
    if (ending.ending.how !== "exit" || ending.ending.code !== code) {
      throw new Error(`ended with ${JSON.stringify(ending.ending)}, not ${code}`);
    }
  }

  /** The output since the last typing. */
  recent(): string {
    this.look();
    return this.shown.slice(this.seenUpTo);
  }

  /** Hangs up the terminal and reaps the shell. */
  close(): void {
    closeFile(this.master);
    if (this.ended === undefined) waitFor(this.pid);
  }

  private look(): void {
    for (;;) {
      const bytes = readSome(this.master);
      // EAGAIN: nothing yet; EIO: the other end is closed.
      if (typeof bytes === "number" || bytes.length === 0) return;
      this.shown += new TextDecoder().decode(bytes);
    }
  }
}

/** Interactive shells, by name. */
export const SHELLS = [
  ["/bin/bash", "--norc", "--noprofile", "-i"],
  ["/usr/bin/zsh", "-f", "-i"],
  ["/usr/bin/dash", "-i"],
].map((argv) => ({ name: argv[0].split("/").at(-1)!, argv }));

/**
 * Prints the signals it receives. The quotes make the typed text differ from the output. It starts no processes
 * meanwhile: a shell that is stopped during vfork(2) does not stop, and neither do those that wait for it.
 */
export const CHATTY =
  `sh -c 'trap "echo g''ot-int; exit 9" INT; trap "echo g''ot-cont" CONT; sleep 1000 & echo u''p; while :; do wait; done'`;

/** A test at the prompt of a shell that does not echo what is typed. */
export function onScreen(
  name: string,
  argv: readonly string[],
  body: (screen: Screen, box: Sandbox) => Promise<void>,
  define = e2e,
): void {
  define(name, async (box) => {
    const screen = Screen.run(box, argv);
    try {
      screen.type("stty -echo; echo rea''dy\n");
      await screen.sees(/ready/);
      await body(screen, box);
    } finally {
      await box.endAll();
      screen.close();
    }
  }, [argv[0].split("/").at(-1)!]);
}

// A shell on its own terminal, as a user has it: for tests of what happens when the terminal ends.
import { closeFile, readSome, writeAll } from "../../src/libc/descriptors/files.ts";
import { spawn } from "../../src/libc/processes/spawn.ts";
import { openTerminal } from "../../src/libc/descriptors/tty.ts";
import { tryWait } from "../../src/libc/processes/wait.ts";
import { eventually, impBinary, type Sandbox } from "./harness.ts";

export interface TerminalShell {
  /** The shell, which leads the terminal's session. */
  readonly pid: number;
  readonly path: string;
  /** Types a line. */
  type(line: string): void;
  /** Presses Ctrl-Z. */
  suspend(): void;
  /** Presses Ctrl-C. */
  interrupt(): void;
  /** What has appeared so far. */
  screen(): string;
  /** Waits until the shell has processed everything typed before. */
  settled(): Promise<void>;
  /** Closes the terminal, as closing a window does. */
  close(): void;
  /** Waits for the shell's end, and reaps it. */
  ended(): Promise<void>;
}

/** @param argv the shell; its first word may begin with `-`, as for a login shell */
export function openShell(box: Sandbox, argv: string[], columns = 132): TerminalShell {
  const { master, path } = openTerminal({ rows: 40, columns });
  const pid = spawn({
    path: programFile(argv[0].replace(/^-/, "")),
    argv,
    env: Object.entries(environment(box)).map(([name, value]) => `${name}=${value}`),
    newSession: true,
    terminal: path,
    descriptors: [[0, 1], [0, 2]],
  });
  if (pid < 0) throw new Error(`cannot start ${argv[0]}: errno ${-pid}`);
  let open = true;
  let screen = "";
  let marks = 0;
  const decoder = new TextDecoder();
  const look = () => {
    while (open) {
      const bytes = readSome(master);
      // EAGAIN: nothing more for now. EIO: the other end is closed.
      if (typeof bytes === "number" || bytes.length === 0) break;
      screen += decoder.decode(bytes, { stream: true });
    }
    return screen;
  };
  const type = (text: string) => open && writeAll(master, text, "a terminal");
  return {
    pid,
    path,
    type: (line) => type(`${line}\n`),
    suspend: () => type("\x1a"),
    interrupt: () => type("\x03"),
    screen: look,
    settled: async () => {
      const mark = ++marks;
      // The shell computes it, so that the echo of the line is not taken for the answer.
      type(`echo settled-$((${mark} + 1000))\n`);
      await eventually(
        () => look().includes(`settled-${mark + 1000}`),
        () => `no answer:\n${screen}`,
      );
    },
    close: () => {
      look();
      if (open) closeFile(master);
      open = false;
    },
    ended: async () => {
      await eventually(() => (look(), tryWait(pid) !== "running"), () => `shell stays:\n${screen}`);
      if (open) closeFile(master);
      open = false;
    },
  };
}

function environment(box: Sandbox): Record<string, string> {
  return {
    PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin",
    HOME: box.directory,
    ZDOTDIR: box.directory,
    HISTFILE: "/dev/null",
    TERM: "dumb",
    PS1: "$ ",
    IMP: impBinary(),
    IMP_TEST_TAG: box.tag,
  };
}

function programFile(name: string): string {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    try {
      if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
    } catch {
      // Not here.
    }
  }
  throw new Error(`${name} is not installed`);
}

import { N_TTY_BUF_SIZE } from "../libc/abi_terminal.ts";
import { Interrupted } from "../base/errors.ts";
import { quotedWord } from "../base/shell_words.ts";
import { runtime } from "../runtime/mod.ts";
import { resetSignal, signalNumber } from "../libc/processes/signals.ts";
import { closeOnExecFrom, ownPid } from "../libc/processes/process.ts";
import { Unreadable } from "../procfs/read.ts";
import { readStatus } from "../procfs/status.ts";
import { SIGCHLD } from "../libc/abi.ts";
import { callersVariable } from "../libc/processes/process_image.ts";
import { Guard } from "../termination/guard.ts";

/** The shells that imp compares. */
export const SHELLS = ["bash", "zsh", "dash"] as const;
export type ComparedShell = (typeof SHELLS)[number];

/** The environment variable that identifies everything a comparison starts. */
export const TAG_VARIABLE = "IMP_COMPARE";

/**
 * Arguments for an interactive shell that reads none of the user's files and leaves line editing to the terminal: an
 * editor redraws its prompt at will, and imp counts prompts.
 */
export const SHELL_ARGUMENTS: Readonly<Record<ComparedShell, readonly string[]>> = {
  bash: ["bash", "--norc", "--noprofile", "--noediting", "-i"],
  zsh: ["zsh", "-f", "-i", "-o", "no_zle", "-o", "no_prompt_sp"],
  dash: ["dash", "-i"],
};

/** Variables that would change how a shell starts, prompts, remembers, or ends its jobs. */
const DISTURBING = new Set([
  "ENV",
  "BASH_ENV",
  "BASHOPTS",
  "SHELLOPTS",
  "POSIXLY_CORRECT",
  "PROMPT_COMMAND",
  "PROMPT",
  "PS0",
  "PS1",
  "PS2",
  "PS4",
  "RPS1",
  "RPROMPT",
  "HISTFILE",
  "IGNOREEOF",
  "TMOUT",
  "CDPATH",
  "OLDPWD",
  "PWD",
  "TERM",
  // A comparison within a comparison.
  TAG_VARIABLE,
]);

/** What replaces them. */
export interface ShellSettings {
  readonly prompt: string;
  /** Further words `K=V`. */
  readonly more: readonly string[];
}

/** The user's environment for the shell, without disturbing variables. */
export function shellEnvironment(
  environment: Readonly<Record<string, string>>,
  { prompt, more }: ShellSettings,
): string[] {
  const kept = Object.entries(environment)
    // Functions exported by bash may replace the very commands that are typed.
    .filter(([name]) => !DISTURBING.has(name) && !name.startsWith("BASH_FUNC_"))
    .map(([name, value]) => `${name}=${value}`);
  return [...kept, `PS1=${prompt}`, "TERM=dumb", "HISTFILE=", ...more];
}

/** A word quoted for bash, zsh and dash. */
export function quote(word: string): string {
  // zsh expands a word that begins with `=` or `~`.
  if (/^[\w./:@%+,-][\w./:@%+,=-]*$/.test(word)) return word;
  return quotedWord(word);
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/** The longest line that a terminal in canonical mode takes, its newline included; termios(3). */
export const LONGEST_LINE: number = N_TTY_BUF_SIZE - 1;

/**
 * The keystrokes that make the shell read `line`: the terminal would act on control characters (Ctrl-C, erase, end of
 * file) unless Ctrl-V precedes each. A newline needs none: the shell prompts for the rest.
 */
export function keystrokes(line: string): string {
  const CTRL_V = "\x16";
  // deno-lint-ignore no-control-regex
  return `${line.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, (character) => CTRL_V + character)}\n`;
}

/**
 * What a command needs to start programs and watch them. Nothing is left behind, however it ends: everything started is
 * tagged, and a guard looks for it, and for the directory, if this process is killed.
 */
export class Experiment {
  /** Not made yet. */
  readonly directory: string;
  readonly guard: Guard;
  private readonly interruption: Interruption;

  /** @param tag the environment variable of everything started */
  constructor(command: "compare" | "lab", tag: string) {
    const parent = callersVariable("TMPDIR");
    const name = `imp-${command}-${crypto.randomUUID()}`;
    this.directory = `${parent?.startsWith("/") ? parent : "/tmp"}/${name}`;
    this.interruption = new Interruption();
    // If the caller left it ignored, there would be no zombies to watch: wait(2).
    resetSignal(SIGCHLD);
    // The caller's open files must not show up in what is watched.
    closeOnExecFrom(3);
    this.guard = new Guard({ command, tag, directory: this.directory, unattended: true });
    this.guard.start();
  }

  /** @throws Interrupted after a signal */
  check(): void {
    this.interruption.check();
  }

  /** Call it when everything is cleaned up. */
  end(): void {
    this.guard.dismiss();
    this.interruption.release();
  }
}

/** Turns the signals that ask a process to end into an error at the next wait. */
class Interruption {
  private signal: string | undefined;
  private readonly restore: (() => void)[];

  constructor() {
    const status = readStatus(ownPid());
    // What the caller ignores stays ignored, as under nohup(1).
    const ignored = status instanceof Unreadable ? [] : status.signals.ignored;
    const names = ["HUP", "INT", "QUIT", "TERM"].filter((name) =>
      !ignored.includes(signalNumber(name)!)
    );
    this.restore = names.map((name) =>
      runtime.onSignal(`SIG${name}`, () => {
        this.signal ??= name;
      })
    );
  }

  /** @throws Interrupted after a signal */
  check(): void {
    if (this.signal) throw new Interrupted(this.signal);
  }

  /** Restores the signals' effect. */
  release(): void {
    for (const restore of this.restore) restore();
  }
}

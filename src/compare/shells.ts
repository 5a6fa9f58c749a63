/** The shells that imp compares. */
export const SHELLS = ["bash", "zsh", "dash"] as const;
export type ComparedShell = (typeof SHELLS)[number];

/** The environment variable by which everything that a comparison starts is found again. */
export const TAG_VARIABLE = "IMP_COMPARE";

/**
 * Arguments for an interactive shell that reads no file of the user and leaves line editing to the terminal: an editor
 * redraws its prompt at will, and imp counts prompts.
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

/** What to put in their place. */
export interface ShellSettings {
  readonly prompt: string;
  /** Further words `K=V`. */
  readonly more: readonly string[];
}

/** The shell's environment: the user's, without what would disturb. */
export function shellEnvironment(
  environment: Readonly<Record<string, string>>,
  { prompt, more }: ShellSettings,
): string[] {
  const kept = Object.entries(environment)
    // Functions of bash may replace the very commands that are typed.
    .filter(([name]) => !DISTURBING.has(name) && !name.startsWith("BASH_FUNC_"))
    .map(([name, value]) => `${name}=${value}`);
  return [...kept, `PS1=${prompt}`, "TERM=dumb", "HISTFILE=", ...more];
}

/** A word as bash, zsh and dash read it back unchanged. */
export function quote(word: string): string {
  // A word that begins with `=` or `~` means something else to zsh.
  if (/^[\w./:@%+,-][\w./:@%+,=-]*$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(" ");
}

/** The longest line that a terminal in canonical mode takes, its newline included; termios(3). */
export const LONGEST_LINE = 4095;

/**
 * What must be typed so that the shell reads `line`: the terminal would take control characters for itself (Ctrl-C,
 * erase, end of file), unless Ctrl-V comes before each. A newline needs none, the shell asks for the rest.
 */
export function keystrokes(line: string): string {
  const CTRL_V = "\x16";
  // deno-lint-ignore no-control-regex
  return `${line.replace(/[\x00-\x09\x0b-\x1f\x7f]/g, (character) => CTRL_V + character)}\n`;
}

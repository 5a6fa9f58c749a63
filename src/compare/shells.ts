import { type ComparedShell, TAG_VARIABLE } from "./styles.ts";

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

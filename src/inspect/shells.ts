/** Shells that imp knows by name. */
const SHELLS = [
  "bash",
  "zsh",
  "dash",
  "sh",
  "ash",
  "fish",
  "ksh",
  "ksh93",
  "mksh",
  "lksh",
  "yash",
  "tcsh",
  "csh",
  "elvish",
  "nu",
  "xonsh",
] as const;

export type ShellName = (typeof SHELLS)[number];

/**
 * Which shell a program is. What is executed decides, because `sh` is a name of dash on one machine and of bash on
 * another; where /proc/PID/exe may not be read, its short name does.
 */
export function shellName(program: { comm: string; exe?: string | null }): ShellName | undefined {
  const name = program.exe?.slice(program.exe.lastIndexOf("/") + 1) ?? program.comm;
  // Restricted and versioned ones: rbash, zsh-5.9.
  const plain = name.replace(/^r(?=bash|zsh|ksh)/, "").replace(/[-.\d]+$/, "");
  return SHELLS.find((one) => one === name) ?? SHELLS.find((one) => one === plain);
}

/** A shell that login(1) or sshd(8) started has `-` before its name; `--login` and `-l` ask for the same. */
export function isLoginShell(command: readonly string[]): boolean {
  const [name = "", ...words] = command;
  if (name.startsWith("-")) return true;
  for (const word of words) {
    if (word === "--login") return true;
    // The first word that is no option is a script, and what follows is the script's.
    if (!word.startsWith("-") || word === "--") return false;
    if (/^-[a-zA-Z]*l/.test(word)) return true;
  }
  return false;
}

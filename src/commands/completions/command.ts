import { UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { bashCompletions } from "../../cli/completions/bash.ts";
import { fishCompletions } from "../../cli/completions/fish.ts";
import type { CompletedCommand } from "../../cli/completions/words.ts";
import { zshCompletions } from "../../cli/completions/zsh.ts";
import { type Command, type CommandEntry, COMMON_OPTIONS } from "../../cli/options.ts";
import { printLine } from "../../cli/output.ts";
import { operandsOf } from "./operands.ts";

const SCRIPTS = { bash: bashCompletions, zsh: zshCompletions, fish: fishCompletions };
type Shell = keyof typeof SCRIPTS;

/** @param entries all commands of imp */
export const completionsCommand = (
  entries: readonly CommandEntry[],
): Command<{ readonly shell: Shell }> => ({
  name: "completions",
  usage: ["completions bash|zsh|fish"],
  description: [
    "Prints a script that completes imp's command line: commands, options and their values, names of daemons and " +
    "runs, PIDs with their commands, hosts that ssh knows, signals, scenarios of the lab.",
    "In bash this needs neither root nor the package bash-completion: put the line below into ~/.bashrc.",
  ],
  options: [],
  permute: true,
  examples: [
    { line: "source <(imp completions bash)", says: "for this shell; in ~/.bashrc for all" },
    {
      line: "imp completions zsh > ~/.zfunc/_imp",
      says: "a directory of $fpath (fpath=(~/.zfunc $fpath), before compinit)",
    },
    { line: "imp completions fish > ~/.config/fish/completions/imp.fish", says: "for every fish" },
  ],
  request: (_values, operands) => {
    const [shell, more] = operands;
    if (more !== undefined) throw new UsageError(`unexpected word '${more}'`);
    if (!(shell in SCRIPTS)) {
      throw new UsageError(
        shell === undefined ? "no shell given" : `no completions for '${shell}'`,
        "write bash, zsh or fish",
      );
    }
    return { shell: shell as Shell };
  },
  run: async ({ shell }) => {
    printLine(SCRIPTS[shell](await completedCommands(entries)));
    return EXIT.done;
  },
});

/** Every listed command, from its own table. */
async function completedCommands(entries: readonly CommandEntry[]): Promise<CompletedCommand[]> {
  const listed = entries.filter(({ hidden }) => !hidden);
  return await Promise.all(listed.map(async ({ name, summary, load }) => {
    const { options, namesFirst = false } = await load();
    const operands = operandsOf(name);
    return {
      name,
      summary,
      options: [...options, ...COMMON_OPTIONS],
      operands,
      takesProgram: operands === "program" || namesFirst,
    };
  }));
}

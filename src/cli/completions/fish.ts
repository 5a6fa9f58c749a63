import { COMMON_OPTIONS, type Option } from "../options.ts";
import { quotedWord } from "../../base/shell_words.ts";
import { ASKED_KINDS, type CompletedCommand, valueKind, type WordKind } from "./words.ts";

const ACTIONS: Partial<Record<WordKind, string>> = {
  directory: "(__fish_complete_directories)",
  user: "(__fish_complete_users)",
  program: "(__fish_complete_command)",
  shell: "bash zsh fish",
};

// Any word of the line may be called as a command is: imp runs list.
const IS_COMMAND = [
  "# Whether the command is this one; '': it is not there yet.",
  "function __imp_is",
  "  set -l words (commandline -opc)",
  "  set -e words[1]",
  "  while set -q words[1]",
  "    switch $words[1]",
  "      case --color",
  "        set -e words[1]",
  "        set -e words[1]",
  "      case '-*'",
  "        set -e words[1]",
  "      case '*'",
  '        test "$words[1]" = "$argv[1]"',
  "        return",
  "    end",
  "  end",
  '  test -z "$argv[1]"',
  "end",
  "# Whether -- has been typed: what follows belongs to the program.",
  "function __imp_past_dashes",
  "  contains -- -- (commandline -opc)",
  "end",
];

/** The completions for fish 3 and later. */
export function fishCompletions(commands: readonly CompletedCommand[]): string {
  const lines = [
    "# Completions of imp for fish, made by: imp completions fish",
    ...IS_COMMAND,
    "complete -c imp -f",
    ...commands.map(({ name, summary }) =>
      `complete -c imp -n '__imp_is ""' -a ${name} -d ${quotedWord(summary)}`
    ),
    `complete -c imp -n '__imp_is ""' -a help -d 'the help of a command, or a page of the documentation'`,
    `complete -c imp -n '__imp_is ""' -s V -l version -d 'print the version'`,
    ...COMMON_OPTIONS.map((option) => optionLine('""', option)),
    `complete -c imp -n '__imp_is help' -a '(imp completion-words topic)'`,
    ...commands.flatMap((command) => [
      ...operandLines(command),
      ...command.options.map((option) => optionLine(command.name, option)),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

function operandLines({ name, operands, takesProgram }: CompletedCommand): string[] {
  if (operands === "none") return [];
  const when = `complete -c imp -n '__imp_is ${name}'`;
  if (operands === "file") return [`${when} -F`];
  if (takesProgram && operands !== "program") {
    const is = `complete -c imp -n '__imp_is ${name}; and`;
    return [
      `${is} not __imp_past_dashes' -a ${quotedWord(actionOf(operands))}`,
      `${is} __imp_past_dashes' -F -a ${quotedWord(actionOf("program"))}`,
    ];
  }
  // After a program come its files.
  const files = operands === "program" ? " -F" : "";
  return [`${when}${files} -a ${quotedWord(actionOf(operands))}`];
}

function optionLine(command: string, option: Option): string {
  const { name, short, value, choices, summary } = option;
  const kind = valueKind(option);
  const words = choices
    ? choices.join(" ")
    : kind === "file" || kind === "none"
    ? ""
    : actionOf(kind);
  return [
    `complete -c imp -n '__imp_is ${command}'`,
    ...(short ? [`-s ${short}`] : []),
    `-l ${name}`,
    ...(value ? [kind === "file" && !choices ? "-r -F" : "-x"] : []),
    ...(words === "" ? [] : [`-a ${quotedWord(words)}`]),
    `-d ${quotedWord(summary)}`,
  ].join(" ");
}

function actionOf(kind: WordKind): string {
  return ASKED_KINDS.includes(kind)
    ? `(imp completion-words ${kind} (commandline -cp))`
    : ACTIONS[kind] ?? "";
}

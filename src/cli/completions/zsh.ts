import { COMMON_OPTIONS, type Option } from "../options.ts";
import { quotedWord } from "../../base/shell_words.ts";
import { ASKED_KINDS, type CompletedCommand, valueKind, type WordKind } from "./words.ts";

const ACTIONS: Partial<Record<WordKind, string>> = {
  program: "_command_names -e",
  file: "_files",
  directory: "_files -/",
  user: "_users",
  none: " ",
  shell: "(bash zsh fish)",
};

/** The completions for zsh: a file for $fpath, or to be sourced. */
export function zshCompletions(commands: readonly CompletedCommand[]): string {
  const general = COMMON_OPTIONS.flatMap(specsOf).join(" ");
  return `#compdef imp
# Completions of imp for zsh, made by: imp completions zsh
_imp() {
  local context state line
  typeset -A opt_args
  local imp=\${(Q)words[1]}
  _arguments -C -S \\
    ${general} \\
    '(- *)'{-V,--version}'[print the version]' \\
    '1:command:->command' '*::word:->words'
  case $state in
  command)
    local -a commands=(
${
    commands.map(({ name, summary }) =>
      `      ${quotedWord(`${name}:${summary.replaceAll(":", "\\:")}`)}`
    ).join("\n")
  }
      'help:the help of a command, or a page of the documentation'
    )
    _describe -t commands command commands ;;
  words)
    case $line[1] in
${commands.map(branch).join("\n")}
      help) _imp_words topic ;;
    esac ;;
  esac
}
# The words of a program: zsh leaves -- before them.
_imp_program() {
  if [[ $words[1] == -- ]]; then shift words; ((CURRENT--)); fi
  _normal
}
# Words that only imp knows, with what they are.
_imp_words() {
  local -a words
  local word says
  \${~imp} completion-words $1 "$LBUFFER" 2>/dev/null | while IFS=$'\\t' read -r word says; do
    words+=("\${word//:/\\\\:}\${says:+:$says}")
  done
  _describe -V -t $1 $1 words
}
if [[ $funcstack[1] == _imp ]]; then _imp "$@"; else compdef _imp imp; fi
`;
}

function branch({ name, options, operands, takesProgram }: CompletedCommand): string {
  const specs = options.flatMap((option) => specsOf(option));
  const rest = operands === "program"
    ? [`'(-)1:program:_command_names -e' '*::argument:_imp_program'`]
    : operands === "none"
    // Not even an empty action: it would count as something else that may follow.
    ? []
    : [`'*:word:${actionOf(operands)}'`];
  const lines = ["_arguments -S -s", ...[...specs, ...rest].map((spec) => `  ${spec}`)];
  const own = lines.join(" \\\n        ");
  // Names come first: what follows `--` is a command line of its own.
  const text = takesProgram && operands !== "program"
    ? `if ((words[(i)--] < CURRENT)); then
          ((CURRENT -= words[(i)--] - 1)); shift "words[(i)--] - 1" words; _imp_program
        else ${own}
        fi`
    : own;
  return `      ${name})\n        ${text} ;;`;
}

function specsOf(option: Option): string[] {
  const { name, short, value, many, summary, choices } = option;
  const says = summary.replaceAll(/[[\]:\\]/g, (sign) => `\\${sign}`);
  const action = choices ? `(${choices.join(" ")})` : actionOf(valueKind(option));
  const tail = `[${says}]${value ? `:${value.replaceAll(":", "\\:")}:${action}` : ""}`;
  const words = short ? [`-${short}${value ? "+" : ""}`, `--${name}`] : [`--${name}`];
  const others = short && !many ? `(-${short} --${name})` : "";
  return words.map((word) => {
    const joined = value && word.startsWith("--") ? `${word}=` : word;
    return quotedWord(`${many ? "*" : others}${joined}${tail}`);
  });
}

function actionOf(kind: WordKind): string {
  return ASKED_KINDS.includes(kind) ? `{_imp_words ${kind}}` : ACTIONS[kind] ?? " ";
}

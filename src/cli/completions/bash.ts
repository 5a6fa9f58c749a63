import { allSpellings, ASKED_KINDS, type CompletedCommand, spellings, valueKind } from "./words.ts";

/** The completions for bash 4 and later, with and without the package bash-completion. */
export function bashCompletions(commands: readonly CompletedCommand[]): string {
  const table = (row: (command: CompletedCommand) => string) =>
    commands.map((command) => `    ${command.name}) ${row(command)} ;;`).join("\n");
  const values = commands.flatMap((command) =>
    command.options.filter(({ value }) => value).map((option) => {
      const words = allSpellings(option).map((word) => `'${command.name} ${word}'`).join("|");
      const answer = option.choices
        ? `kind=words choices='${option.choices.join(" ")}'`
        : `kind=${valueKind(option)}`;
      return `    ${words}) ${answer} ;;`;
    })
  );
  return `# Completions of imp for bash, made by: imp completions bash
_imp() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local command= kind= choices= options= valued= operands= word i at=0
  COMPREPLY=()
  # What stands before the command are options of every command.
  for ((i = 1; i < COMP_CWORD; i++)); do
    case \${COMP_WORDS[i]} in
    --color) ((i++)) ;;
    -*) ;;
    *) command=\${COMP_WORDS[i]}; at=$i; break ;;
    esac
  done
  if [[ -z $command ]]; then
    case $prev in --color) COMPREPLY=($(compgen -W 'auto always never' -- "$cur")); return ;; esac
    COMPREPLY=($(compgen -W '${
    commands.map(({ name }) => name).join(" ")
  } help --help --version --color --quiet --verbose' -- "$cur"))
    return
  fi
  case $command in
${table(({ options }) => `options='${options.flatMap(spellings).join(" ")}'`)}
  esac
  case $command in
${
    table(({ options }) =>
      `valued=' ${options.filter(({ value }) => value).flatMap(allSpellings).join(" ")} '`
    )
  }
  esac
  case $command in
${table(({ operands }) => `operands=${operands}`)}
    help) operands=topic ;;
  esac
  # Behind the program, or --, the words are the program's.
  local program=0
  for ((i = at + 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == -- ]]; then program=$((i + 1)); break; fi
    if [[ $word == -* ]]; then
      [[ $valued == *" $word "* && \${COMP_WORDS[i+1]} != '=' ]] && ((i++))
      [[ \${COMP_WORDS[i+1]} == '=' ]] && ((i += 2))
      # Bash breaks words at colons: HOST:PORT is three.
      while [[ \${COMP_WORDS[i+1]} == : ]]; do ((i += 2)); done
    elif [[ $operands == program ]]; then program=$i; break
    fi
  done
  if ((program)); then
    if ((COMP_CWORD == program)); then COMPREPLY=($(compgen -c -- "$cur"))
    else compopt -o default 2>/dev/null
    fi
    return
  fi
  if [[ $cur == '=' ]]; then cur=
  elif [[ $prev == '=' ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  case "$command $prev" in
${values.join("\n")}
  esac
  if [[ -z $kind ]]; then
    if [[ $cur == -* ]]; then kind=words choices=$options; else kind=$operands; fi
  fi
  case $kind in
    words) COMPREPLY=($(compgen -W "$choices" -- "$cur")) ;;
    program) COMPREPLY=($(compgen -c -- "$cur")) ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur")) ;;
    directory) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur")) ;;
    user) COMPREPLY=($(compgen -u -- "$cur")) ;;
    shell) COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")) ;;
    ${ASKED_KINDS.join("|")})
      local words
      words=$("\${COMP_WORDS[0]}" completion-words "$kind" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
      COMPREPLY=($(compgen -W "$(cut -f1 <<<"$words")" -- "$cur"))
      # With more than one, the description is shown behind the word.
      if ((\${#COMPREPLY[@]} > 1)) && [[ $kind == pid ]]; then
        local -a shown=()
        while IFS=$'\\t' read -r word i; do
          [[ $word == "$cur"* ]] && shown+=("$word  \${i:0:50}")
        done <<<"$words"
        COMPREPLY=("\${shown[@]}")
      fi ;;
  esac
}
complete -F _imp imp
`;
}

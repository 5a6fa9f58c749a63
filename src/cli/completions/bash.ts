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
  const programs = commands.filter(({ takesProgram }) => takesProgram).map(({ name }) => name);
  return `# Completions of imp for bash, made by: imp completions bash
_imp() {
  local replaced=$2 cur prev lead option= i word says at=0 program=0
  local command= kind= choices= options= valued= operands=
  local -a words=() starts=() shown=()
  COMPREPLY=()
  # Bash breaks words at : = and @ too. Here a word is what stands between blanks.
  local rest=$COMP_LINE
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then words+=("\${COMP_WORDS[i]}"); starts+=("$i")
    else words[\${#words[@]}-1]+=\${COMP_WORDS[i]}
    fi
    rest=\${rest#*"\${COMP_WORDS[i]}"}
  done
  # The last one ends at the cursor.
  local last=$((\${#words[@]} - 1))
  rest=\${COMP_LINE:COMP_POINT}
  cur=\${words[last]%"\${rest%%[[:space:]]*}"} prev=\${words[last-1]}
  [[ $cur == [\\'\\"]* ]] && cur=\${cur:1}
  # Of the word, bash replaces only what follows this.
  lead=\${cur%"$replaced"}
  # What stands before the command are options of every command.
  for ((i = 1; i < last; i++)); do
    case \${words[i]} in
    --color) ((i++)) ;;
    -*) ;;
    *) command=\${words[i]}; at=$i; break ;;
    esac
  done
  case $command in
    '') kind=words choices='${
    commands.map(({ name }) => name).join(" ")
  } help --help --version --color --quiet --verbose' ;;
    help) operands=topic ;;
${
    table(({ options, operands }) =>
      `options='${options.flatMap(spellings).join(" ")}' operands=${operands}`
    )
  }
  esac
  case $command in
${
    table(({ options }) =>
      `valued=' ${options.filter(({ value }) => value).flatMap(allSpellings).join(" ")} '`
    )
  }
  esac
  # Behind the program, or --, the words are the program's.
  case $command in ${programs.join("|")})
    for ((i = at + 1; i < last; i++)); do
      word=\${words[i]}
      if [[ $word == -- ]]; then program=$((i + 1)); break; fi
      if [[ $word == -* ]]; then [[ $valued == *" $word "* ]] && ((i++))
      elif [[ $operands == program ]]; then program=$i; break
      fi
    done ;;
  esac
  if ((program && program < last)); then
    if declare -F _comp_command_offset >/dev/null; then _comp_command_offset "\${starts[program]}"
    elif declare -F _command_offset >/dev/null; then _command_offset "\${starts[program]}"
    else compopt -o default
    fi
    return
  fi
  if [[ $cur == --*=* ]]; then prev=\${cur%%=*} option=\${cur%%=*}= cur=\${cur#*=}; fi
  if ((program)); then kind=program
  else
    case "$command $prev" in
    ' --color') kind=words choices='auto always never' ;;
${values.join("\n")}
    esac
  fi
  if [[ -z $kind ]]; then
    if [[ $cur == -* ]]; then kind=words choices=$options; else kind=$operands; fi
  fi
  case $kind in
    file) compopt -o default; return ;;
    directory) compopt -o dirnames; return ;;
    # A path is completed like any other file.
    program) [[ $cur != */* ]] || { compopt -o default; return; } ;;
  esac
  while IFS=$'\\t' read -r word says; do
    if [[ $word == "$cur"* ]]; then
      word=$option$word
      COMPREPLY+=("\${word#"$lead"}") shown+=("$word\${says:+  \${says:0:50}}")
    fi
  done < <(case $kind in
    words) printf '%s\\n' $choices ;;
    program) compgen -c -- "$cur" ;;
    user) compgen -u -- "$cur" ;;
    shell) printf '%s\\n' bash zsh fish ;;
    ${ASKED_KINDS.join("|")})
      "\${words[0]/#\\~/$HOME}" completion-words "$kind" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null ;;
  esac)
  # With more than one PID, what each runs is shown behind it.
  if ((\${#COMPREPLY[@]} > 1)); then
    case $kind in pid | inspected) COMPREPLY=("\${shown[@]}") ;; esac
  fi
}
complete -F _imp imp
`;
}

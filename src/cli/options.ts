/** One option of a command, as used by the parser, the help text and the completions. */
export interface Option {
  /** Long name without dashes; also the key in {@link Values}. */
  readonly name: string;
  /** One letter without the dash. */
  readonly short?: string;
  /** What other tools call it, dashes included: `-P`, `--max-procs`. */
  readonly aliases?: readonly string[];
  /** The name of its value in the help, `FILE`; without it the option takes no value. */
  readonly value?: string;
  /** The option may be repeated and all values count. Otherwise the last one does. */
  readonly many?: boolean;
  /** One line for the help. */
  readonly summary: string;
  /** The allowed values. */
  readonly choices?: readonly string[];
  /** Its heading in the help. */
  readonly group?: string;
}

/** What the help and the manual page say of an option. */
export function optionSummary({ summary, many, aliases }: Option): string {
  const more = [
    ...(many ? ["may be repeated"] : []),
    ...(aliases ? [`also ${aliases.join(", ")}`] : []),
  ];
  return more.length > 0 ? `${summary} (${more.join("; ")})` : summary;
}

/** A command of imp. `R` is its request, `O` the options of its table. */
export interface Command<R extends object = object, O extends Option = Option> {
  readonly name: string;
  /** Synopsis lines without `imp `. */
  readonly usage: readonly string[];
  /** Paragraphs after the synopsis. */
  readonly description: readonly string[];
  readonly options: readonly O[];
  readonly examples: readonly Example[];
  /** Exit codes beyond the general ones, as [code, meaning]. */
  readonly exits?: readonly (readonly [string, string])[];
  /** Options may also come after operands: for commands whose operands are not a program to run. */
  readonly permute?: boolean;
  /** Like `permute` up to `--`, which stays among the operands: names before it, a program after it. */
  readonly namesFirst?: boolean;
  /**
   * Turns the words into a request, once, and refuses contradictions. Looks at nothing but the words.
   * @throws UsageError
   */
  request(values: Given<O>, operands: readonly string[]): R;
  /**
   * Does what the request says.
   * @returns the exit status; undefined if the process ends by itself, with its own status
   */
  run(request: Readonly<R>): Promise<number | undefined> | number;
}

/** How a command is found before its code is loaded. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `imp --help`. */
  readonly summary: string;
  /** Its heading in `imp --help`. */
  readonly group?: CommandGroup;
  /** Not listed: for imp's own use. */
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

/** What commands are for, in the registry's order. */
export type CommandGroup =
  | "Daemons"
  | "From files and at boot"
  | "Jobs and programs"
  | "Looking at processes"
  | "Learning"
  | "imp itself";

export interface Example {
  readonly line: string;
  readonly says: string;
}

/** Names of the options that take one value, that may be repeated, that take none. */
type TextName<O extends Option> = O extends { value: string }
  ? O extends { many: true } ? never : O["name"]
  : never;
type ManyName<O extends Option> = O extends { value: string; many: true } ? O["name"] : never;
type FlagName<O extends Option> = O extends { value: string } ? never : O["name"];

/**
 * Parsed options by long name. `O`: the options of the command's table, so that asking for any other name is a type
 * error. Only the function that makes a command's request reads them.
 */
export class Values<O extends Option = Option> {
  /** @param words the options as given, each `--name` or `--name=value` */
  constructor(
    private readonly parsed: Readonly<Record<string, unknown>>,
    private readonly words: readonly string[] = [],
  ) {}

  /** The value of an option; undefined if not given. */
  text(name: TextName<O>): string | undefined {
    const value = this.parsed[name];
    return typeof value === "string" ? value : undefined;
  }

  /** All values of an option that may be repeated. */
  texts(name: ManyName<O>): string[] {
    const value = this.parsed[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** All occurrences of these options, which take values, in command line order. */
  inOrder<N extends TextName<O> | ManyName<O>>(
    names: readonly N[],
  ): { name: N; text: string }[] {
    return this.words.flatMap((word) => {
      const equals = word.indexOf("=");
      const name = names.find((one) => one === word.slice(2, equals));
      return equals > 0 && name ? [{ name, text: word.slice(equals + 1) }] : [];
    });
  }

  /** Every value with its option, in command line order. */
  all(): { name: string; text: string }[] {
    return this.words.flatMap((word) => {
      const equals = word.indexOf("=");
      return equals > 0 ? [{ name: word.slice(2, equals), text: word.slice(equals + 1) }] : [];
    });
  }

  /** Whether an option without a value was given. */
  has(name: FlagName<O>): boolean {
    return this.parsed[name] === true;
  }

  /** Whether an option of any kind was given. */
  given(name: O["name"]): boolean {
    const value = this.parsed[name];
    return value === true || typeof value === "string" || Array.isArray(value) && value.length > 0;
  }
}

/** The given options: a command's own, and those common to all commands. */
export type Given<O extends Option> = Values<O | CommonOption>;

/** Options common to all commands. */
export const COMMON_OPTIONS = [
  { name: "help", short: "h", summary: "print this help" },
  { name: "quiet", short: "q", summary: "print errors only" },
  { name: "verbose", short: "v", summary: "report each step on stderr" },
  {
    name: "color",
    value: "WHEN",
    choices: ["auto", "always", "never"],
    summary: "use colours: auto (on a terminal, unless NO_COLOR is set), always, never",
  },
] as const satisfies readonly Option[];
export type CommonOption = typeof COMMON_OPTIONS[number];

/** For commands that print facts. */
export const JSON_OPTION = {
  name: "json",
  summary: "print JSON for programs to read",
} as const satisfies Option;

/** How to show facts. */
export interface Display {
  readonly json: boolean;
  readonly quiet: boolean;
  /** The value of `--color`. */
  readonly color?: string;
}

export function displayFrom(values: Given<typeof JSON_OPTION>): Display {
  return { json: values.has("json"), quiet: values.has("quiet"), color: values.text("color") };
}

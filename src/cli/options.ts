/** One option of a command: what the parser, the help text and the completions all read. */
export interface Option {
  /** Long name without dashes; also the key in {@link Values}. */
  readonly name: string;
  /** One letter without the dash. */
  readonly short?: string;
  /** What other tools call it, dashes included: `-P`, `--max-procs`. */
  readonly aliases?: readonly string[];
  /** What its value is called in the help, `FILE`; an option without it takes no value. */
  readonly value?: string;
  /** The option may be given several times and all values count. Otherwise the last one does. */
  readonly many?: boolean;
  /** One line for the help. */
  readonly summary: string;
  /** The words that its value must be one of. */
  readonly choices?: readonly string[];
  /** Heading in the help under which it stands. */
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

/**
 * A command of imp. `R` is what it is asked for, `O` the options of its table.
 */
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
  /** Options may also come after operands: for commands whose operands are no program to run. */
  readonly permute?: boolean;
  /** Like `permute` up to `--`, which is left among the operands: names stand before it, a program behind it. */
  readonly namesFirst?: boolean;
  /**
   * Makes a request of the words, once, and refuses what contradicts itself. Looks at nothing but the words.
   * @throws UsageError
   */
  request(values: Given<O>, operands: readonly string[]): R;
  /**
   * Does what is asked for.
   * @returns the exit status; undefined when the process ends by itself, with a status of its own
   */
  run(request: Readonly<R>): Promise<number | undefined> | number;
}

/** How a command is found before its code is loaded. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `imp --help`. */
  readonly summary: string;
  /** Heading in `imp --help` under which it stands. */
  readonly group?: CommandGroup;
  /** Not listed: for imp's own use. */
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

/** What commands are for; in this order the registry lists them. */
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
 * Parsed options by long name. `O`: the options of the command's table, so that no other name can be asked for. Only the
 * function that makes a command's request reads them.
 */
export class Values<O extends Option = Option> {
  /** @param words the options as they stand, each `--name` or `--name=value` */
  constructor(
    private readonly parsed: Readonly<Record<string, unknown>>,
    private readonly words: readonly string[] = [],
  ) {}

  /** The value of an option that takes one; undefined when it was not given. */
  text(name: TextName<O>): string | undefined {
    const value = this.parsed[name];
    return typeof value === "string" ? value : undefined;
  }

  /** All values of an option that may be repeated. */
  texts(name: ManyName<O>): string[] {
    const value = this.parsed[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** Every given one of these options, which take values, in the order of the command line. */
  inOrder<N extends TextName<O> | ManyName<O>>(
    names: readonly N[],
  ): { name: N; text: string }[] {
    return this.words.flatMap((word) => {
      const equals = word.indexOf("=");
      const name = names.find((one) => one === word.slice(2, equals));
      return equals > 0 && name ? [{ name, text: word.slice(equals + 1) }] : [];
    });
  }

  /** Every value with its option, in the order of the command line. */
  all(): { name: string; text: string }[] {
    return this.words.flatMap((word) => {
      const equals = word.indexOf("=");
      return equals > 0 ? [{ name: word.slice(2, equals), text: word.slice(equals + 1) }] : [];
    });
  }

  /** Whether an option without value was given. */
  has(name: FlagName<O>): boolean {
    return this.parsed[name] === true;
  }

  /** Whether an option was given, of whichever kind it is. */
  given(name: O["name"]): boolean {
    const value = this.parsed[name];
    return value === true || typeof value === "string" || Array.isArray(value) && value.length > 0;
  }
}

/** What was given of a command's own options, and of those that every command has. */
export type Given<O extends Option> = Values<O | CommonOption>;

/** Options that every command has. */
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

/** How facts are shown. */
export interface Display {
  readonly json: boolean;
  readonly quiet: boolean;
  /** The value of `--color`. */
  readonly color?: string;
}

export function displayFrom(values: Given<typeof JSON_OPTION>): Display {
  return { json: values.has("json"), quiet: values.has("quiet"), color: values.text("color") };
}

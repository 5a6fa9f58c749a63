/** One option of a command: what the parser, the help text and the completions all read. */
export interface Option {
  /** Long name without dashes; also the key in {@link Values}. */
  readonly name: string;
  /** One letter without the dash. */
  readonly short?: string;
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

/** A command of imp. */
export interface Command {
  readonly name: string;
  /** Synopsis lines without `imp `. */
  readonly usage: readonly string[];
  /** Paragraphs after the synopsis. */
  readonly description: readonly string[];
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** Exit codes beyond the general ones, as [code, meaning]. */
  readonly exits?: readonly (readonly [string, string])[];
  /** Options may also come after operands: for commands whose operands are no program to run. */
  readonly permute?: boolean;
  /**
   * Parses nothing itself: gets the values and the operands.
   * @returns the exit status; undefined when the process ends by itself, with a status of its own
   */
  run(values: Values, operands: string[]): Promise<number | undefined> | number;
}

/** How a command is found before its code is loaded. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `imp --help`. */
  readonly summary: string;
  /** Not listed: for imp's own use. */
  readonly hidden?: boolean;
  load(): Promise<Command>;
}

export interface Example {
  readonly line: string;
  readonly says: string;
}

/** Parsed options by long name. */
export class Values {
  /** @param words the options as they stand, each `--name` or `--name=value` */
  constructor(
    private readonly parsed: Readonly<Record<string, unknown>>,
    private readonly words: readonly string[] = [],
  ) {}

  /** The value of an option that takes one; undefined when it was not given. */
  text(name: string): string | undefined {
    const value = this.parsed[name];
    return typeof value === "string" ? value : undefined;
  }

  /** All values of an option that may be repeated. */
  texts(name: string): string[] {
    const value = this.parsed[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  /** Every given one of these options, which take values, in the order of the command line. */
  inOrder(names: readonly string[]): { name: string; text: string }[] {
    return this.words.flatMap((word) => {
      const equals = word.indexOf("=");
      const name = word.slice(2, equals);
      return equals > 0 && names.includes(name) ? [{ name, text: word.slice(equals + 1) }] : [];
    });
  }

  /** Whether an option without value was given. */
  has(name: string): boolean {
    return this.parsed[name] === true;
  }
}

/** Options that every command has. */
export const COMMON_OPTIONS: readonly Option[] = [
  { name: "help", short: "h", summary: "print this help" },
  { name: "quiet", short: "q", summary: "print errors only" },
  { name: "verbose", short: "v", summary: "tell on stderr what is done, step by step" },
  {
    name: "color",
    value: "WHEN",
    choices: ["auto", "always", "never"],
    summary: "colours: auto (on a terminal, unless NO_COLOR is set), always, never",
  },
];

/** For commands that print facts. */
export const JSON_OPTION: Option = { name: "json", summary: "print JSON for programs to read" };

// Pure: the keys of a daemon's table. They are the options of `imp start`, from its own table, and a few more.

/** What matters here about an option of `imp start`. */
export interface StartOptionShape {
  readonly name: string;
  readonly value?: string;
  readonly many?: boolean;
  readonly summary: string;
  readonly choices?: readonly string[];
}

export interface DaemonKey {
  readonly name: string;
  /**
   * `flag`: true or false; `text`: a text or a number; `texts`: one or a list; `pairs`: a table, or words `K=V`; `words`: a
   * program; `names`: one or a list of names.
   */
  readonly kind: "flag" | "text" | "texts" | "pairs" | "words" | "names";
  readonly choices?: readonly string[];
  /** What its value is called: `D`, `FILE`. */
  readonly value?: string;
  readonly summary: string;
  /** Not an option of `imp start`. */
  readonly own?: true;
}

const OWN_KEYS: readonly DaemonKey[] = [
  {
    name: "command",
    kind: "words",
    summary:
      "the program and its arguments: a list of words, or one text, split at spaces and quotes; no shell runs it",
    own: true,
  },
  {
    name: "depends",
    kind: "names",
    summary:
      "daemons that must be ready before it starts; NAME:finished: that must have ended, and well",
    own: true,
  },
  {
    name: "profiles",
    kind: "names",
    summary: "it runs only with one of these: imp up --profile NAME",
    own: true,
  },
  {
    name: "at-boot",
    kind: "flag",
    summary: "whether imp boot starts it, like imp enable (true) and imp disable (false)",
    own: true,
  },
];

/** Other names for keys. */
const OTHER_KEYS: Readonly<Record<string, string>> = { cwd: "chdir" };

/** `K=V`, `NAME=SOFT[:HARD]`; not `[NAME=]ADDRESS`, where a name may be left out. */
const PAIR = /^\w+=/;

/** Keys that cannot have a default. */
const NOT_BY_DEFAULT = new Set(["command", "depends", "profiles"]);

/** @param how options that say how to start, not what */
export function daemonKeys(
  options: readonly StartOptionShape[],
  how: readonly string[],
): DaemonKey[] {
  return [
    ...OWN_KEYS,
    ...options.filter(({ name }) => !how.includes(name)).map(keyOf),
  ];
}

export function defaultKeys(keys: readonly DaemonKey[]): DaemonKey[] {
  return keys.filter(({ name }) => !NOT_BY_DEFAULT.has(name));
}

function keyOf({ name, value, many, choices, summary }: StartOptionShape): DaemonKey {
  const kind = value === undefined ? "flag" : !many ? "text" : PAIR.test(value) ? "pairs" : "texts";
  return { name, kind, choices, value, summary };
}

/** The name of a key, also if written with `_`. */
export function canonicalKey(raw: string): string {
  const name = raw.replaceAll("_", "-");
  return Object.hasOwn(OTHER_KEYS, name) ? OTHER_KEYS[name] : name;
}

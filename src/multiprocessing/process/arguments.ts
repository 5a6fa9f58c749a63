// What programs hand to the library, checked at its door: not all of them are type-checked, and hands remember Python.

/** What the value of an option is, by typeof; `any`: whoever uses it checks it. */
type OptionKind = "any" | "boolean" | "function" | "string";

/** The options of a call: names and what their values are. */
export type OptionKinds = Readonly<Record<string, OptionKind>>;

const WORDS: Record<Exclude<OptionKind, "any">, string> = {
  boolean: "true or false",
  function: "a function",
  string: "a string",
};

/**
 * @param call what they are given to, for messages
 * @throws TypeError that names what is no option of it, or of another kind
 */
export function checkOptions(given: object, kinds: OptionKinds, call: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const names = Object.keys(kinds).join(", ");
    throw new TypeError(
      `${call} takes its options as one object, { ${names} }, not ${valueInMessage(given)}`,
    );
  }
  for (const [name, value] of Object.entries(given)) checkOption(name, value, kinds, call);
}

function checkOption(name: string, value: unknown, kinds: OptionKinds, call: string): void {
  if (!Object.hasOwn(kinds, name)) {
    const names = Object.keys(kinds).join(", ");
    throw new TypeError(`${call} has no option ${name}; it has ${names}`);
  }
  const kind = kinds[name];
  if (kind === "any" || value === undefined || typeof value === kind) return;
  throw new TypeError(`${call}: ${name} must be ${WORDS[kind]}, not ${valueInMessage(value)}`);
}

/** @throws TypeError for what is no time in ms: it would be over at once, or never */
export function checkTimeout(timeout: unknown): void {
  if (timeout === undefined || typeof timeout === "number" && !Number.isNaN(timeout)) return;
  throw new TypeError(`a timeout is a number of milliseconds, not ${valueInMessage(timeout)}`);
}

/** @throws TypeError for arguments that a constructor or a method would pass over */
export function takesNoMore(more: readonly unknown[], call: string): void {
  if (more.length > 0) {
    throw new TypeError(`${call} takes no argument like ${valueInMessage(more[0])}`);
  }
}

/**
 * Methods that Python gives more than they have here: as JavaScript has it, the rest would be passed over.
 * @param most how many arguments each method takes
 */
export function limitArguments(prototype: object, most: Readonly<Record<string, number>>): void {
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, count] of Object.entries(most)) {
    const method = methods[name];
    methods[name] = function (...args) {
      const more = args.slice(count).filter((arg) => arg !== undefined);
      takesNoMore(more, name);
      return method.apply(this, args);
    };
  }
}

/** @throws TypeError that names the call */
export function checkFunction(value: unknown, call: string): void {
  if (typeof value !== "function") {
    throw new TypeError(`${call} takes a function, not ${valueInMessage(value)}`);
  }
}

/** A value in a message. */
export function valueInMessage(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name}`.trimEnd();
  const kind = (value as { kind?: unknown } | null | undefined)?.kind;
  if (typeof value === "object" && typeof kind === "string") return `a ${kind}`;
  if (typeof value !== "string" && (typeof value !== "object" || value === null)) {
    return String(value);
  }
  try {
    return JSON.stringify(value) ?? "an object";
  } catch {
    return "an object";
  }
}

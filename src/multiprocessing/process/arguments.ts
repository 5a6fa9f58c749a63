// Checks arguments where programs enter the library: not all programs are type-checked, and people remember Python.

import { shownAs } from "./one_line.ts";
import { throwFromHere } from "./own_frames.ts";

/** The type of an option's value, by typeof; `any`: its user checks it. */
type OptionKind = "any" | "boolean" | "function" | "string";

/** The options of a call: names and types of values. */
export type OptionKinds = Readonly<Record<string, OptionKind>>;

const WORDS: Record<Exclude<OptionKind, "any">, string> = {
  boolean: "true or false",
  function: "a function",
  string: "a string",
};

/** An error of the caller, shown at the call. */
export function misused(message: string): TypeError {
  const error = new TypeError(message);
  throwFromHere(error);
  return error;
}

/**
 * @param call that receives them, for messages
 * @throws TypeError that names an unknown option, or one of another type
 */
export function checkOptions(given: object, kinds: OptionKinds, call: string): void {
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const names = Object.keys(kinds).join(", ");
    throw misused(
      `${call} takes its options as one object, { ${names} }, not ${valueInMessage(given)}`,
    );
  }
  for (const [name, value] of Object.entries(given)) checkOption(name, value, kinds, call);
}

function checkOption(name: string, value: unknown, kinds: OptionKinds, call: string): void {
  if (!Object.hasOwn(kinds, name)) {
    const names = Object.keys(kinds).join(", ");
    throw misused(`${call} has no option ${name}; it has ${names}`);
  }
  const kind = kinds[name];
  if (kind === "any" || value === undefined || typeof value === kind) return;
  throw misused(`${call}: ${name} must be ${WORDS[kind]}, not ${valueInMessage(value)}`);
}

/** @throws TypeError if it is not a time in ms: it would expire at once, or never */
export function checkTimeout(timeout: unknown): void {
  if (timeout === undefined || typeof timeout === "number" && !Number.isNaN(timeout)) return;
  throw misused(`a timeout is a number of milliseconds, not ${valueInMessage(timeout)}`);
}

/** @throws TypeError for arguments that a constructor or a method would ignore */
export function takesNoMore(more: readonly unknown[], call: string): void {
  if (more.length > 0) {
    throw misused(`${call} takes no argument like ${valueInMessage(more[0])}`);
  }
}

/**
 * Methods that have more parameters in Python than here: JavaScript would ignore the rest.
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
    throw misused(`${call} takes a function, not ${valueInMessage(value)}`);
  }
}

export function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof (value as Iterable<unknown> | null | undefined)?.[Symbol.iterator] === "function";
}

/** As much as a message shows of a value. */
const MOST_SHOWN = 80;

/** A value as shown in a message. */
export function valueInMessage(value: unknown): string {
  if (typeof value === "function") return `the function ${value.name}`.trimEnd();
  if (typeof value === "string") return start(JSON.stringify(value));
  if (typeof value !== "object" || value === null) return String(value);
  try {
    const own = value as { kind?: unknown; [shownAs]?: () => string };
    if (typeof own[shownAs] !== "function") return start(JSON.stringify(value) ?? "an object");
    return typeof own.kind === "string" ? `a ${own.kind}` : own[shownAs]();
  } catch {
    return "an object";
  }
}

function start(text: string): string {
  return text.length > MOST_SHOWN ? text.slice(0, MOST_SHOWN) + "…" : text;
}

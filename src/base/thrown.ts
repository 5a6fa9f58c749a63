// A program may throw anything: text, an object that cannot be shown, an error whose properties throw when they are
// read.

/** Most causes of causes that are shown. */
export const MOST_CAUSES = 10;

/** An error with its properties read: a program's may be anything, and even throw. */
export interface ReadError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  readonly code: unknown;
  readonly cause: unknown;
  /** Parts of an AggregateError. */
  readonly errors: readonly unknown[];
}

export function readError(error: Error): ReadError {
  const read = (key: string): unknown => attempt(() => (error as never)[key]);
  const text = (key: string) => read(key) === undefined ? "" : textOfThrown(read(key));
  const errors = read("errors");
  return {
    ...{ name: text("name"), message: text("message"), stack: text("stack") },
    ...{ code: read("code"), cause: read("cause"), errors: Array.isArray(errors) ? errors : [] },
  };
}

/** Whether it is an error; a proxy may throw even for that. */
export function isError(value: unknown): value is Error {
  return attempt(() => value instanceof Error) ?? false;
}

/** What was thrown, as text, if it has any. */
export function textOfThrown(value: unknown): string {
  return attempt(() => String(value)) ?? `${aKindOf(value)} that cannot be shown as text`;
}

/** `an object`, `a number`. */
export function aKindOf(value: unknown): string {
  return `${/^[aeiou]/.test(typeof value) ? "an" : "a"} ${typeof value}`;
}

/** @returns undefined if it throws */
export function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

/** Whether a line of a stack is a location and not part of the message. */
export function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

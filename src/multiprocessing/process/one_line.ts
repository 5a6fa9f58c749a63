/** What console.log looks for in an object, under Bun, Deno and Node: a text shown instead of its content. */
export const shownAs: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** An object in one line, such as `Lock(unlocked)`. @param parts false and undefined ones are left out */
export function oneLine(name: string, ...parts: readonly (string | false | undefined)[]): string {
  return `${name}(${parts.filter(Boolean).join(", ")})`;
}

/** The same for an object without a class. */
export function inOneLine<T extends object>(object: T, line: () => string): T {
  return Object.defineProperty(object, shownAs, { value: line });
}

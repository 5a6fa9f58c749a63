/** What console.log asks of an object, under Bun as under Deno and Node: a text that takes the place of its inside. */
export const shownAs: unique symbol = Symbol.for("nodejs.util.inspect.custom") as never;

/** An object in one line, as `Lock(unlocked)`. @param parts those that are false or undefined are left out */
export function oneLine(name: string, ...parts: readonly (string | false | undefined)[]): string {
  return `${name}(${parts.filter(Boolean).join(", ")})`;
}

/** The same for an object that has no class. */
export function inOneLine<T extends object>(object: T, line: () => string): T {
  return Object.defineProperty(object, shownAs, { value: line });
}

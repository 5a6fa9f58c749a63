import { type NativeFunction, runtime } from "../../runtime/mod.ts";
import { type SymbolName, SYMBOLS } from "./symbols.ts";

type Arguments<P extends readonly unknown[]> = { [K in keyof P]: number };

/** The bound functions by name, each with as many numbers as the C function has parameters. */
export type Libc<N extends SymbolName> = {
  readonly [K in N]: (...args: Arguments<(typeof SYMBOLS)[K]["parameters"]>) => number;
};

// This exact name: musl maps every libc.* to itself, and a bare "libc" would let Bun look in the current directory.
const LIBRARY = "libc.so.6";

const bound: Partial<Record<string, NativeFunction>> = {};

/**
 * Binds the named libc functions, each once: Deno takes 0.17 ms for a function. Modules of this layer bind only what they
 * use, when they are first imported.
 */
export function libc<N extends SymbolName>(...names: N[]): Libc<N> {
  const functions: Record<string, NativeFunction> = {};
  let missing: Record<string, (typeof SYMBOLS)[SymbolName]> | undefined;
  for (const name of names) {
    const known = bound[name];
    if (known) functions[name] = known;
    else (missing ??= {})[name] = SYMBOLS[name];
  }
  if (missing) {
    const found = runtime.bind(LIBRARY, missing);
    Object.assign(bound, found);
    Object.assign(functions, found);
  }
  return functions as Libc<N>;
}

import { type NativeFunction, runtime } from "../../runtime/mod.ts";
import { type SymbolName, SYMBOLS } from "./symbols.ts";

type Arguments<P extends readonly unknown[]> = { [K in keyof P]: number };

/** The bound functions by name, each with as many numbers as the C function has parameters. */
export type Libc<N extends SymbolName> = {
  readonly [K in N]: (...args: Arguments<(typeof SYMBOLS)[K]["parameters"]>) => number;
};

// This exact name: musl maps every libc.* to itself, and a bare "libc" would let Bun look in the current directory.
const LIBRARY = "libc.so.6";

/**
 * Binds the named libc functions. Each module of this layer binds only what it uses, when it is first imported: under
 * Deno a binding costs 0.17 ms a function.
 */
export function libc<N extends SymbolName>(...names: N[]): Libc<N> {
  const signatures: Record<string, (typeof SYMBOLS)[SymbolName]> = {};
  for (const name of names) signatures[name] = SYMBOLS[name];
  return runtime.bind(LIBRARY, signatures) as Record<string, NativeFunction> as Libc<N>;
}

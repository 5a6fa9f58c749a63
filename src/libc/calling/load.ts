import { type NativeFunction, type NativeSignature, runtime } from "../../runtime/mod.ts";
import { type SymbolName, SYMBOLS } from "./symbols.ts";
import { ARM, SYSCALLS } from "../machine.ts";

/** A number for each parameter of a C declaration. */
type Arguments<D extends string> = D extends `${string}()` ? []
  : D extends `${string}(${infer Rest}` ? [number, ...More<Rest>]
  : never;
type More<Rest extends string> = Rest extends `${string}, ${infer Next}` ? [number, ...More<Next>]
  : [];

/** The bound functions by name, each with as many numbers as the C function has parameters. */
export type Libc<N extends SymbolName> = {
  readonly [K in N]: (...args: Arguments<(typeof SYMBOLS)[K]>) => number;
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
  let missing: Record<string, NativeSignature> | undefined;
  for (const name of names) {
    const known = bound[name];
    if (known) functions[name] = known;
    else (missing ??= {})[name] = signature(SYMBOLS[name]);
  }
  if (missing) {
    const found = runtime.bind(LIBRARY, missing);
    Object.assign(bound, found);
    Object.assign(functions, found);
  }
  return functions as Record<string, unknown> as Libc<N>;
}

/** What a declaration of the table says: `i32(pointer, i32)`. No regular expression: compiling one costs each start. */
export function signature(declaration: string): NativeSignature {
  const [result, list] = declaration.slice(0, -1).split("(");
  const parameters = list === "" ? [] : list.split(", ");
  return { result, parameters } as NativeSignature;
}

const c = libc("syscall");

export type SyscallName = keyof typeof SYSCALLS;

/** The number of a system call on this machine. */
export function syscallNumber(name: SyscallName): number {
  return SYSCALLS[name][ARM ? 1 : 0];
}

/** A raw system call. @returns what libc's syscall(2) returns: -1 and errno when it failed */
export function syscall(name: SyscallName, a = 0, b = 0, c3 = 0, d = 0, e = 0, f = 0): number {
  return c.syscall(syscallNumber(name), a, b, c3, d, e, f);
}

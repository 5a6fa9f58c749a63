import { misused } from "./arguments.ts";
import { ImpError } from "../../base/errors.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { callingModule, programModule } from "./calling_module.ts";
import { type Callable, moduleUrl, pathInUrl, splitTarget } from "./load_function.ts";
import { isExported, originOf } from "./module_text.ts";

/**
 * What another process is to call: a function that a module exports. Either the function itself, or its location:
 * `"MODULE#EXPORT"`, a URL with the export as its fragment, or both separately. A relative path starts at the module
 * that names it.
 */
export type Target =
  | AnyFunction
  | string
  | URL
  | { readonly module: string | URL; readonly export?: string };

// deno-lint-ignore no-explicit-any
type AnyFunction = (...args: any[]) => unknown;

/** A target's arguments: the parameters of a function; for a target given by location, anything. */
export type Arguments<T> = T extends AnyFunction ? Readonly<Parameters<T>> : readonly unknown[];

/** What `map` and `imap` call a target with: its one parameter. `never` if a function requires more than one. */
export type ItemOf<T> = T extends (item: infer I) => unknown ? I
  : T extends AnyFunction ? never
  : unknown;

/** A target's result, awaited; for a target given by location, anything. */
export type Result<T> = T extends (...args: never[]) => infer R ? Awaited<R> : unknown;

/** The arguments of a target in one array, optional if the target needs none; then `More`. */
export type GivenArgs<T, More extends unknown[] = []> = readonly [] extends Arguments<T>
  ? [args?: Arguments<T>, ...More]
  : [args: Arguments<T>, ...More];

/** Requires `args` for a target that cannot be called without. */
export type ArgsIfNeeded<T> = readonly [] extends Arguments<T> ? unknown
  : { readonly args: Arguments<T> };

/** The same for an initializer. */
export type InitargsIfNeeded<I> = readonly [] extends Arguments<I> ? unknown
  : { readonly initargs: Arguments<I> };

/** A target in a form that another process understands. */
export interface TargetReference {
  /** URL of the module, or a name like `imp:lab` for one of imp's own. */
  readonly module: string;
  readonly name?: string;
  /** For a function given directly: its source text, by which the other process checks that it has the same one. */
  readonly text?: string;
  /** The module that named it, if it imports it from `module`: this may be another function of that name. */
  readonly namedBy?: string;
}

const known = new WeakMap<Callable, TargetReference>();

/**
 * How to find a target elsewhere.
 * @throws TypeError if it is not a function that a module exports; ImpError if its module does not exist
 */
export function referenceTo(target: Target): TargetReference {
  if (typeof target === "function") {
    const found = known.get(target as Callable) ?? referenceToFunction(target as Callable);
    known.set(target as Callable, found);
    return found;
  }
  if (typeof target === "string") {
    const { module, name } = splitTarget(target);
    return checked(module, name);
  }
  if (target instanceof URL) {
    const plain = new URL(target);
    plain.hash = "";
    return checked(plain.href, target.hash ? decodeURIComponent(target.hash.slice(1)) : undefined);
  }
  if (target && typeof target === "object" && target.module) {
    return checked(String(target.module), target.export);
  }
  throw misused(
    'target is an exported function, "MODULE#EXPORT", or { module, export }, not ' +
      `${target === null ? "null" : typeof target}`,
  );
}

/** The arguments of a target. @throws TypeError if they are not an array */
export function checkedArgs(args: readonly unknown[]): readonly unknown[] {
  if (Array.isArray(args)) return args;
  throw misused(
    `args must be an array of the target's arguments, not ${args === null ? "null" : typeof args}`,
  );
}

/** What messages call a target. */
export function describeTarget({ module, name }: TargetReference): string {
  const path = module.startsWith("file://") ? decodeURIComponent(new URL(module).pathname) : module;
  return name === undefined ? path : `${path}#${name}`;
}

function checked(module: string, name: string | undefined): TargetReference {
  const relative = !/^(?:[a-z][a-z0-9+.-]+:|\/)/i.test(module);
  const caller = relative ? callingModule() ?? programModule() : undefined;
  const url = caller ? new URL(pathInUrl(module), caller).href : moduleUrl(module);
  if (url.startsWith("file:")) {
    const path = decodeURIComponent(new URL(url).pathname);
    const status = statPath(path);
    if (typeof status === "string") {
      throw new ImpError({
        action: "load",
        object: path,
        errno: status,
        why: status === "ENOENT" ? "no such file or directory" : undefined,
        hint: "the target of a process is MODULE#EXPORT, for example ./work.ts#resize",
        exit: 127,
      });
    }
  }
  return { module: url, name };
}

function referenceToFunction(target: Callable): TargetReference {
  const text = Function.prototype.toString.call(target);
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    throw misused(`${called(target)} is a bound or built-in function: ${RULE}`);
  }
  const { module, source } = exporterOf(target);
  const origin = source === undefined ? undefined : originOf(source, target.name);
  // Then nothing else of the module that names it need be loaded.
  if (origin !== undefined && /^(?:\.{0,2}\/|file:)/.test(origin)) {
    return { module: new URL(origin, module).href, name: target.name, text, namedBy: module };
  }
  return { module, name: target.name || undefined, text };
}

interface Exporter {
  readonly module: string;
  /** Its text, if it is a readable file. */
  readonly source?: string;
}

/** The module that calls imp, or the main module. @throws TypeError if it is neither */
function exporterOf(target: Callable): Exporter {
  const calling = callingModule(), program = programModule();
  for (const module of new Set([calling, program])) {
    if (module === undefined) continue;
    const source = textOf(module);
    const isUnknown = source === undefined && module === calling;
    if (isUnknown || (source !== undefined && isExported(source, target.name))) {
      return { module, source };
    }
  }
  throw misused(
    calling === undefined
      ? `it is unknown which module exports ${called(target)}: name it as "MODULE#EXPORT"`
      : `${called(target)} is not exported by ${describeTarget({ module: calling })}: ${RULE}`,
  );
}

function textOf(module: string): string | undefined {
  // One without a file: imp pool --call has sent it here.
  if (module.startsWith(SOURCE_URL)) {
    const bytes = Uint8Array.from(atob(module.slice(SOURCE_URL.length)), (c) => c.charCodeAt(0));
    return new TextDecoder().decode(bytes);
  }
  if (!module.startsWith("file:")) return undefined;
  return readTextOrNothing(decodeURIComponent(new URL(module).pathname));
}

/** The URL of a module that contains its own text, in base64. */
export const SOURCE_URL = "data:text/javascript;base64,";

const RULE =
  "another process can only call what a module exports, because it loads that module anew and has none of the " +
  'variables around a closure; write "export function …" at the top level, and pass values as args';

function called(target: Callable): string {
  return target.name ? `target '${target.name}'` : "the target, a function without a name,";
}

import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { type Callable, loadFunction, loadModule, pickFunction } from "./load_function.ts";
import { importedModules } from "./module_text.ts";
import { describeTarget, type TargetReference } from "./target.ts";

type Exports = Readonly<Record<string, unknown>>;

/** imp's own modules that have targets, by names like `imp:lab`: inside its executable they have no URL. */
export type OwnModules = Readonly<Record<string, () => Promise<Exports>>>;

let ownModules: OwnModules = {};

/** Called once by the entry of a process: the modules of imp's own that it knows. */
export function useOwnModules(own: OwnModules): void {
  ownModules = own;
}

/**
 * The function that a reference names, in this process.
 * @throws ImpError if there is no such module, it cannot be loaded, or it exports no such function
 */
export async function loadTarget(
  reference: TargetReference,
  own: OwnModules = ownModules,
): Promise<Callable> {
  const { module, name, text, namedBy } = reference;
  if (module in own) return pickFunction(await own[module](), module, name);
  const path = describeTarget({ module });
  if (text === undefined) return await loadFunction(path, name);
  const { exports } = await loadModule(path);
  const found = withText(exports, name, text) ?? await importedBy(module, name, text);
  if (found) return found;
  if (namedBy !== undefined) return await loadTarget({ module: namedBy, name, text }, own);
  return missing(reference);
}

/** The function of that name, if it is the same; else any export that is. */
function withText(exports: Exports, name: string | undefined, text: string): Callable | undefined {
  const same = (value: unknown) =>
    typeof value === "function" && Function.prototype.toString.call(value) === text;
  if (name !== undefined && Object.hasOwn(exports, name) && same(exports[name])) {
    return exports[name] as Callable;
  }
  return Object.values(exports).find(same) as Callable | undefined;
}

/** The module that named the function may have imported it; its imports are loaded already. */
async function importedBy(
  module: string,
  name: string | undefined,
  text: string,
): Promise<Callable | undefined> {
  if (!module.startsWith("file:")) return undefined;
  const source = readTextOrNothing(decodeURIComponent(new URL(module).pathname)) ?? "";
  for (const specifier of importedModules(source)) {
    const url = resolve(specifier, module);
    const found = url && withText(await import(url), name, text);
    if (found) return found;
  }
  return undefined;
}

function resolve(specifier: string, from: string): string | undefined {
  if (/^(?:\.{0,2}\/|file:)/.test(specifier)) return new URL(specifier, from).href;
  try {
    return import.meta.resolve(specifier);
  } catch {
    return undefined;
  }
}

function missing(reference: TargetReference): never {
  throw new ImpError({
    action: "call",
    object: describeTarget(reference),
    why: "the module exports no function with the text of the one that was given",
    hint:
      "a closure cannot be called by another process: export the function, and pass values as args",
    exit: EXIT.usage,
  });
}

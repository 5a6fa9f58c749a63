import { type ErrorParts, ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { aKindOf } from "../../base/thrown.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { runtime } from "../../runtime/mod.ts";
import { describeError, isLoadError, loadReasons } from "./error_text.ts";
import { isOwnFrame, withoutOwnFrames } from "./own_frames.ts";

/** A module's exports, and what messages call the module. */
type Exports = Readonly<Record<string, unknown>>;

/** Any function: its parameters and result concern only it and its caller. */
export type Callable = (...values: unknown[]) => unknown;

/**
 * The function that a module exports: TypeScript or JavaScript, loaded once per process.
 * @param module a path, relative to the working directory, or the URL of a module
 * @param name of the export; by default, `default`, or else the only function that the module exports
 * @throws ImpError: 127 if there is no such module, 126 if it cannot be loaded, 2 if it has no such function
 */
export async function loadFunction(module: string, name?: string): Promise<Callable> {
  const { exports } = await loadModule(module);
  return pickFunction(exports, module, name);
}

/**
 * A module, loaded once per process.
 * @param before called with its path or URL once the file is known to exist
 * @throws ImpError: 127 if there is no such module, 126 if it cannot be loaded; a {@link ModuleThrew} if its code
 *   throws
 */
export async function loadModule(
  module: string,
  before: (path: string) => void = () => {},
): Promise<{ exports: Exports; path: string }> {
  const url = moduleUrl(module);
  const path = url.startsWith("file:") ? decodeURIComponent(new URL(url).pathname) : url;
  checkModule(module);
  before(path);
  try {
    return { exports: await import(url), path };
  } catch (error) {
    throw isLoadError(error, isOwnFrame)
      ? notLoaded(module, path, error)
      : new ModuleThrew(module, error);
  }
}

/** The code of a module, or of one that it imports, threw while being loaded. */
export class ModuleThrew extends ImpError {
  constructor(module: string, readonly thrown: unknown) {
    const [why, ...details] = withoutOwnFrames(describeError(thrown)).split("\n");
    super({ action: "load", object: module, why, details, exit: EXIT.cannotExecute }, {
      cause: thrown,
    });
  }
}

/** Splits `MODULE#EXPORT` at its last `#`, unless the whole of it is the name of a file. */
export function splitTarget(target: string): { module: string; name?: string } {
  const at = target.lastIndexOf("#");
  const whole = at < 0 || at === target.length - 1 || typeof statPath(target) !== "string";
  return whole ? { module: target } : { module: target.slice(0, at), name: target.slice(at + 1) };
}

/** The URL of a module; for a path, its location. */
export function moduleUrl(module: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(module)) return module;
  const path = module.startsWith("/") ? module : `${workingDirectory()}/${module}`;
  return new URL(pathInUrl(path), "file:///").href;
}

/** Whatever its names contain. */
export function pathInUrl(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}

/** @throws ImpError that names the functions it has */
export function pickFunction(exports: Exports, module: string, name?: string): Callable {
  const functions = Object.keys(exports).filter((key) => typeof exports[key] === "function").sort();
  const chosen = name ??
    (exports.default === undefined && functions.length === 1 ? functions[0] : "default");
  const value = Object.hasOwn(exports, chosen) ? exports[chosen] : undefined;
  if (typeof value === "function") return value as Callable;
  throw new ImpError({
    action: "call",
    object: name === undefined ? module : `${name} of ${module}`,
    why: value === undefined
      ? name === undefined ? "it has no default export" : "it exports nothing of that name"
      : `its ${name === undefined ? "default export" : "value"} is no function but ${
        kindOf(value)
      }`,
    hint: functions.length === 0
      ? "it exports no function at all: write 'export function …' or 'export default function …'"
      : `functions that it exports: ${functions.join(", ")}; write ${module}#${functions[0]}`,
    exit: EXIT.usage,
  });
}

function kindOf(value: unknown): string {
  return value === null ? "null" : aKindOf(value);
}

/**
 * Gives a message that names the file, before the runtime says something less clear, or loads as data what is not a
 * program.
 * @throws ImpError
 */
export function checkModule(module: string): void {
  const url = moduleUrl(module);
  if (!url.startsWith("file:")) return;
  const problem = problemOf(decodeURIComponent(new URL(url).pathname));
  if (!problem) return;
  const hint = "name a .ts, .js or .mjs file, for example ./resize.ts";
  throw new ImpError({ action: "load", object: module, hint, ...problem });
}

/** Files that Bun imports as data, or specially, and would not run. */
const NO_PROGRAM = /\.(?:txt|text|json[c5]?|toml|ya?ml|html?|css|md|wasm|node|sqlite|db|sh)$/i;

function problemOf(path: string): Partial<ErrorParts> & { exit: number } | undefined {
  const status = statPath(path), exit = EXIT.notFound;
  if (status === "ENOENT") return { errno: status, why: "no such file or directory", exit };
  if (typeof status === "string") return { errno: status, exit };
  if (status.kind === "directory") return { errno: "EISDIR", why: "it is a directory", exit };
  const why = status.kind !== "file"
    ? "only a regular file can be loaded"
    : NO_PROGRAM.exec(path)
    ? `by its name, which ends in ${NO_PROGRAM.exec(path)![0]}, it is not JavaScript or TypeScript`
    : undefined;
  return why === undefined ? undefined : { why, exit: EXIT.cannotExecute };
}

function notLoaded(module: string, path: string, error: unknown): ImpError {
  const [why, ...details] = loadReasons(error, path);
  return new ImpError({
    action: "load",
    object: module,
    why,
    details,
    hint: runtime.compiled ? importHint(why) : undefined,
    exit: EXIT.cannotExecute,
  }, { cause: error });
}

/** Deno and bundlers find more modules than the executable does. */
function importHint(text: string): string | undefined {
  const specifier = /["'](?:npm|jsr|https?):/.test(text);
  if (!specifier && !/Cannot find package/.test(text)) return undefined;
  return specifier
    ? "nothing is downloaded: install the package into node_modules beside the program, and import it by its name"
    : 'packages are looked for in node_modules beside the program and above, names that begin with # in "imports" of ' +
      "package.json; the import map of a deno.json and the paths of a tsconfig.json are not read";
}

import { runtime } from "../../runtime/mod.ts";

// The modules that are passed over: imp's part for multiprocessing, from source, or all of imp inside its executable.
const OWN = [new URL("../", import.meta.url).href, new URL("../../mod.ts", import.meta.url).href];

/** URL of the module whose code has called imp; undefined when the stack does not tell. */
export function callingModule(): string | undefined {
  const limited = Error as { stackTraceLimit?: number };
  const before = limited.stackTraceLimit;
  limited.stackTraceLimit = 50;
  const stack = new Error().stack ?? "";
  limited.stackTraceLimit = before;
  return firstForeign(stack, OWN);
}

let program: string | undefined;

/** Said once, where the runtime does not know it: the URL of the module that the program, process or thread began with. */
export function useProgramModule(url: string): void {
  program = url;
}

/**
 * The module that the program began with. JavaScriptCore leaves a function out of the stack that ends with the call of another
 * one, as `() => pool.apply(f)` does: then it may be the caller although the stack does not tell.
 */
export function programModule(): string | undefined {
  return program ?? runtime.mainModule();
}

/** The first frame of a stack whose module is none of those; frames of the runtime itself have no path. */
export function firstForeign(stack: string, own: readonly string[]): string | undefined {
  for (const line of stack.split("\n")) {
    const place = /(?:^|[\s(@])((?:file:\/\/)?\/[^()]*?|https?:[^()]*?)(?::\d+)?(?::\d+)?\)?$/.exec(
      line,
    )?.[1];
    if (place === undefined) continue;
    const url = urlOf(place);
    if (!own.some((prefix) => url.startsWith(prefix))) return url;
  }
  return undefined;
}

/** Bun writes a path, Deno `file://` and a path: names as they are, not as in a URL. */
function urlOf(place: string): string {
  if (/^https?:/.test(place)) return place;
  return new URL(encodePath(place.replace(/^file:\/\//, "")), "file:///").href;
}

/** As the runtimes write the URLs of modules. */
function encodePath(path: string): string {
  return path.replace(/[%?#]/g, encodeURIComponent);
}

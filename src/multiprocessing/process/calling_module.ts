import { runtime } from "../../runtime/mod.ts";

// The modules to skip: imp's part for multiprocessing, from source, or all of imp inside its executable.
const OWN = [new URL("../", import.meta.url).href, new URL("../../mod.ts", import.meta.url).href];

/** URL of the module whose code has called imp; undefined if the stack does not show it. */
export function callingModule(): string | undefined {
  const limited = Error as { stackTraceLimit?: number };
  const before = limited.stackTraceLimit;
  limited.stackTraceLimit = 50;
  const stack = new Error().stack ?? "";
  limited.stackTraceLimit = before;
  return firstForeign(stack, OWN);
}

let program: string | undefined;

/** Called once if the runtime does not know it: the URL of the main module of the program, process or thread. */
export function useProgramModule(url: string): void {
  program = url;
}

/**
 * The main module of the program. JavaScriptCore leaves out of the stack a function that ends with a call of another
 * one, such as `() => pool.apply(f)`: then it may be the caller although the stack does not show it.
 */
export function programModule(): string | undefined {
  return program ?? runtime.mainModule();
}

/** The first frame of a stack that is in none of these modules; frames of the runtime itself have no path. */
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

/** Bun writes a path, Deno `file://` and a path: neither is encoded as in a URL. */
function urlOf(place: string): string {
  if (/^https?:/.test(place)) return place;
  return new URL(encodePath(place.replace(/^file:\/\//, "")), "file:///").href;
}

/** As the runtimes write the URLs of modules. */
function encodePath(path: string): string {
  return path.replace(/[%?#]/g, encodeURIComponent);
}

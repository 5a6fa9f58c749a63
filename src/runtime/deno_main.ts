/** What is needed of node:module. */
interface Loader {
  registerHooks(hooks: { load(url: string, context: unknown, next: Load): Loaded }): unknown;
}
type Load = (url: string, context: unknown) => Loaded;
interface Loaded {
  source?: string | Uint8Array | null;
}

/** Deno knows one main module, so the program's text says first that it is one: on its first line, so that places stay right. */
export function makeMainModule(path: string): void {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): Loader };
  };
  process.getBuiltinModule("node:module").registerHooks({
    load: (url, context, next) => {
      const loaded = next(url, context);
      if (!isProgram(url, path) || typeof loaded.source !== "string") return loaded;
      return { ...loaded, source: withMain(loaded.source) };
    },
  });
}

function isProgram(url: string, path: string): boolean {
  try {
    return decodeURIComponent(new URL(url).pathname) === path;
  } catch {
    return false;
  }
}

/** A module that never asks is left as it is, and so are CommonJS and JSON. */
function withMain(source: string): string {
  if (!/\bimport\s*\.\s*meta\b/.test(source)) return source;
  const at = source.startsWith("#!") ? source.indexOf("\n") + 1 : 0;
  return `${source.slice(0, at)}import.meta.main = true; ${source.slice(at)}`;
}

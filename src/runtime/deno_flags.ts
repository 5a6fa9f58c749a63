/** Options of `deno run` that a child needs too, with the value in the same word. */
const KEPT =
  /^(?:-[A-Z]+(?:=.*)?|--(?:allow|deny|ignore)-.*|--permission-set(?:=.*)?|--unstable.*|--no-config|--node-modules-dir(?:=.*)?|--no-npm|--no-remote|--cached-only|--vendor(?:=.*)?|--lock(?:=.*)?|--no-lock|--frozen(?:=.*)?|--v8-flags=.*|--conditions=.*|--preload=.*|(?:--config|-c|--import-map|--cert|--location|--seed)=.*)$/;
/** Those whose value may be the next word. */
const VALUED = /^(?:--config|-c|--import-map|--cert|--location|--seed|--conditions|--preload)$/;
const CONFIG = /^(?:--no-config$|--config\b|-c\b)/;

/**
 * The part of a Deno command line that another process of the same program needs: permissions, configuration, how
 * modules are found. Watching, debugging, testing and the like concern only the first process.
 * @param words those before the main module, starting with the name of the runtime
 * @param config path of the main module's configuration, which is not the child's
 */
export function childFlags(words: readonly string[], config: string | undefined): string[] {
  const flags: string[] = [];
  for (let i = 1; i < words.length; i++) {
    if (KEPT.test(words[i])) flags.push(words[i]);
    else if (VALUED.test(words[i]) && i + 1 < words.length) flags.push(words[i], words[++i]);
  }
  // `deno test`, or a program that asks for each permission: without FFI the child could do nothing.
  if (!flags.some((flag) => /^(?:-[A-Z]|--allow-|--permission-set)/.test(flag))) flags.push("-A");
  if (!flags.some((flag) => CONFIG.test(flag))) {
    flags.push(config === undefined ? "--no-config" : `--config=${config}`);
  }
  return flags;
}

/** What is needed from node:module. */
interface Loader {
  registerHooks(hooks: { load(url: string, context: unknown, next: Load): Loaded }): unknown;
}
type Load = (url: string, context: unknown) => Loaded;
interface Loaded {
  source?: string | Uint8Array | null;
}

/** Deno has one main module, so the program's text first declares itself one: on its first line, to keep positions. */
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

/** A module that never asks stays unchanged, and so do CommonJS and JSON. */
function withMain(source: string): string {
  if (!/\bimport\s*\.\s*meta\b/.test(source)) return source;
  const at = source.startsWith("#!") ? source.indexOf("\n") + 1 : 0;
  return `${source.slice(0, at)}import.meta.main = true; ${source.slice(at)}`;
}

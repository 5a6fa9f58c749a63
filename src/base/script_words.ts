// Pure: how scripts are run, by their suffix, as pm2 does it.

/** A name for the daemon of a script or command line: `app.js` is `app`. */
export function scriptName(script: string): string {
  const [first] = script.trim().split(/\s+/);
  return first.slice(first.lastIndexOf("/") + 1).replace(/\.\w+$/, "") || "NAME";
}

/** The words that run a script; a single one if its suffix names no interpreter. */
export function scriptWords(script: string): string[] {
  const suffix = /\.(\w+)$/.exec(script)?.[1] ?? "";
  return Object.hasOwn(INTERPRETERS, suffix) ? [...INTERPRETERS[suffix], script] : [script];
}

const INTERPRETERS: Readonly<Record<string, readonly string[]>> = {
  js: ["node"],
  mjs: ["node"],
  cjs: ["node"],
  ts: ["imp", "run"],
  py: ["python3"],
  sh: ["sh"],
  rb: ["ruby"],
  pl: ["perl"],
  php: ["php"],
};

// What the text of a module shows without running it. It only serves clear messages: the process that loads the module
// finds out for certain whether a function is exported.

/**
 * Whether a function of that name may come from an export of the module, or from one of a module that it imports.
 * @param name of the function itself, which its importer may have renamed; `default` stands for one without a name
 */
export function isExported(source: string, name: string): boolean {
  if (name === "") return false;
  const code = withoutComments(source);
  if (name === "default") {
    return /\bexport\s+(?:default\b|\{[^}]*\bdefault\b)/.test(code) || importsWhole(code);
  }
  const word = `(?<![\\w$])${escaped(name)}(?![\\w$])`;
  const patterns = [
    `\\bexport\\s+(?:default\\s+)?(?:async\\s+)?function\\s*\\*?\\s*${word}`,
    `\\bexport\\s+(?:const|let|var)\\b(?:[^;=]*?|[^;]*,\\s*)${word}`,
    `\\bexport\\s+default\\s+(?:async\\s+)?${word}`,
    `\\b(?:export|import)\\b[^;'"\`()]*\\{[^}]*${word}[^}]*\\}`,
  ];
  return patterns.some((pattern) => new RegExp(pattern).test(code)) || importsWhole(code);
}

/** A default export or a namespace, whose functions may have any name. */
function importsWhole(code: string): boolean {
  const found = code.matchAll(
    /\bimport\s+(?:[\w$]+|[^;'"`{}()]*\*\s*as\s+[\w$]+)[^;'"`()]*\bfrom\s*["']([^"'\n]+)["']/g,
  );
  return [...found].some(([clause, module]) => !TYPES_ONLY.test(clause) && !isOwn(module));
}

/** These have no targets: the runtime, and imp itself. */
function isOwn(module: string): boolean {
  return /^(?:node:|bun:|imp:|imp$)/.test(module) || module.endsWith("/src/mod.ts");
}

/** The module from which it imports a function of that name; undefined if it may have one of its own. */
export function originOf(source: string, name: string): string | undefined {
  const code = withoutComments(source);
  const word = `(?<![\\w$])${escaped(name)}(?![\\w$])`;
  if (new RegExp(`\\b(?:function\\s*\\*?|const|let|var|class)\\s+${word}`).test(code)) {
    return undefined;
  }
  const clause = new RegExp(
    `\\bimport\\b[^;'"\`()]*\\{[^}]*${word}[^}]*\\}\\s*from\\s*["']([^"'\\n]+)["']`,
  );
  return clause.exec(code)?.[1];
}

/** Whether the module asks if it is the program: then it starts its main part itself. */
export function startsItself(source: string): boolean {
  return ASKS_FOR_MAIN.test(source) && ASKS_FOR_MAIN.test(codeOf(source));
}

const ASKS_FOR_MAIN = /\bimport\s*\.\s*meta\s*\.\s*main\b|\brequire\s*\.\s*main\b/;

/** The modules that it imports or re-exports, as written; a module of which it uses only types is not loaded by it. */
export function importedModules(source: string): string[] {
  const code = withoutComments(source);
  const found = code.matchAll(/\b(?:import|export)\b[^;'"`()]*?\bfrom\s*(["'])([^"'\n]+)\1/g);
  const loaded = [...found].filter(([clause]) => !TYPES_ONLY.test(clause));
  return [...new Set(loaded.map((match) => match[2]))];
}

/** `import type from "…"` and `import type, { … }` import a value called type. */
const TYPES_ONLY = /^(?:import|export)\s+type\b(?!\s*(?:,|from\s*["']))/;

/** Without comments and strings: a program may mention `import.meta.main` without using it. */
function codeOf(source: string): string {
  let code = "";
  // For each open template: how many braces are open in its expression.
  const depths: number[] = [];
  for (let at = 0; at < source.length;) {
    const [token] = TOKEN.exec((TOKEN.lastIndex = at, source)) ?? [source.slice(at)];
    at += token.length;
    const first = token[0], template = first === "`" || (first === "}" && depths.at(-1) === 0);
    if (template && first === "}") depths.pop();
    if (template) {
      TEXT.lastIndex = at;
      at += TEXT.exec(source)![0].length;
      if (source.startsWith("${", at)) depths.push(0);
      at += source.startsWith("${", at) ? 2 : 1;
      code += '""';
    } else if (token.length > 1 && /["'/]/.test(first)) code += /["']/.test(first) ? '""' : " ";
    else {
      if (depths.length > 0 && first === "{") depths[depths.length - 1]++;
      if (depths.length > 0 && first === "}") depths[depths.length - 1]--;
      code += token;
    }
  }
  return code;
}

/** A comment, a string, a regular expression (where one may begin), or anything else. */
const TOKEN =
  /\/\*[\s\S]*?(?:\*\/|$)|\/\/[^\n]*|"(?:[^"\\\n]|\\[\s\S])*"?|'(?:[^'\\\n]|\\[\s\S])*'?|(?<=(?:^|[(,=:[!&|?{};]|\breturn)\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|[^"'`/{}]+|[\s\S]/y;
/** The text of a template, up to its end or the next expression. */
const TEXT = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(,])\/\/[^\n]*/g, "");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

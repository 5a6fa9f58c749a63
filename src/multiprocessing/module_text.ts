// What can be told about a module from its text, without running it. It is a help for clear messages: whether a function is
// exported is found out for certain by the process that loads the module.

/** Whether a module may export or import a function of that name; `""` and `default` stand for one without a name. */
export function isExported(source: string, name: string): boolean {
  const code = withoutComments(source);
  if (name === "" || name === "default") {
    return /\bexport\s+(?:default\b|\{[^}]*\bdefault\b)/.test(code);
  }
  const word = escaped(name);
  return [
    `\\bexport\\s+(?:default\\s+)?(?:async\\s+)?function\\s*\\*?\\s*${word}(?![\\w$])`,
    `\\bexport\\s+(?:const|let|var)\\b[^;=]*?(?<![\\w$])${word}(?![\\w$])`,
    `\\bexport\\s+default\\s+${word}(?![\\w$])`,
    `\\bexport\\s+(?:default\\s+)?class\\s+${word}(?![\\w$])`,
    `\\bexport\\s*\\{[^}]*(?<![\\w$])${word}(?![\\w$])[^}]*\\}`,
    // Imported: under its own name, another one, or as part of a namespace.
    `\\bimport\\s*(?:[\\w$]+\\s*,\\s*)?\\{[^}]*\\}\\s*from`,
    `\\bimport\\s+(?:[\\w$]+\\s*,\\s*)?\\*\\s*as\\b`,
    `\\bimport\\s+[\\w$]+\\s+from`,
    `\\bexport\\s*\\*`,
  ].slice(0, imports(code) ? undefined : 5).some((pattern) => new RegExp(pattern).test(code));
}

/** The modules that it imports or passes on, as written. */
export function importedModules(source: string): string[] {
  const code = withoutComments(source);
  const found = code.matchAll(/\b(?:import|export)\b[^;'"`()]*?\bfrom\s*(["'])([^"'\n]+)\1/g);
  return [...new Set([...found].map((match) => match[2]))];
}

/** Whether anything comes from elsewhere than from imp, which exports no targets. */
function imports(code: string): boolean {
  return importedModules(code).some((module) =>
    module !== "imp" && !/\/src\/mod\.ts$/.test(module)
  );
}

function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(,])\/\/[^\n]*/g, "");
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

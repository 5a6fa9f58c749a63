/**
 * Merges the compiler's declaration files into one ambient module: what the entry exports, and what that refers to.
 * Internals of the library (private members, how objects are transferred) are left out.
 */

/** Text of declaration files by path. */
export type DeclarationFiles = ReadonlyMap<string, string>;

interface Statement {
  readonly name: string;
  readonly text: string;
}

interface DeclarationFile {
  readonly statements: ReadonlyMap<string, Statement>;
  /** Path by name. */
  readonly imports: ReadonlyMap<string, string>;
}

/** Parameters and members of these types are created only by the library. */
const INTERNAL = ["Port", "Sent"];
const FOR_THE_LIBRARY = /^(?:Made by|Ends are made by)/;

/**
 * @param entry path of the file whose exports the module has
 * @throws Error if two different things would have the same name
 */
export function ambientModule(name: string, entry: string, files: DeclarationFiles): string {
  const exported = exportsOf(files.get(entry)!, entry);
  const collected = new Map<string, { path: string; text: string; exported: boolean }>();
  const left: (readonly [name: string, path: string, exported: boolean])[] = exported.map((one) =>
    [...one, true] as const
  );
  for (let next = left.shift(); next; next = left.shift()) {
    const [one, path, isExported] = next;
    const known = collected.get(one);
    if (known?.path === path) continue;
    if (known) throw new Error(`${one} is declared by ${known.path} and by ${path}`);
    const file = fileOf(path, files);
    const found = file.statements.get(one);
    if (!found) throw new Error(`${path} declares no ${one}`);
    const text = publicText(found.text);
    collected.set(one, { path, text, exported: isExported });
    for (const used of namesIn(text)) {
      if (used === one) continue;
      if (file.statements.has(used)) left.push([used, path, false]);
      else if (file.imports.has(used)) left.push([used, file.imports.get(used)!, false]);
    }
  }
  // A class of which only the type is exported must not look like a value.
  const typesOnly = typeExports(files.get(entry)!).filter((name) =>
    CLASS.test(collected.get(name)!.text)
  );
  const bodies = [...collected].map(([name, { text, exported }]) =>
    exported && !typesOnly.includes(name) ? text.replace(HEAD, "$1export $2") : text
  );
  const last = typesOnly.length > 0 ? `export type { ${typesOnly.join(", ")} };` : "export {};";
  const body = `${bodies.join("\n")}\n${last}`;
  return `declare module ${JSON.stringify(name)} {\n${indented(body)}\n}\n`;
}

/** A comment, then the first word of a declaration. */
const HEAD =
  /^((?:\/\*\*[\s\S]*?\*\/\n)?)((?:abstract |declare )*(?:class|interface|type|function|const|let|enum)\b)/;

const CLASS = /^(?:\/\*\*[\s\S]*?\*\/\n)?(?:abstract )?class /;

function exportsOf(text: string, path: string): [name: string, path: string][] {
  return [...text.matchAll(/^export (?:type )?\{ ?(.*?),? ?\} from "(.*)";$/gm)].flatMap(
    ([, names, from]) =>
      names.split(",").map((name): [string, string] => [bare(name), resolve(from, path)]),
  );
}

/** Names that are exported only as types. */
function typeExports(text: string): string[] {
  return [...text.matchAll(/^export (type )?\{ ?(.*?),? ?\} from/gm)].flatMap(([, all, names]) =>
    names.split(",").filter((name) => all || name.trim().startsWith("type ")).map(bare)
  );
}

function bare(name: string): string {
  const found = name.trim().replace(/^type /, "");
  if (/^\w+$/.test(found)) return found;
  throw new Error(`cannot follow "${found}"`);
}

function resolve(from: string, path: string): string {
  const { pathname } = new URL(from, `file:///${path}`);
  return pathname.slice(1).replace(/\.ts$/, ".d.ts");
}

const parsed = new WeakMap<DeclarationFiles, Map<string, DeclarationFile>>();

function fileOf(path: string, files: DeclarationFiles): DeclarationFile {
  const known = parsed.get(files) ?? new Map<string, DeclarationFile>();
  parsed.set(files, known);
  const file = known.get(path) ?? parse(files.get(path) ?? "", path);
  known.set(path, file);
  return file;
}

function parse(text: string, path: string): DeclarationFile {
  const statements = new Map<string, Statement>();
  const imports = new Map<string, string>();
  for (const statement of statementsOf(text)) {
    const [, names, from] = /^import (?:type )?\{ (.*) \} from "(.*)";$/.exec(statement) ?? [];
    if (names) {
      for (const name of names.split(",")) {
        if (name.trim() && !name.includes(" as ")) imports.set(bare(name), resolve(from, path));
      }
      continue;
    }
    const plain = statement.replace(/^((?:\/\*\*[\s\S]*?\*\/\n)?)export /, "$1")
      .replace(/^((?:\/\*\*[\s\S]*?\*\/\n)?)declare /, "$1");
    const [head] = HEAD.exec(plain) ?? [];
    const name = head && /\w+/.exec(plain.slice(head.length))?.[0];
    if (name) statements.set(name, { name, text: plain });
  }
  return { statements, imports };
}

/** Each statement begins in the first column, after its comment. */
function statementsOf(text: string): string[] {
  const statements: string[] = [];
  let lines: string[] = [];
  for (const line of text.split("\n")) {
    if (lines.length === 0 && (line === "" || line.startsWith("///"))) continue;
    lines.push(line);
    const inComment = lines.lastIndexOf("/**") > lines.lastIndexOf(" */");
    if (inComment || !/^(?:\}.*|[^\s/*}].*;)$/.test(line)) continue;
    statements.push(lines.join("\n"));
    lines = [];
  }
  return statements;
}

/** A declaration as users should see it. */
function publicText(text: string): string {
  if (!CLASS.test(text)) return text;
  const lines = text.split("\n");
  const at = lines.findIndex((line) => /^(?:abstract )?class /.test(line));
  if (lines[at].endsWith("}")) return text;
  const abstract = lines[at].startsWith("abstract ");
  const members = membersOf(lines.slice(at + 1, -1));
  const shown = members.flatMap((member) => publicMember(member, abstract));
  const hides = shown.length < members.length || /^\s*#private;/m.test(text);
  const own = shown.filter((member) => !/^\s*#private;/.test(member));
  return [
    ...lines.slice(0, at),
    lines[at].replace(/ implements Portable(?= \{)/, ""),
    // A class with private members is compatible with no other class.
    ...hides ? ["    #private;"] : [],
    ...own,
    "}",
  ].join("\n");
}

function membersOf(lines: readonly string[]): string[] {
  const members: string[] = [];
  let member: string[] = [];
  for (const line of lines) {
    member.push(line);
    if (!/^ {4}(?:\}.*|[^\s/*}].*;)$/.test(line)) continue;
    members.push(member.join("\n"));
    member = [];
  }
  return members;
}

/** Empty if the member is not public. */
function publicMember(member: string, abstract: boolean): string[] {
  const [, comment, code] = /^((?: {4}\/\*\*[\s\S]*?\*\/\n)?)([\s\S]*)$/.exec(member)!;
  const says = comment.replace(/^\s*\/\*\*\s*\*?\s*/, "");
  if (/^ {4}(?:private constructor|protected constructor)/.test(code)) {
    return [`    ${code.trim().split(" ")[0]} constructor();`];
  }
  if (/^ {4}(?:private|protected) |^ {4}\[(?!Symbol\.)/.test(code)) return [];
  if (!/^ {4}constructor\(/.test(code)) return [member];
  if (FOR_THE_LIBRARY.test(says)) return [`${comment}    private constructor();`];
  if (abstract) return ["    protected constructor();"];
  const types = INTERNAL.join("|");
  return [
    comment + code.replace(new RegExp(`(?:, )?\\w+\\?: (?:${types})(?=[,)])`, "g"), "")
      .replace(new RegExp(` \\| (?:${types})\\b`, "g"), ""),
  ];
}

/** Names of types, and of constants that types are made of. */
function namesIn(text: string): Set<string> {
  const code = text.replace(/\/\*\*[\s\S]*?\*\//g, "").replace(/"[^"\n]*"/g, "");
  return new Set(code.match(/\b[A-Z]\w*/g));
}

function indented(text: string): string {
  return text.split("\n").map((line) => line && `    ${line}`).join("\n");
}

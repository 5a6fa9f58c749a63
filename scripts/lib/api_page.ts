/** The part of `deno doc --json` that the page needs. */
export interface Documented {
  readonly name: string;
  readonly kind?: string;
  readonly location?: Location;
  readonly jsDoc?: Comment;
  readonly accessibility?: string;
}

interface Location {
  readonly filename: string;
  readonly line: number;
}

interface Comment {
  readonly doc?: string;
  readonly tags?: readonly { kind: string; name?: string; doc?: string }[];
}

export interface Declaration extends Documented {
  readonly kind: string;
  readonly location: Location;
  readonly def?: {
    /** The class that it extends. */
    readonly extends?: string;
    readonly constructors?: readonly Documented[];
    readonly properties?: readonly Documented[];
    readonly methods?: readonly Documented[];
  };
}

export interface ApiSymbol {
  readonly name: string;
  readonly declarations: readonly Omit<Declaration, "name">[];
}

const HEAD =
  "<!-- Made from the doc comments by scripts/api_page.ts: change those, then run `deno task api`. -->\n";
const ORDER = ["class", "function", "interface", "typeAlias", "variable"];
const TITLES: Record<string, string> = {
  class: "Classes",
  function: "Functions",
  interface: "Options and other interfaces",
  typeAlias: "Types",
  variable: "Values",
};

/** The page for all symbols. @param source returns the lines of a file */
export function apiPage(
  intro: string,
  symbols: readonly ApiSymbol[],
  source: (filename: string) => readonly string[],
): string {
  const all = symbols.map(({ name, declarations }): Declaration => ({ ...declarations[0], name }));
  const parts = [HEAD, "# The library", plain(intro), contents(all)];
  for (const kind of ORDER) {
    const some = all.filter((declaration) => declaration.kind === kind);
    if (some.length === 0) continue;
    parts.push(`## ${TITLES[kind]}`, ...some.map((one) => section(one, source, all)));
  }
  return onlyToHeadings(`${parts.join("\n\n")}\n`, all.map(({ name }) => name.toLowerCase()));
}

/** Links to members lead nowhere, since their headings include types: such a link becomes plain code. */
function onlyToHeadings(page: string, headings: readonly string[]): string {
  return page.replace(
    /\[(`\w+`)\]\(#(\w+)\)/g,
    (link, name, anchor) => headings.includes(anchor) ? link : name,
  );
}

/** What should have a doc comment, but has none. */
export function undocumented(symbols: readonly ApiSymbol[]): string[] {
  return symbols.flatMap(({ name, declarations }) => {
    const [{ jsDoc, def = {} }] = declarations;
    const members = [...def.properties ?? [], ...def.methods ?? []].filter(isShown);
    return [
      ...(jsDoc?.doc ? [] : [name]),
      ...members.filter((member) => !member.jsDoc && !obvious(member)).map((member) =>
        `${name}.${member.name}`
      ),
    ];
  });
}

/** The source text of a declaration up to its body. @param line from 0, as in `deno doc` */
export function signature(lines: readonly string[], line: number): string {
  const text: string[] = [];
  let depth = 0;
  for (const whole of lines.slice(line)) {
    const part = whole.trim();
    text.push(part);
    // Comments of members do not count.
    for (const sign of part.startsWith("//") ? "" : part) {
      if ("([".includes(sign)) depth++;
      if (")]".includes(sign)) depth--;
    }
    if (depth === 0 && /(?:[{;]|\{\}|^\}.*)$/.test(part)) break;
  }
  return text.join(" ").replace(/\s*[{;]$/, "").replace(/\s*\{\}$/, "")
    .replace(/^(?:export |async |override )+/, "").replace(/\( /g, "(").replace(/,? \)/g, ")");
}

function contents(all: readonly Declaration[]): string {
  return ORDER.flatMap((kind) => {
    const names = all.filter((one) => one.kind === kind).map(({ name }) =>
      `[\`${name}\`](#${name.toLowerCase()})`
    );
    return names.length > 0 ? [`- ${TITLES[kind]}: ${names.join(", ")}`] : [];
  }).join("\n");
}

function section(
  one: Declaration,
  source: (filename: string) => readonly string[],
  all: readonly Declaration[],
): string {
  const { name, kind, def = {}, jsDoc, location } = one;
  const parts = [`### ${name}`, commentOf(jsDoc)];
  const lines = source(location.filename);
  if (kind === "typeAlias") parts.push(code(alias(lines, location.line)));
  else if (kind === "function" || kind === "variable") {
    parts.push(code(signature(lines, location.line)));
  } else parts.push(code(signature(lines, location.line)));
  for (const made of def.constructors ?? []) {
    const line = constructorLine(lines, location.line);
    // Without a comment it is not for users.
    if (line !== undefined && made.jsDoc && !/^Made by/.test(made.jsDoc.doc ?? "")) {
      const head = signature(lines, line).replace("constructor", `new ${name}`);
      parts.push(member(head, made.jsDoc));
    }
  }
  for (const one of [...def.properties ?? [], ...def.methods ?? []].filter(isShown)) {
    parts.push(member(signature(source(one.location!.filename), one.location!.line), one.jsDoc));
  }
  parts.push(inherited(one, all));
  return parts.filter(Boolean).join("\n\n");
}

/** What a class inherits from classes on the page. */
function inherited({ def }: Declaration, all: readonly Declaration[]): string {
  const lines: string[] = [];
  let base = all.find(({ name }) => name === def?.extends);
  for (; base; base = all.find(({ name }) => name === base!.def?.extends)) {
    const { name, def = {} } = base;
    const members = [...def.properties ?? [], ...def.methods ?? []].filter(isShown);
    const names = [...new Set(members.map((one) => `\`${one.name}\``))].join(", ");
    if (names) lines.push(`Also, from [\`${name}\`](#${name.toLowerCase()}): ${names}.`);
  }
  return lines.join("\n\n");
}

function member(head: string, comment: Comment | undefined): string {
  return [`#### \`${head}\``, commentOf(comment)].filter(Boolean).join("\n\n");
}

function commentOf({ doc = "", tags = [] }: Comment = {}): string {
  // In a one-line comment, tags are not separate.
  const [text, ...thrown] = doc.split(/\s*@throws\s+/);
  const parts = [plain(text)];
  const all = [...tags, ...thrown.map((doc) => ({ kind: "throws", name: undefined, doc }))];
  const listed = all.flatMap(({ kind, name, doc = "" }) => {
    if (kind === "param") return [`- \`${name}\`: ${inline(doc)}`];
    if (kind === "return") return [`- Gives ${inline(doc)}`];
    if (kind === "throws") return [`- Throws ${inline(doc)}`];
    return [];
  });
  return [...parts, listed.join("\n")].filter(Boolean).join("\n\n");
}

function plain(doc: string): string {
  return doc.trim().replace(
    /\{@link (\w+)\}/g,
    (_, name) => `[\`${name}\`](#${name.toLowerCase()})`,
  );
}

function inline(doc: string): string {
  return plain(doc).replace(/\s*\n\s*/g, " ");
}

function code(text: string): string {
  return `\`\`\`ts\n${text}\n\`\`\``;
}

/** The source text of a type. */
function alias(lines: readonly string[], line: number): string {
  const end = lines.findIndex((text, i) =>
    i >= line - 1 && text.endsWith(";") && !/^\s+readonly|^\s{4}/.test(text)
  );
  return lines.slice(line, end + 1).filter((text) => !/^\s*\/\//.test(text)).join("\n")
    .replace(/^export /, "");
}

function constructorLine(lines: readonly string[], from: number): number | undefined {
  for (let i = from; i < lines.length && lines[i] !== "}"; i++) {
    if (/^ {2}constructor\(/.test(lines[i])) return i;
  }
  return undefined;
}

function isShown({ name, accessibility }: Documented): boolean {
  return accessibility !== "private" && accessibility !== "protected" && !name.startsWith("#") &&
    !/^\[(?:pack|shownAs)\]$/.test(name) && name !== "[Symbol.asyncIterator]";
}

/** Whether the name and type say everything. */
function obvious({ name }: Documented): boolean {
  return /^(?:name|pid|message|exitcode|daemon|ref|unref|isAlive)$/.test(name);
}

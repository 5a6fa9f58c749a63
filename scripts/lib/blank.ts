/** Replaces comments, or comments and the contents of strings, with spaces; line numbers do not change. */
export function blank(text: string, what: "comments" | "comments and strings"): string {
  let out = "";
  let code = 0;
  for (const { start, end, kind } of literals(text)) {
    out += text.slice(code, start);
    const body = text.slice(start, end);
    const erase = kind === "comment" || what === "comments and strings";
    out += erase ? body.replace(/[^\n]/g, " ") : body;
    code = end;
  }
  return out + text.slice(code);
}

/** The line number, from 1, of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

interface Literal {
  start: number;
  end: number;
  kind: "comment" | "string";
}

/** Comments, strings, template texts (not what is in `${}`) and regular expressions, in order. */
function* literals(text: string): Generator<Literal> {
  // Depth of braces inside each open `${`, so that its `}` leads back into the template.
  const templates: number[] = [];
  let before = "";
  for (let i = 0; i < text.length;) {
    const start = i;
    const c = text[i];
    let kind: Literal["kind"] | undefined;
    if (c === "/" && text[i + 1] === "/") {
      kind = "comment";
      i = indexOrEnd(text, "\n", i);
    } else if (c === "/" && text[i + 1] === "*") {
      kind = "comment";
      i = indexOrEnd(text, "*/", i) + 2;
    } else if (c === '"' || c === "'") {
      kind = "string";
      i = closing(text, i + 1, c);
    } else if (c === "`" || (c === "}" && templates.at(-1) === 0)) {
      if (c === "}") templates.pop();
      kind = "string";
      i = templatePart(text, i + 1);
      if (text[i - 1] === "{") templates.push(0);
    } else if (c === "/" && startsRegExp(before)) {
      kind = "string";
      i = closing(text, i + 1, "/");
    } else {
      if (c === "{" && templates.length > 0) templates[templates.length - 1]++;
      if (c === "}" && templates.length > 0) templates[templates.length - 1]--;
      i++;
    }
    if (kind) yield { start, end: Math.min(i, text.length), kind };
    if (kind === "string") before = '"';
    else if (!kind && c.trim()) before = (before + c).slice(-10);
  }
}

/** The offset after a string, template or regular expression that begins at `from`; none extends past its line. */
function closing(text: string, from: number, quote: string): number {
  let inClass = false;
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "\n") return i;
    else if (quote === "/" && text[i] === "[") inClass = true;
    else if (quote === "/" && text[i] === "]") inClass = false;
    else if (text[i] === quote && !inClass) return i + 1;
  }
  return text.length;
}

/** The offset after the closing backquote, or after the next `${`. */
function templatePart(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "`") return i + 1;
    else if (text[i] === "$" && text[i + 1] === "{") return i + 2;
  }
  return text.length;
}

/**
 * After a value, a slash divides; after an operator, an opening bracket or a keyword, it starts a regular expression.
 */
function startsRegExp(before: string): boolean {
  return before === "" || /[-+*%=<>&|^!~?:;,({[]$|(return|typeof|case|in|of)$/.test(before);
}

function indexOrEnd(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at < 0 ? text.length : at;
}

/**
 * Wraps the paragraphs and list items of a Markdown text. Code, tables, headings, pictures, comments and lines that end
 * in a hard break are not changed.
 */
export function wrapMarkdown(text: string, width: number): string {
  const out: string[] = [];
  let block: string[] = [];
  let fence: string | undefined;
  const flush = () => {
    if (block.length > 0) out.push(...wrapped(block, width));
    block = [];
  };
  for (const line of text.split("\n")) {
    const mark = /^\s*(```|~~~)/.exec(line)?.[1];
    if (fence !== undefined || mark) {
      flush();
      out.push(line);
      if (mark && (fence === undefined || mark === fence)) fence = fence ? undefined : mark;
    } else if (isFixed(line, block)) {
      flush();
      out.push(line);
    } else {
      if (ITEM.test(line)) flush();
      block.push(line);
    }
  }
  flush();
  return out.join("\n");
}

const ITEM = /^\s*(?:[-*+]|\d+\.)\s+/;

/** Whether a line is not part of a paragraph. An indented line is code, unless it continues a paragraph or an item. */
function isFixed(line: string, block: readonly string[]): boolean {
  if (line.trim() === "" || /^(?:#|\||<|>|---|!\[)/.test(line.trim()) || / {2}$/.test(line)) {
    return true;
  }
  return /^(?: {4}|\t)/.test(line) && block.length === 0 && !ITEM.test(line);
}

function wrapped(block: readonly string[], width: number): string[] {
  const [first] = block;
  const begin = ITEM.exec(first)?.[0] ?? /^\s*/.exec(first)![0];
  const indent = " ".repeat(begin.length);
  const words = unbroken(
    block.map((line) => line.trim()).join(" ").slice(begin.trimStart().length),
  );
  const lines: string[] = [];
  let line = begin + words[0];
  for (const word of words.slice(1)) {
    // A line must not begin with a word that would turn it into a list or a heading.
    if (line.length + 1 + word.length > width && !/^(?:[-+*#>|]|\d+\.$)/.test(word)) {
      lines.push(line);
      line = indent + word;
    } else line += ` ${word}`;
  }
  return [...lines, line];
}

/** Words; `code with spaces` is a single one. */
function unbroken(text: string): string[] {
  const GLUE = "\uE000";
  return text.replace(/`[^`]+`/g, (code) => code.replaceAll(" ", GLUE)).split(/\s+/)
    .filter(Boolean).map((word) => word.replaceAll(GLUE, " "));
}

import { marked, type Token, type Tokens } from "marked";
import { styles } from "../style.ts";
import { wrapText } from "../table.ts";
import { fitTable } from "./page_table.ts";

export interface PageLook {
  readonly colored: boolean;
  readonly width: number;
  /** The words after `imp help` that show another page; undefined if it is not a page. */
  readonly wordsFor: (page: string) => string | undefined;
}

/** A documentation page for a terminal. */
export function pageText(markdown: string, look: PageLook): string {
  return new PageWriter(look).blocks(marked.lexer(markdown), look.width).join("\n");
}

class PageWriter {
  private readonly style;

  constructor(private readonly look: PageLook) {
    this.style = styles(look.colored);
  }

  /** Lines, with an empty one between two blocks. */
  blocks(tokens: readonly Token[], width: number): string[] {
    const parts = tokens.map((token) => this.block(token, width)).filter((lines) => lines.length);
    return parts.flatMap((lines, i) => i === 0 ? lines : ["", ...lines]);
  }

  private block(token: Token, width: number): string[] {
    switch (token.type) {
      case "heading": {
        const { depth } = token as Tokens.Heading;
        const text = this.inline(token.tokens);
        return wrapText(depth === 1 ? text.toUpperCase() : text, width).map(this.style.bold);
      }
      case "code":
        return (token as Tokens.Code).text.split("\n").map((line) => `    ${line}`.trimEnd());
      case "list":
        return this.list(token as Tokens.List, width);
      case "table": {
        const { header, rows } = token as Tokens.Table;
        const texts = (cells: Tokens.TableCell[]) => cells.map(({ tokens }) => this.inline(tokens));
        return fitTable(texts(header), rows.map(texts), width);
      }
      case "blockquote":
        return indented(this.blocks(token.tokens ?? [], width - 2), "  ", "  ");
      case "hr":
        return ["-".repeat(Math.min(width, 20))];
      case "space":
      case "html":
        return [];
      default: {
        const tokens = tokensOf(token) ?? [token];
        // A picture shows what a terminal prints, and the text around it says the same.
        if (tokens.every(({ type }) => type === "image")) return [];
        return wrapText(this.inline(tokens), width);
      }
    }
  }

  private list({ items, ordered, start, loose }: Tokens.List, width: number): string[] {
    const parts = items.map((item, i) => {
      const mark = ordered ? `${Number(start) + i}. ` : "- ";
      const lines = this.blocks(item.tokens, width - mark.length);
      return indented(lines, mark, " ".repeat(mark.length));
    });
    return parts.flatMap((lines, i) => loose && i > 0 ? ["", ...lines] : lines);
  }

  private inline(tokens: readonly Token[] = []): string {
    return tokens.map((token) => this.span(token)).join("");
  }

  private span(token: Token): string {
    const { bold, cyan } = this.style;
    switch (token.type) {
      case "codespan":
        return this.look.colored ? cyan(token.text) : `\`${token.text}\``;
      case "strong":
        return bold(this.inline(token.tokens));
      case "link":
        return this.link(token as Tokens.Link);
      case "br":
        return " ";
      case "html":
        return "";
      default:
        return tokensOf(token) ? this.inline(tokensOf(token)) : plain(token as Tokens.Text);
    }
  }

  /** Links as usable at a terminal: another page by its command, an address as it is. */
  private link({ href, tokens }: Tokens.Link): string {
    const text = this.inline(tokens);
    const page = /^([\w-]+)\.md(#.*)?$/.exec(href)?.[1];
    const words = page && this.look.wordsFor(page);
    if (words) {
      const line = `\`imp help ${words}\``;
      return text === `${page}.md` ? line : `${text} (${line})`;
    }
    return /^https?:/.test(href) && text !== href ? `${text} <${href}>` : text;
  }
}

function tokensOf(token: Token): Token[] | undefined {
  return "tokens" in token ? token.tokens : undefined;
}

/** The lexer leaves HTML entities undecoded. */
function plain({ text }: Tokens.Text): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => ENTITIES[name]);
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
};

function indented(lines: readonly string[], first: string, others: string): string[] {
  return lines.map((line, i) => ((i === 0 ? first : others) + line).trimEnd());
}

// Pure: the positions of keys and values in a TOML document that the parser has accepted: nothing is checked here.

/** Keys, and indexes of lists, from the top. */
export type KeyPath = readonly (string | number)[];

/** Offsets in the text. */
interface Place {
  readonly key: number;
  readonly value: number;
}

const BARE = /[A-Za-z0-9_-]/;

export class TomlPositions {
  private readonly places = new Map<string, Place>();
  /** How many tables each list of tables (`[[a]]`) has. */
  private readonly lists = new Map<string, number>();
  private at = 0;

  constructor(private readonly text: string) {
    let table: KeyPath = [];
    for (this.skip(); this.at < text.length; this.skip()) {
      if (text[this.at] === "[") table = this.header();
      else this.pair(table);
    }
  }

  /** The offset of a key, or of an element of a list; if unknown, that of the nearest one around it. */
  keyAt(path: KeyPath): number {
    return this.nearest(path)?.key ?? 0;
  }

  valueAt(path: KeyPath): number {
    return this.nearest(path)?.value ?? 0;
  }

  private nearest(path: KeyPath): Place | undefined {
    for (let length = path.length; length > 0; length--) {
      const place = this.places.get(idOf(path.slice(0, length)));
      if (place) return place;
    }
    return undefined;
  }

  private note(path: KeyPath, key: number, value: number): void {
    const id = idOf(path);
    if (!this.places.has(id)) this.places.set(id, { key, value });
  }

  private header(): KeyPath {
    const begin = this.at;
    const isList = this.text[begin + 1] === "[";
    this.at += isList ? 2 : 1;
    let path: (string | number)[] = [];
    const names = this.keys();
    names.forEach(({ name, at }, i) => {
      path = [...path, name];
      this.note(path, at, begin);
      const last = i === names.length - 1;
      const count = this.lists.get(idOf(path));
      if (last && isList) {
        this.lists.set(idOf(path), (count ?? 0) + 1);
        path = [...path, count ?? 0];
        this.note(path, at, begin);
      } else if (count !== undefined) path = [...path, count - 1];
    });
    while (this.at < this.text.length && this.text[this.at] === "]") this.at++;
    return path;
  }

  private pair(table: KeyPath): void {
    const names = this.keys();
    // Behind the equals sign.
    this.at++;
    this.skip();
    const path = names.reduce<KeyPath>((above, { name, at }) => {
      const one = [...above, name];
      this.note(one, at, this.at);
      return one;
    }, table);
    this.value(path);
  }

  /** Dotted keys, up to the sign after them. */
  private keys(): { name: string; at: number }[] {
    const found: { name: string; at: number }[] = [];
    for (;;) {
      this.skip();
      const at = this.at;
      found.push({ name: this.key(), at });
      this.skip();
      if (this.text[this.at] !== ".") return found;
      this.at++;
    }
  }

  private key(): string {
    const begin = this.at;
    const quote = this.text[begin];
    if (quote === '"' || quote === "'") {
      this.string();
      const inside = this.text.slice(begin + 1, this.at - 1);
      return quote === "'" ? inside : unescaped(inside);
    }
    while (BARE.test(this.text[this.at] ?? "")) this.at++;
    // Whatever it is, it is not a key: the loops end.
    if (this.at === begin) this.at++;
    return this.text.slice(begin, this.at);
  }

  private value(path: KeyPath): void {
    switch (this.text[this.at]) {
      case '"':
      case "'":
        return this.string();
      case "[":
        return this.inside("]", (index) => {
          const element = [...path, index];
          this.note(element, this.at, this.at);
          this.value(element);
        });
      case "{":
        return this.inside("}", () => this.pair(path));
      default:
        while (this.at < this.text.length && !/[,\]}\n#]/.test(this.text[this.at])) this.at++;
    }
  }

  private inside(end: string, element: (index: number) => void): void {
    this.at++;
    for (let index = 0;; index++) {
      this.skip();
      if (this.at >= this.text.length) return;
      if (this.text[this.at] === end) break;
      element(index);
      this.skip();
      if (this.text[this.at] === ",") this.at++;
    }
    this.at++;
  }

  private string(): void {
    const quote = this.text[this.at];
    const triple = this.text.startsWith(quote.repeat(3), this.at);
    const end = triple ? quote.repeat(3) : quote;
    this.at += end.length;
    while (this.at < this.text.length && !this.text.startsWith(end, this.at)) {
      this.at += quote === '"' && this.text[this.at] === "\\" ? 2 : 1;
    }
    this.at += end.length;
    // Up to two quotation marks may stand right before the end.
    for (let more = 0; triple && more < 2 && this.text[this.at] === quote; more++) this.at++;
  }

  /** White space, ends of lines, comments. */
  private skip(): void {
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at];
      if (char === "#") {
        const end = this.text.indexOf("\n", this.at);
        this.at = end < 0 ? this.text.length : end;
      } else if (!/[ \t\r\n\uFEFF]/.test(char)) return;
    }
  }
}

function idOf(path: KeyPath): string {
  return path.join("\0");
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`);
  } catch {
    return text;
  }
}

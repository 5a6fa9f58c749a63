import type { Columns } from "./columns.ts";
import type { Records } from "./input.ts";
import type { Item } from "../types.ts";

/** A source that items are made from. */
export interface ItemSource {
  readonly records: Records;
  /** Paired with the previous source rather than crossed with it. */
  readonly linked: boolean;
}

/** The next item; the number of the source to read from first; or the end. */
export type TakenItem = Item | number | "end";

/** A sequence of items. */
export interface ItemStream {
  take(): TakenItem;
  /** How many there will be, if known without reading. */
  readonly count: number | undefined;
}

/**
 * Makes items from one or several sources: linked ones side by side, others crossed, the last one fastest. Reads no
 * further than the next item needs; keeps what must be repeated, but never the first source.
 */
export class JobItems implements ItemStream {
  private readonly groups: Group[] = [];
  private readonly current: (readonly Uint8Array[])[] = [];
  /** The group that advances next. */
  private moving = 0;
  /** How many items there will be, if known without reading. */
  readonly count: number | undefined;

  /** @param recycle all sources go side by side, and shorter ones restart until the longest ends; `--link` */
  constructor(sources: readonly ItemSource[], columns?: Columns, recycle = false) {
    sources.forEach(({ records, linked }, source) => {
      const first = this.groups.length === 0;
      if (first || !(linked || recycle)) this.groups.push(new Group(!first, recycle, columns));
      this.groups[this.groups.length - 1].add(records, source);
    });
    this.count = this.groups.reduce<number | undefined>(
      (product, { count }) =>
        product === undefined || count === undefined ? undefined : product * count,
      1,
    );
  }

  take(): TakenItem {
    const last = this.groups.length - 1;
    for (;;) {
      const group = this.groups[this.moving];
      const got = group.next();
      if (typeof got === "number") return got;
      if (got === "end") {
        if (this.moving === 0 || group.isEmpty) return "end";
        group.rewind();
        this.moving--;
        continue;
      }
      this.current[this.moving] = got;
      if (this.moving === last) return { fields: last === 0 ? got : this.current.flat() };
      this.moving++;
    }
  }
}

/** Items in random order: all are read before the first is returned. */
export class ShuffledItems implements ItemStream {
  private readonly taken: Item[] = [];
  private complete = false;

  constructor(private readonly items: ItemStream) {}

  get count(): number | undefined {
    return this.complete ? this.total : this.items.count;
  }

  private total = 0;

  take(): TakenItem {
    while (!this.complete) {
      const taken = this.items.take();
      if (typeof taken === "number") return taken;
      if (taken === "end") {
        this.complete = true;
        this.total = this.taken.length;
      } else this.taken.push(taken);
    }
    return this.any() ?? "end";
  }

  private any(): Item | undefined {
    const last = this.taken.length - 1;
    const chosen = Math.floor(Math.random() * this.taken.length);
    const item = this.taken[chosen];
    if (chosen < last) this.taken[chosen] = this.taken[last];
    this.taken.pop();
    return item;
  }
}

interface Member {
  readonly records: Records;
  readonly source: number;
  live: boolean;
  /** For sources that are recycled. */
  readonly kept: Uint8Array[];
}

type Row = readonly Uint8Array[];

/** Sources that go side by side. */
class Group {
  private readonly members: Member[] = [];
  private readonly rows: Row[] = [];
  private position = 0;
  private complete = false;
  /** The unfinished row, if a source had to be waited for. */
  private row: (Uint8Array | undefined)[] = [];
  private made = 0;

  constructor(
    private readonly again: boolean,
    private readonly recycle: boolean,
    private readonly columns: Columns | undefined,
  ) {}

  add(records: Records, source: number): void {
    this.members.push({ records, source, live: true, kept: [] });
  }

  get count(): number | undefined {
    const counts = this.members.map(({ records }) => records.count);
    if (counts.some((count) => count === undefined)) return undefined;
    return (this.recycle ? Math.max : Math.min)(...counts as number[]);
  }

  get isEmpty(): boolean {
    return this.complete && this.rows.length === 0;
  }

  rewind(): void {
    this.position = 0;
  }

  next(): Row | number | "end" {
    if (this.position < this.rows.length) return this.rows[this.position++];
    if (this.complete) return "end";
    const row = this.members.length === 1 ? this.single() : this.sideBySide();
    if (row === "end") this.complete = true;
    else if (typeof row !== "number" && this.again) {
      this.rows.push(row);
      this.position++;
    }
    return row;
  }

  private single(): Row | number | "end" {
    const { records, source } = this.members[0];
    const record = records.take();
    if (record === "wait") return source;
    if (record === "end") return "end";
    return this.columns ? this.columns(record) : [record];
  }

  private sideBySide(): Row | number | "end" {
    while (this.row.length < this.members.length) {
      const member = this.members[this.row.length];
      const record = member.live ? member.records.take() : "end";
      if (record === "wait") return member.source;
      if (record === "end") {
        member.live = false;
        if (!this.recycle) return "end";
        this.row.push(undefined);
      } else this.row.push(record);
    }
    const row = this.recycle ? this.filledUp() : this.row as Uint8Array[];
    this.row = [];
    if (row === "end") return "end";
    this.made++;
    const { columns } = this;
    return columns ? row.flatMap((record) => columns(record)) : row;
  }

  /** The row, with repeated records in place of those that ran out. */
  private filledUp(): Uint8Array[] | "end" {
    if (this.members.every(({ live }) => !live)) return "end";
    const { length } = this.members.filter(({ live }) => live);
    return this.row.map((record, i) => {
      const { kept } = this.members[i];
      if (record === undefined) return kept[this.made % kept.length] ?? new Uint8Array(0);
      // The last live one is the longest: it never restarts, so it is not kept.
      if (length > 1) kept.push(record);
      else kept.length = 0;
      return record;
    });
  }
}

import { concat, find } from "../bytes.ts";
import { literals, type Records } from "./input.ts";

/** Drops or changes records of a source. */
export type RecordFilter = (records: Records) => Records;

/** Which records of a source become items. */
export interface FilterRules {
  /** The source ends at such a record; `-E`. */
  readonly end?: Uint8Array;
  /** A record that ends with a blank continues in the next; `-L`. */
  readonly joined: boolean;
  /** Records of only blanks are dropped; `-r`. */
  readonly noBlank: boolean;
}

/** @returns undefined if all records become items unchanged */
export function filterOf({ end, joined, noBlank }: FilterRules): RecordFilter | undefined {
  const filters = [
    ...(end ? [(records: Records) => endingAt(end, records)] : []),
    ...(noBlank ? [withoutBlank] : []),
    ...(joined ? [joinedLines] : []),
  ];
  if (filters.length === 0) return undefined;
  return (records) => filters.reduce((made, filter) => filter(made), records);
}

const SPACE = 0x20, TAB = 0x09;
const BLANKS = new Set([SPACE, TAB, 0x0a, 0x0b, 0x0c, 0x0d]);

/** Counting a source in advance counts what is left of it. */
function over(records: Records, take: Records["take"]): Records {
  return {
    get count() {
      return records.count;
    },
    take,
  };
}

function withoutBlank(records: Records): Records {
  return over(records, () => {
    for (;;) {
      const record = records.take();
      if (typeof record === "string" || !record.every((byte) => BLANKS.has(byte))) return record;
    }
  });
}

function endingAt(end: Uint8Array, records: Records): Records {
  let ended = false;
  return over(records, () => {
    if (ended) return "end";
    const record = records.take();
    ended = typeof record !== "string" && record.length === end.length && find(record, end) === 0;
    return ended ? "end" : record;
  });
}

function joinedLines(records: Records): Records {
  let begun: Uint8Array[] = [];
  return over(records, () => {
    for (;;) {
      const record = records.take();
      if (record === "wait" || record === "end" && begun.length === 0) return record;
      if (record !== "end") begun.push(record);
      // As for xargs: the CR of a CRLF does not continue a line.
      const last = record === "end" ? undefined : record[record.length - 1];
      if (last === SPACE || last === TAB) continue;
      const whole = begun.length === 1 ? begun[0] : concat(begun);
      begun = [];
      return whole;
    }
  });
}

/** Filters command line words. */
export function filteredWords(words: readonly Uint8Array[], filter: RecordFilter): Records {
  const records = filter(literals(words));
  const left: Uint8Array[] = [];
  for (let record = records.take(); typeof record !== "string"; record = records.take()) {
    left.push(record);
  }
  return literals(left);
}

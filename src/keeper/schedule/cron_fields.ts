// Pure: which field of a crontab line is wrong, and why; crontab(5).

interface Field {
  readonly name: string;
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

const FIELDS: readonly Field[] = [
  { name: "minute", first: 0, last: 59 },
  { name: "hour", first: 0, last: 23 },
  { name: "day", first: 1, last: 31 },
  { name: "month", first: 1, last: 12, names: MONTHS },
  { name: "weekday", first: 0, last: 7, names: DAYS },
];

/** Why a refused line is wrong: `hour 24 is not from 0 to 23`. Undefined if its fields are valid. */
export function mistakeInFields(expression: string): string | undefined {
  const texts = expression.trim().split(/\s+/);
  return FIELDS.map((field, i) => mistakeIn(field, texts[i] ?? "")).find((one) => one);
}

function mistakeIn(field: Field, text: string): string | undefined {
  return text.split(",").map((part) => mistakeInPart(field, part, text)).find((one) => one);
}

function mistakeInPart(field: Field, part: string, whole: string): string | undefined {
  const { name, first, last } = field;
  if (part === "") return `${name} '${whole}' has nothing between two commas`;
  const [, span, step] = /^([^/]*)(?:\/(.*))?$/.exec(part)!;
  if (step !== undefined && !(/^\d+$/.test(step) && +step >= 1 && +step <= last)) {
    return `the step of ${name} '${part}' is not from 1 to ${last}`;
  }
  if (span === "*") return undefined;
  if (step !== undefined && /^\d+$/.test(span)) {
    return `${name} '${part}' has a step, but no range: write ${span}-${last}/${step}`;
  }
  const ends = span.split("-").map((one) => numberOf(field, one));
  if (ends.length > 2 || ends.includes(undefined)) {
    return `${name} '${part}' is neither a number${
      field.names ? ", a name" : ""
    } nor a range, as in 1-5`;
  }
  const [from, to = from] = ends as number[];
  const out = [from, to].find((one) => one < first || one > last);
  if (out !== undefined) return `${name} ${out} is not from ${first} to ${last}`;
  return to < from ? `${name} '${part}' ends before it begins` : undefined;
}

function numberOf({ names = [], first }: Field, text: string): number | undefined {
  const at = names.indexOf(text.toLowerCase());
  if (at >= 0) return at + first;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

// A parser of the text format of OpenMetrics 1.0, written from its ABNF and its rules for names, types and units.
// Strict: anything unknown is an error.

export interface MetricFamily {
  name: string;
  type: string;
  unit?: string;
  help?: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*", LABEL = "[a-zA-Z_][a-zA-Z0-9_]*";
const ESCAPED = `(?:[^"\\\\\\n]|\\\\["\\\\n])*`;
const NUMBER = /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$/;
const TYPES = [
  "counter",
  "gauge",
  "histogram",
  "gaugehistogram",
  "stateset",
  "info",
  "summary",
  "unknown",
];
const SUFFIXES: Record<string, string[]> = { counter: ["_total", "_created"], gauge: [""] };

/** @throws Error that names the line */
export function parseOpenMetrics(text: string): MetricFamily[] {
  const lines = text.split("\n");
  if (lines.pop() !== "") throw new Error("the last line does not end");
  if (lines.pop() !== "# EOF") throw new Error("it does not end with # EOF");
  const families = new Map<string, MetricFamily>();
  let family: MetricFamily | undefined;
  const seen = new Set<string>();
  lines.forEach((line, at) => {
    const fail = (why: string): never => {
      throw new Error(`line ${at + 1}: ${why}: ${line}`);
    };
    const descriptor = RegExp(`^# (TYPE|UNIT|HELP) (${NAME}) (.*)$`, "s").exec(line);
    if (descriptor) {
      const [, kind, name, value] = descriptor;
      if (family?.name !== name) {
        if (families.has(name)) fail("a family is interrupted");
        families.set(name, family = { name, type: "unknown", samples: [] });
      }
      if (family.samples.length > 0) fail("a descriptor stands behind samples");
      if (kind === "TYPE") family.type = TYPES.includes(value) ? value : fail("unknown type");
      else if (kind === "UNIT") {
        if (!name.endsWith(`_${value}`)) fail("the name does not end in its unit");
        family.unit = value;
      } else family.help = RegExp(`^${ESCAPED}$`).test(value) ? value : fail("no escaped string");
      return;
    }
    const sample = RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)$`, "s").exec(line) ?? fail("no sample");
    const [, name, inside = "", number] = sample!;
    if (!family || !(SUFFIXES[family.type] ?? []).some((one) => family!.name + one === name)) {
      fail("a sample without its family");
    }
    const labels: Record<string, string> = {};
    let rest = inside;
    while (rest !== "") {
      const label = RegExp(`^(${LABEL})="(${ESCAPED})"(,(?=.)|$)`, "s").exec(rest) ??
        fail("no label");
      const [whole, key, value] = label!;
      if (key in labels) fail("a label twice");
      labels[key] = value.replace(/\\(.)/g, (_, char) => char === "n" ? "\n" : char);
      rest = rest.slice(whole.length);
    }
    const value = NUMBER.test(number) ? Number(number) : fail("no number");
    if (family!.type === "counter" && !(value! >= 0)) fail("a counter below 0");
    const id = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(id)) fail("a sample twice");
    seen.add(id);
    family!.samples.push({ name, labels, value: value! });
  });
  return [...families.values()];
}

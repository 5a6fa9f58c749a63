import { ReportRows } from "../../src/report/rows.ts";

/** Commands and output that would act as more than text, if anything let them. */
export const HOSTILE = [
  "</script><script>document.documentElement.dataset.pwned=1</script>",
  "<!--<script>",
  '<img src=x onerror="document.documentElement.dataset.pwned=1">',
  "]]></code></pre></table><iframe src=//example.net>",
  "\"'`&amp;&lt;<svg onload=document.documentElement.dataset.pwned=1>",
  "a\u2028b\u2029c\0d\x1b[2J\x07\u202egnp.exe\u2066\ufeff",
  "\ud800 half a character \udc00",
  "\n\n\ttab and\rreturn\n",
  "-".repeat(5000),
  "Ä 漢字 🙂 ￿",
  "${location} \\u003c \\x3c %3Cscript%3E",
];

/** One of them, or a mixture; `random` returns numbers from 0 to 1. */
export function hostileText(random: () => number): string {
  const pick = () => HOSTILE[Math.floor(random() * HOSTILE.length)];
  const cut = (text: string) => text.slice(0, Math.floor(random() * text.length) + 1);
  return random() < 0.3 ? pick() : cut(pick()) + cut(pick()) + cut(pick());
}

/** Jobs of which a third fail. */
export function hostileRows(count: number, random: () => number): ReportRows {
  const rows = new ReportRows();
  for (let seq = 1; seq <= count; seq++) {
    const failed = random() < 0.3;
    rows.add({
      seq,
      host: random() < 0.1 ? hostileText(random).slice(0, 60) : ":",
      start: 1_790_000_000_000 + Math.floor(random() * 60_000),
      runtime: Math.floor(random() * 5000),
      exit: failed ? 3 : 0,
      signal: 0,
      received: 0,
      command: hostileText(random),
      tail: failed ? hostileText(random) : undefined,
      memory: 1000 * seq,
      cpu: seq,
    });
  }
  return rows;
}

// The measured part of docs/benchmarks.md; what is said about it stands outside, and stays.
const BEGIN = "<!-- measured: scripts/bench/run all --markdown -->";
const END = "<!-- end of what is measured -->";

/** @returns the page with another measured part; at its end, where it has none yet */
export function replaceMeasured(page: string, measured: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  // It stands below a heading of its own.
  const part = `${BEGIN}\n\n${measured.trim().replace(/^## /gm, "### ")}\n\n${END}`;
  if (begin < 0 || end < begin) return `${page.trimEnd()}\n\n${part}\n`;
  return page.slice(0, begin) + part + page.slice(end + END.length);
}

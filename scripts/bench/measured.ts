// The measured part of docs/benchmarks.md; the text about it is outside, and is not changed.
const BEGIN = "<!-- measured: scripts/bench/run all --markdown -->";
const END = "<!-- end of what is measured -->";

/** @returns the page with the new measured part; at its end, if it has none yet */
export function replaceMeasured(page: string, measured: string): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  // It is below its own heading.
  const part = `${BEGIN}\n\n${measured.trim().replace(/^## /gm, "### ")}\n\n${END}`;
  if (begin < 0 || end < begin) return `${page.trimEnd()}\n\n${part}\n`;
  return page.slice(0, begin) + part + page.slice(end + END.length);
}

/** The totals of a suite's own report. */
export interface Counts {
  passed: number;
  failed: number;
  /** What could not be tested here, with the reason. */
  skipped: string[];
  /** What failed and why, in a line or two: repeated at the end, where a truncated log still shows it. */
  failures: string[];
}

export const NONE: Counts = { passed: 0, failed: 0, skipped: [], failures: [] };

/** Names the file in which tests record that they cannot run on this machine, one per line: see tests/skip.ts. */
export const SKIPS = "IMP_TEST_SKIPS";

/**
 * Counts of a `deno test --junit-path` file. Ignored tests are not counted; a test that ran in a file that failed to
 * load is in `errors`.
 */
export function countJunit(xml: string): Counts {
  const root = /<testsuites\b[^>]*>/.exec(xml)?.[0] ?? "";
  const failed = attribute(root, "failures") + attribute(root, "errors");
  const ignored = xml.match(/<skipped\b/g)?.length ?? 0;
  const passed = attribute(root, "tests") - failed - ignored;
  return { passed, failed, skipped: [], failures: namedIn(xml) };
}

/** Counts of the last line printed by tests/contract/harness.ts. */
export function countHarness(output: string): Counts {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  const [, ran, failed] = /^ran (\d+) tests, (\d+) failed$/.exec(last) ?? ["", "0", "0"];
  const failures = [...output.matchAll(/^(.+) \.\.\. FAILED$/gm)].map(([, name]) => {
    const told = output.lastIndexOf(`\n\n${name}\n`);
    return told < 0 ? name : `${name}\n${startOf(output.slice(told + name.length + 3))}`;
  });
  return { passed: Number(ran) - Number(failed), failed: Number(failed), skipped: [], failures };
}

/** Passed tests that reported that they could not run here are counted as skipped. */
export function withoutSkips(counts: Counts, said: string): Counts {
  const skipped = said.split("\n").filter((line) => line !== "");
  return { ...counts, passed: counts.passed - skipped.length, skipped };
}

/** A suite that ended badly without naming a failed test (a crash, a hang) counts as one failure. */
export function judge(name: string, counts: Counts, success: boolean): Counts {
  if (success || counts.failed > 0) return counts;
  return sum([counts, failure(`${name} ended badly without naming a test`)]);
}

export function failure(what: string): Counts {
  return { ...NONE, failed: 1, failures: [startOf(what)] };
}

export function sum(all: Counts[]): Counts {
  return all.reduce(
    (a, b) => ({
      passed: a.passed + b.passed,
      failed: a.failed + b.failed,
      skipped: [...a.skipped, ...b.skipped],
      failures: [...a.failures, ...b.failures],
    }),
    NONE,
  );
}

/** The last line of a run. */
export function told({ passed, failed, skipped }: Counts): string {
  const more = skipped.length > 0 ? `, ${skipped.length} skipped` : "";
  return `${passed} passed, ${failed} failed${more}`;
}

/** How many lines of a failure are repeated. */
const TOLD_LINES = 12;

function namedIn(xml: string): string[] {
  const cases = xml.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<failure\b[^>]*>([^<]*)/g);
  return [...cases].map(([, name, text]) => `${unescaped(name)}\n${startOf(unescaped(text))}`);
}

function startOf(text: string): string {
  return text.trim().split("\n").slice(0, TOLD_LINES).map((line) => `    ${line}`).join("\n");
}

/** Text of an XML attribute or element (XML 1.0, section 4.6). */
function unescaped(text: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name) => named[name]);
}

function attribute(tag: string, name: string): number {
  return Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
}

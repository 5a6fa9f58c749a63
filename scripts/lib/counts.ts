/** What a suite's own report says. */
export interface Counts {
  passed: number;
  failed: number;
}

/**
 * Counts of a `deno test --junit-path` file. Ignored tests count as neither; a test that ran but whose file also
 * failed to load is in `errors`.
 */
export function countJunit(xml: string): Counts {
  const root = /<testsuites\b[^>]*>/.exec(xml)?.[0] ?? "";
  const failed = attribute(root, "failures") + attribute(root, "errors");
  const ignored = xml.match(/<skipped\b/g)?.length ?? 0;
  return { passed: attribute(root, "tests") - failed - ignored, failed };
}

/** Counts of the line that tests/contract/harness.ts prints last. */
export function countHarness(output: string): Counts {
  const last = output.trimEnd().split("\n").at(-1) ?? "";
  const [, ran, failed] = /^ran (\d+) tests, (\d+) failed$/.exec(last) ?? ["", "0", "0"];
  return { passed: Number(ran) - Number(failed), failed: Number(failed) };
}

/** A suite that ended badly without naming a failed test (it crashed, it hung) failed once. */
export function judge(counts: Counts, success: boolean): Counts {
  return success || counts.failed > 0 ? counts : { ...counts, failed: 1 };
}

export function sum(all: Counts[]): Counts {
  return all.reduce(
    (a, b) => ({ passed: a.passed + b.passed, failed: a.failed + b.failed }),
    { passed: 0, failed: 0 },
  );
}

function attribute(tag: string, name: string): number {
  return Number(new RegExp(`\\b${name}="(\\d+)"`).exec(tag)?.[1] ?? 0);
}

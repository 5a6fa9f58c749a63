// Shared by the tests of `imp compare`.
import { assertEquals } from "@std/assert";
import type { MeasuredRow, Row } from "../../src/compare/rows.ts";
import type { StyleName } from "../../src/compare/styles.ts";
import type { Sandbox } from "./harness.ts";
import { assertNothingLeft } from "./leftovers.ts";

/** The JSON of a comparison. */
export interface Report {
  shell: string;
  by: string;
  program: string[] | null;
  styles: (Row & { label: string; typed: string })[];
  differences: string[];
  advice: string[];
}

/** Compares, and checks that nothing is left behind. */
export async function compare(box: Sandbox, ...args: string[]): Promise<Report> {
  const result = await box.imp(["compare", "--json", ...args], { env: { TMPDIR: box.directory } });
  assertEquals({ code: result.code, stderr: result.stderr }, { code: 0, stderr: "" });
  assertNothingLeft(box);
  return JSON.parse(result.stdout);
}

export function measured(report: Report, style: StyleName): MeasuredRow {
  const row = report.styles.find((one) => one.style === style);
  if (row?.is !== "measured") throw new Error(`${style}: ${JSON.stringify(row)}`);
  return row;
}

/** Which styles survived the end of their terminals, in the order of the rows. */
export function survivors(report: Report): boolean[] {
  return report.styles.map((row) => row.is === "measured" && row.after.alive);
}

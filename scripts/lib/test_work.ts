/** The work of a part of a test run: one command in its own place, and the counts of its report. */
import {
  countHarness,
  countJunit,
  type Counts,
  failure,
  judge,
  NONE,
  withoutSkips,
} from "./counts.ts";
import type { Place } from "./test_place.ts";

export interface Context {
  bun: string;
  /** Runs the tests whose name contains it; empty: all. */
  filter: string;
  /** A directory that exists as long as the run. */
  work: string;
}

export interface Done {
  counts: Counts;
  /** The part that is worth reading. */
  output: string;
  /** Seconds of processor time: see {@link Place.run}. */
  cpu: number;
}

/** Prints nothing. */
export type Work = (place: Place, context: Context) => Promise<Done>;

/** One yes-or-no check: silent on success, with all its output on failure. */
export function check(program: string, args: string[]): Work {
  return async (place) => {
    const { success, output, cpu } = await place.run(program, args);
    return success
      ? { counts: { ...NONE, passed: 1 }, output: "", cpu }
      : { counts: failure(output), output, cpu };
  };
}

/** Runs a file, or a folder, of tests. @param flags for `deno test` */
export function denoTest(
  path: string,
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Work {
  return async (place, { filter }) => {
    const junit = `${place.directory}/junit.xml`;
    const args = ["test", "-A", "--quiet", "--no-check", `--junit-path=${junit}`, ...flags];
    if (filter) args.push(`--filter=${filter}`);
    const words = [...args, path];
    const { success, output, skips, cpu } = await place.run(Deno.execPath(), words, { env });
    const counts = countJunit(await Deno.readTextFile(junit).catch(() => ""));
    return { counts: judge(path, withoutSkips(counts, skips), success), output, cpu };
  };
}

/** `deno bundle` resolves the import map first; each file runs as a separate process. */
export const contractUnderBun = {
  bundle: (files: string[]): Work => async (place, context) => {
    const options = ["--quiet", "--platform", "deno", "--external", "bun:*"];
    const outdir = bundles(context);
    return await check(Deno.execPath(), ["bundle", ...options, "--outdir", outdir, ...files])(
      place,
      context,
    );
  },
  run: (file: string): Work => async (place, context) => {
    const script = `${bundles(context)}/${file.split("/").at(-1)!.replace(/ts$/, "js")}`;
    const env = { IMP_TEST_FILTER: context.filter };
    const { success, output, skips, cpu } = await place.run(context.bun, [script], { env });
    return { counts: judge(file, withoutSkips(countHarness(output), skips), success), output, cpu };
  },
};

function bundles({ work }: Context): string {
  return `${work}/contract`;
}

// Pure: which of many options cause an error that their parser reports for all of them together.
import { UsageError } from "../base/errors.ts";

/** @field at indexes of options; none: the error is not due to any of them */
export interface Blame {
  readonly at: readonly number[];
  readonly error: UsageError;
}

/**
 * Finds everything that is wrong with options by leaving out one after the other: the option whose absence removes an
 * error causes it.
 * @param names of the options
 * @param parse parses the given subset, or throws
 */
export function blameOptions(
  names: readonly string[],
  parse: (indexes: readonly number[]) => void,
): Blame[] {
  const found: Blame[] = [];
  const gone = new Set<string>();
  let left = names.map((_, i) => i);
  for (;;) {
    const error = errorOf(left, parse);
    if (!error) return found;
    const guilty = left.filter((one) =>
      errorOf(left.filter((other) => other !== one), parse)?.message !== error.message
    );
    // An option that needs one we left out is all right.
    if (!needsOne(error, gone)) found.push({ at: guilty, error });
    if (guilty.length === 0) return found;
    gone.add(names[guilty[0]]);
    left = left.filter((one) => one !== guilty[0]);
  }
}

function errorOf(
  indexes: readonly number[],
  parse: (indexes: readonly number[]) => void,
): UsageError | undefined {
  try {
    parse(indexes);
    return undefined;
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
}

function needsOne({ message, hint }: UsageError, gone: ReadonlySet<string>): boolean {
  const said = `${message} ${hint ?? ""}`;
  return [...gone].some((name) => RegExp(`--${name}(?![\\w-])`).test(said));
}

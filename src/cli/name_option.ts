// Pure, and loaded only when something is wrong: a message about a value says whose value it is.
import { UsageError } from "../base/errors.ts";

/**
 * What parses a value knows no option: `'soon' is not a duration` becomes `--debounce: 'soon' is not a duration`. Where the
 * value could be that of several options, or an operand, it stays as it is.
 */
export function nameOption(
  error: UsageError,
  values: readonly { readonly name: string; readonly text: string }[],
  operands: readonly string[],
): UsageError {
  const { message, hint } = error;
  const quoted = /^'([^']*)'/.exec(message)?.[1];
  if (quoted === undefined || message.includes("--") || operands.includes(quoted)) return error;
  const same = values.filter(({ text }) => text === quoted);
  const those = same.length > 0 ? same : values.filter(({ text }) => text.includes(quoted));
  const [name, ...others] = new Set(those.map((one) => one.name));
  if (name === undefined || others.length > 0) return error;
  return new UsageError(`--${name}: ${message}`, hint);
}

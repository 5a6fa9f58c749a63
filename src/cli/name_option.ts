// Pure, and loaded only on errors: adds to a message about a value which option it belongs to.
import { UsageError } from "../base/errors.ts";

/**
 * A value's parser does not know its option: `'soon' is not a duration` becomes `--debounce: 'soon' is not a duration`.
 * If the value could belong to several options, or an operand, the message stays as it is.
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

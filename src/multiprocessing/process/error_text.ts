import { ImpError } from "../../base/errors.ts";

const MOST_CAUSES = 10;
/** Frames of imp's own functions that call a program's: the program's owner has no use for them. */
const CALLERS =
  /^\s+at .*(?:\b(?:runChild|runThread|runProgram|childMain|threadMain|untilSettled) |\/src\/thread_main\.ts|\/\$bunfs\/)/;

/** An error as its owner wants to read it: name, message and stack, then its causes and, of an AggregateError, its parts. */
export function describeError(error: unknown): string {
  if (error instanceof ImpError) {
    const { details = [], hint } = error.parts;
    return [error.message, ...details, ...(hint ? [`  ${hint}`] : [])].join("\n");
  }
  return describe(error, 0);
}

function describe(error: unknown, depth: number): string {
  if (!(error instanceof Error)) return depth > 0 ? inspect(error) : `Uncaught ${inspect(error)}`;
  const { cause, errors } = error as { cause?: unknown; errors?: unknown };
  const parts = [withStack(error)];
  if (Array.isArray(errors) && depth < MOST_CAUSES) {
    for (const one of errors) parts.push(indent(describe(one, depth + 1)));
  }
  if (cause !== undefined && depth < MOST_CAUSES) {
    parts.push(`Caused by: ${describe(cause, depth + 1)}`);
  }
  return parts.join("\n");
}

/** Some runtimes put name and message before the stack, some do not. */
function withStack({ name, message, stack = "" }: Error): string {
  const head = message ? `${name}: ${message}` : name;
  const own = stack.split("\n").filter((line) => !CALLERS.test(line)).join("\n");
  if (own.includes(message) && own.includes(name)) return own;
  return own ? `${head}\n${own}` : head;
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}

/** What was thrown is no error: JSON where it can be written so. */
function inspect(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

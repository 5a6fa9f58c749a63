import { ImpError } from "../../base/errors.ts";
import {
  attempt,
  isError,
  MOST_CAUSES,
  type ReadError,
  readError,
  textOfThrown,
} from "../../base/thrown.ts";

/** Frames of imp's functions that call the program's: of no use to the program's author. */
const CALLERS =
  /^\s+at .*(?:\b(?:runChild|runThread|runProgram|childMain|threadMain|untilSettled) |\/src\/thread_main\.ts|\/\$bunfs\/)/;

/** An error as its author wants it: name, message and stack, then its causes and, for an AggregateError, its parts. */
export function describeError(error: unknown): string {
  if (error instanceof ImpError) {
    const { details = [], hint } = error.parts;
    return [error.message, ...details, ...(hint ? [`  ${hint}`] : [])].join("\n");
  }
  return describe(error, 0);
}

function describe(error: unknown, depth: number, above: readonly unknown[] = []): string {
  if (!isError(error)) return depth > 0 ? inspect(error) : `Uncaught ${inspect(error)}`;
  const { errors, cause, ...text } = readError(error);
  const parts = [withStack(text)];
  const told = [...above, error];
  const isNew = (one: unknown) => depth < MOST_CAUSES && !told.includes(one);
  for (const one of errors.filter(isNew)) parts.push(indent(describe(one, depth + 1, told)));
  if (cause !== undefined && isNew(cause)) {
    parts.push(`Caused by: ${describe(cause, depth + 1, told)}`);
  }
  return parts.join("\n");
}

/** Some runtimes put name and message before the stack, some do not. */
function withStack({ name, message, stack }: Pick<ReadError, "name" | "message" | "stack">) {
  const head = message ? `${name}: ${message}` : name;
  const own = stack.split("\n").filter((line) => !CALLERS.test(line)).join("\n");
  if (own.includes(message) && own.includes(name)) return own;
  return own ? `${head}\n${own}` : head;
}

function indent(text: string): string {
  return text.split("\n").map((line) => `  ${line}`).join("\n");
}

/** A thrown value that is not an error: as JSON if possible. */
function inspect(value: unknown): string {
  if (typeof value === "string") return value;
  return attempt(() => JSON.stringify(value)) ?? textOfThrown(value);
}

// What the error of an import() means: that the runtime could not load a module, or that the module's own code threw.

/** How many reasons are shown for a file with many mistakes. */
const MOST_REASONS = 3;
/** The importer of the program is a file of imp itself. */
const OWN_IMPORTER = / imported from \/\$bunfs\/.*/;

/**
 * Whether a module could not be loaded. Anything else was thrown by its code, or by that of a module it imports.
 * @param isOwn whether a frame of a stack is imp's own: it says nothing about the module
 */
export function isLoadError(error: unknown, isOwn: (frame: string) => boolean): boolean {
  if (!isError(error)) return false;
  const read = readError(error);
  const { name, code, errors } = read;
  // Bun's names, and the codes of both.
  if (/^(?:Build|Resolve)Message$/.test(name)) return true;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return true;
  if (name === "AggregateError") {
    return errors.length > 0 && errors.every((one) => isLoadError(one, isOwn));
  }
  // A missing export, or invalid JSON. One caused by the program itself has a frame of its own.
  return name === "SyntaxError" && framesOf(read).every(isOwn);
}

/**
 * The reasons, one per line; the first one is the message.
 * @param path of the module: a place in another one is shown with its name
 */
export function loadReasons(error: unknown, path?: string): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const { errors } = error as { errors?: unknown[] };
  if (!Array.isArray(errors) || errors.length === 0) {
    // For a syntax error Deno shows the place in further lines, in colour.
    const message = withoutColors(error.message || error.name).replace(OWN_IMPORTER, "");
    return [...message.split("\n"), ...placeOf(error, path)];
  }
  const reasons = errors.slice(0, MOST_REASONS).flatMap((one) => {
    const [why, ...place] = loadReasons(one, path);
    return [`  ${why}${place.map((line) => `, ${line.trim()}`).join("")}`];
  });
  const more = errors.length - MOST_REASONS;
  return [
    "it is not valid JavaScript or TypeScript",
    ...reasons,
    ...more > 0 ? [`  and ${more} more`] : [],
  ];
}

/** Where a module that Bun cannot read is wrong; Deno says so in its message. */
function placeOf(error: Error, path?: string): string[] {
  const { position } = error as { position?: Position };
  if (!position) return [];
  const { line, column, file } = position;
  return [`  ${file && path && file !== path ? `${file}, ` : ""}line ${line}, column ${column}`];
}

interface Position {
  readonly line: number;
  readonly column: number;
  readonly file?: string;
}

function framesOf({ stack }: ReadError): string[] {
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}

function withoutColors(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

// What the error of an import() says: that the runtime could not load a module, or what the module's own code threw.

/** Reasons that are told of a file with many mistakes. */
const MOST_REASONS = 3;
/** Who imports the program is a file of imp itself. */
const OWN_IMPORTER = / imported from \/\$bunfs\/.*/;

/**
 * Whether a module could not be loaded. Anything else was thrown by its code, or by that of a module which it imports.
 * @param isOwn whether a frame of a stack is imp's own: it says nothing of the module
 */
export function isLoadError(error: unknown, isOwn: (frame: string) => boolean): boolean {
  if (!(error instanceof Error)) return false;
  const { name, code, errors } = error as Error & { code?: unknown; errors?: unknown[] };
  // Bun's names, and the codes of both.
  if (/^(?:Build|Resolve)Message$/.test(name)) return true;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") return true;
  if (name === "AggregateError") {
    return !!errors?.length && errors.every((one) => isLoadError(one, isOwn));
  }
  // An export that is not there, or JSON that is none. One that a program has caused itself has a frame of its own.
  return name === "SyntaxError" && framesOf(error).every(isOwn);
}

/**
 * Why, in a line each; the first one is the message.
 * @param path of the module: a place in another one is told with its name
 */
export function loadReasons(error: unknown, path?: string): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const { errors } = error as { errors?: unknown[] };
  if (!Array.isArray(errors) || errors.length === 0) {
    // Of a syntax error Deno tells the place in further lines, in colours.
    const message = withoutColors(error.message || error.name).replace(OWN_IMPORTER, "");
    return [...message.split("\n"), ...placeOf(error, path)];
  }
  const reasons = errors.slice(0, MOST_REASONS).flatMap((one) => {
    const [why, ...place] = loadReasons(one, path);
    return [`  ${why}${place.map((line) => `, ${line.trim()}`).join("")}`];
  });
  const more = errors.length - MOST_REASONS;
  return [
    "it is no JavaScript or TypeScript that can be read",
    ...reasons,
    ...more > 0 ? [`  and ${more} more`] : [],
  ];
}

/** Where a module that Bun cannot read is wrong; Deno says it in its message. */
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

function framesOf({ stack = "" }: Error): string[] {
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}

function withoutColors(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/\x1b\[[0-9;]*m/g, "");
}

import { isFrame } from "../../base/thrown.ts";
import { runtime } from "../../runtime/mod.ts";

/** imp's own part of a stack: inside its executable, or its source and main.ts beside that. */
const OWN = runtime.compiled
  ? ["/$bunfs/"]
  : ["../../", "../../../main.ts"].map((to) => decodeURI(new URL(to, import.meta.url).pathname));

/** A stack without imp's own frames, which mean nothing to the user. */
export function withoutOwnFrames(stack: string): string {
  return stack.split("\n").filter((line) => !isOwnFrame(line)).join("\n");
}

/** Whether a line of a stack is a place in imp itself. */
export function isOwnFrame(line: string): boolean {
  return isFrame(line) && OWN.some((own) => line.includes(own));
}

/** imp's own functions on top of the user's. */
const MOST_OWN_FRAMES = 30;

/** Not in a file, or in one of the runtime: what imp has called of the language, or the event loop. */
const OF_RUNTIME = /^[^/]*$|\b(?:ext|node):/;

/** The user's part of the current stack. */
function framesHere(): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = limit + MOST_OWN_FRAMES;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  const frames = withoutOwnFrames(stack).split("\n").filter(isFrame);
  const first = frames.findIndex((frame) => !OF_RUNTIME.test(frame));
  return first < 0 ? [] : frames.slice(first);
}

/**
 * Names an error of the library, to be called by its constructor. Its stack begins where the user called: a console
 * would show imp's own frames, and that of Bun the source around the first one, in the executable some kilobytes.
 */
export function nameError(error: Error, name: string): void {
  restoreError(error, name, [`${name}: ${error.message}`, ...framesHere()].join("\n"));
}

/** An error made by what the event loop heard has no stack of its own: it gets that of whoever waits. */
export async function thrownToCaller<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && !hasFrames(error)) throwFromHere(error);
    throw error;
  }
}

export function hasFrames(error: Error): boolean {
  return error.stack?.split("\n").some(isFrame) ?? false;
}

/** Gives an error the frames of the place from which it is thrown now. */
export function throwFromHere(error: Error): void {
  restoreError(error, error.name, [String(error), ...framesHere()].join("\n"));
}

/** Where Bun notes the place at which an error was made, shown if the stack has none. */
const PLACE = ["sourceURL", "line", "column", "originalLine", "originalColumn"];

/** Gives an error that was made here, in place of another one, the name and the stack of that. */
export function restoreError(error: Error, name: string, stack: unknown): void {
  const property = (value: unknown) => ({ value, writable: true, configurable: true });
  if (error.name !== name) Object.defineProperty(error, "name", property(name));
  Object.defineProperty(error, "stack", property(stack));
  for (const key of PLACE) Reflect.deleteProperty(error, key);
}

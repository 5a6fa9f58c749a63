import { nameError } from "../process/own_frames.ts";
import { pack, registerError } from "./portable.ts";

/** A value that has no meaning in another process; the message says which one and where it is. */
export class UnsendableError extends TypeError {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    nameError(this, "UnsendableError");
  }
}

registerError("UnsendableError", UnsendableError);

/** Objects of the language and the platform whose state stays where it is. */
const BOUND = new Set([
  "Promise",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "Generator",
  "AsyncGenerator",
  "SharedArrayBuffer",
  "MessagePort",
  "Worker",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
  "Request",
  "Response",
  "WebSocket",
  "URL",
  "URLSearchParams",
  "Headers",
  "FormData",
  "Blob",
  "File",
  "AbortSignal",
  "AbortController",
]);

/**
 * What keeps a single value from being sent, as the rest of a sentence; nothing if it can be sent. What it contains
 * is not looked at.
 */
export function obstacle(value: unknown): string | undefined {
  if (typeof value === "function") return "a function: functions cannot be sent to another process";
  if (typeof value === "symbol") return "a symbol: symbols cannot be sent to another process";
  if (typeof value !== "object" || value === null) return undefined;
  const tag = tagOf(value);
  if (BOUND.has(tag)) {
    const better = tag === "SharedArrayBuffer" ? "; imp's Value and SharedArray can" : "";
    return `${
      /^(?:[AEIO]|Un)/.test(tag) ? "an" : "a"
    } ${tag}: it cannot be sent to another process${better}`;
  }
  if (tag === "ArrayBuffer" && (value as ArrayBuffer).detached) {
    return "an ArrayBuffer that was transferred away: nothing is left to be sent";
  }
  return undefined;
}

/** The name that the language gives an object; not one that an own property pretends. */
export function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** The path and the reason of the first value inside `root` that cannot be sent; nothing if all can. */
export function whyUnsendable(root: unknown, name: string): string | undefined {
  const seen = new Set<unknown>();
  // A list of its own instead of recursion: what is nested too deeply is looked at as well.
  const left: [unknown, string][] = [[root, name]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [value, path] = next;
    const reason = obstacle(value);
    if (reason) return `${path || "the value"} is ${reason}`;
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    left.push(...parts(value, path).reverse());
  }
  return undefined;
}

function parts(value: object, path: string): [unknown, string][] {
  if (ArrayBuffer.isView(value)) return [[value.buffer, `${path}.buffer`]];
  if (pack in value) return [];
  if (value instanceof Map) {
    return [...value].flatMap(([key, item]): [unknown, string][] => [
      [key, `a key of ${path || "the map"}`],
      [item, `${path}.get(${shown(key)})`],
    ]);
  }
  if (value instanceof Set) {
    return [...value].map((item) => [item, `a member of ${path || "the set"}`]);
  }
  if (value instanceof Error) {
    const errors = (value as AggregateError).errors;
    const inner: [unknown, string][] = "cause" in value ? [[value.cause, join(path, "cause")]] : [];
    if (Array.isArray(errors)) inner.push([errors, join(path, "errors")]);
    return inner;
  }
  return Object.keys(value).map((key) => [
    (value as Record<string, unknown>)[key],
    Array.isArray(value) ? `${path}[${key}]` : join(path, key),
  ]);
}

function join(path: string, key: string): string {
  if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path ? `${path}.${key}` : key;
}

function shown(key: unknown): string {
  return typeof key === "string"
    ? JSON.stringify(key)
    : typeof key === "object"
    ? "…"
    : String(key);
}

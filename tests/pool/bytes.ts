// Shared by the tests of the pool's text.
import fc from "fast-check";

const encoder = new TextEncoder();

export function b(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Bytes as text that shows every one of them. */
export function shown(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

export function shownAll(words: readonly Uint8Array[]): string[] {
  return words.map(shown);
}

/** Any bytes except NUL, including invalid UTF-8, newlines and quotes. */
export const anyWord = fc.oneof(
  fc.uint8Array({ min: 1, max: 255, maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(..."ab'\"\\ \n\t$`!#~={}*?[];&|<>()%-"), maxLength: 12 }).map(
    b,
  ),
);

/** Texts like paths: many dots and slashes. */
export const anyPath = fc.string({ unit: fc.constantFrom(..."aab..//é "), maxLength: 9 }).map(b);

/** Bytes cut into chunks. */
export function chunked(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((x, y) => x - y);
  return [0, ...places].map((from, i) => bytes.slice(from, places[i] ?? bytes.length));
}

/** Runs a program with bytes on stdin. @returns its stdout @throws if it fails */
export async function output(
  program: string,
  args: string[],
  input: Uint8Array,
  env: Record<string, string> = {},
): Promise<Uint8Array> {
  const child = new Deno.Command(program, {
    args,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  const written = writer.write(input).then(() => writer.close());
  const { success, stdout, stderr } = await child.output();
  await written;
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return stdout;
}

import fc from "fast-check";

/**
 * Any text that a command line can hold, including control characters and all planes of Unicode. Equivalent to
 * `fc.string({ unit: "binary" })`, which takes a second to initialize in each file.
 */
export function anyText(maxLength?: number): fc.Arbitrary<string> {
  const character = fc.oneof(
    fc.integer({ min: 0x20, max: 0x7e }),
    fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff),
  );
  return fc.array(character, { maxLength }).map((codes) => String.fromCodePoint(...codes));
}

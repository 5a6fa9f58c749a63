/** ECMA-48: CSI, strings (OSC, DCS and the like) up to their end, other escapes; and a CR before the end of a line. */
const SEQUENCES =
  // deno-lint-ignore no-control-regex
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|[ -/]*[0-~])|\r+(?=\n|$)/g;
// deno-lint-ignore no-control-regex
const COLOURS = /^\x1b\[[\d;]*m$/;

/** Terminal output without control sequences that move the cursor or switch modes. */
export function withoutSequences(text: string, colours: "kept" | "dropped" = "dropped"): string {
  if (!text.includes("\x1b") && !text.includes("\r")) return text;
  return text.replace(
    SEQUENCES,
    (sequence) => colours === "kept" && COLOURS.test(sequence) ? sequence : "",
  );
}

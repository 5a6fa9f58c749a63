/** Control characters except newline and tab, those that change the direction of writing, and unpaired surrogates. */
const UNSEEN =
  // deno-lint-ignore no-control-regex
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/gu;
const MARKUP: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Any text as a part of a page: it stays text, and invisible characters are shown as escapes. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => MARKUP[character]);
}

/** Text with nothing hidden in it: `\x1b`, `\u202e`. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, "0")}`
      : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** A value for `<script type="application/json">`, which nothing in it can end. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>]/g, escapeUnit).replace(UNSEEN, escapeUnit);
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

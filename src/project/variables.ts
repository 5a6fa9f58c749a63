// Pure: `${NAME}`, `${NAME:-text}` and `$$` in the texts of a file.

/** What is wrong with a text. */
export interface VariableTrouble {
  readonly message: string;
  readonly hint: string;
}

export interface ReplacedText {
  readonly text: string;
  readonly troubles: readonly VariableTrouble[];
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Replaces variables. A `$` before anything else is literal, so that a shell gets its own `$HOME`.
 * @param valueOf undefined: not set
 */
export function replaceVariables(
  text: string,
  valueOf: (name: string) => string | undefined,
): ReplacedText {
  const troubles: VariableTrouble[] = [];
  let made = "";
  for (let at = 0; at < text.length;) {
    const next = text.indexOf("$", at);
    if (next < 0) return { text: made + text.slice(at), troubles };
    made += text.slice(at, next);
    const sign = text[next + 1];
    if (sign === "{") {
      const end = closing(text, next + 2);
      if (end < 0) {
        troubles.push({
          message: `'${text.slice(next)}' is not closed`,
          hint: "write ${NAME}, or $${ to mean the characters themselves",
        });
        return { text: made + text.slice(next), troubles };
      }
      const value = valueIn(text.slice(next + 2, end), valueOf);
      troubles.push(...value.troubles);
      made += value.text;
      at = end + 1;
      continue;
    }
    made += "$";
    at = next + (sign === "$" ? 2 : 1);
  }
  return { text: made, troubles };
}

/** The value of what is between the braces. */
function valueIn(inside: string, valueOf: (name: string) => string | undefined): ReplacedText {
  const dash = inside.indexOf(":-");
  const name = dash < 0 ? inside : inside.slice(0, dash);
  if (!NAME.test(name)) {
    return {
      text: "",
      troubles: [{
        message: `'\${${inside}}' names no variable`,
        hint: "write ${NAME} or ${NAME:-text}; $${ means the characters themselves",
      }],
    };
  }
  const value = valueOf(name);
  if (dash >= 0) {
    // As in a shell, an empty one counts as not set.
    return value
      ? { text: value, troubles: [] }
      : replaceVariables(inside.slice(dash + 2), valueOf);
  }
  if (value !== undefined) return { text: value, troubles: [] };
  return {
    text: "",
    troubles: [{
      message: `the variable ${name} is not set`,
      hint: `set it, or give a default: \${${name}:-text}`,
    }],
  };
}

/** The brace that closes the one before `from`; -1 if there is none. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text.startsWith("${", at)) depth++;
    else if (text[at] === "}" && --depth === 0) return at;
  }
  return -1;
}

import { assertEquals } from "@std/assert";
import { wrapMarkdown } from "../../scripts/lib/wrap_markdown.ts";

Deno.test("paragraphs and items are wrapped, code and tables are not, and twice is once", () => {
  const text = `# A heading that is longer than twenty columns

One paragraph of words
that goes on, with \`a b c d e f g\`.

- an item that is long enough to go on
  behind its begin - as text
1. another

    indented code stays as it is, whatever

\`\`\`
fenced code stays as it is, whatever
\`\`\`

![a picture stays as it is](whatever.svg)

| a table | stays as it is |
`;
  const wrapped = wrapMarkdown(text, 20);
  assertEquals(
    wrapped,
    `# A heading that is longer than twenty columns

One paragraph of
words that goes on,
with
\`a b c d e f g\`.

- an item that is
  long enough to go
  on behind its
  begin - as text
1. another

    indented code stays as it is, whatever

\`\`\`
fenced code stays as it is, whatever
\`\`\`

![a picture stays as it is](whatever.svg)

| a table | stays as it is |
`,
  );
  assertEquals(wrapMarkdown(wrapped, 20), wrapped);
});

import { assert, assertEquals } from "@std/assert";
import { e2e, isRoot } from "./harness.ts";
import { inNamespace } from "./family_programs.ts";

const PAGE = new URL("../../docs/zombies-and-orphans.md", import.meta.url);

interface Step {
  command: string;
  /** Lines that it prints; `…` is anything, alone in a line any number of lines. */
  expected: string[];
}

/** The blocks of the page: commands after `$ `, their further lines after `> `, then what they print. */
function examples(markdown: string): Step[][] {
  return [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map(([, block]) => {
    const steps: Step[] = [];
    for (const line of block.trimEnd().split("\n")) {
      if (line.startsWith("$ ")) steps.push({ command: line.slice(2), expected: [] });
      else if (line.startsWith("> ")) steps.at(-1)!.command += `\n${line.slice(2)}`;
      else steps.at(-1)!.expected.push(line);
    }
    return steps;
  });
}

function matches(expected: string[], printed: string): boolean {
  const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  // How wide a column is depends on what else runs.
  const plain = (text: string) => text.replace(/ +/g, " ").replace(/^ | $/gm, "");
  const pattern = expected.map((line) =>
    line === "…" ? "(?:.*\\n)*?" : `${escape(plain(line)).replaceAll("…", ".*")}\\n`
  ).join("");
  return new RegExp(`^${pattern}$`).test(plain(printed));
}

const blocks = examples(Deno.readTextFileSync(PAGE));

Deno.test("the page on zombies and orphans has examples", () => assertEquals(blocks.length, 5));

blocks.forEach((steps, i) => {
  e2e(`docs/zombies-and-orphans.md: example ${i + 1}`, async (box) => {
    const script = [
      // Descriptors that the tests' caller has left open would be among those that are shown.
      "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-",
      `imp() { "$IMP" "$@"; }`,
      ...steps.map(({ command }, n) => `${command}\nprintf '\\n--- %d\\n' ${n}`),
    ].join("\n");
    const { stdout } = await inNamespace(box, `{ ${script}\n} 2>&1`);
    const printed = stdout.split(/\n--- \d+\n/);
    steps.forEach(({ command, expected }, n) => {
      const text = printed[n] === "" ? "" : `${printed[n].trimEnd()}\n`;
      const wanted = isRoot
        ? expected
        : expected.map((line) => line.replace("user root", "user …"));
      assert(
        matches(wanted, text),
        `${command}\nprinted:\n${text}\nthe page says:\n${wanted.join("\n")}`,
      );
    });
  });
});

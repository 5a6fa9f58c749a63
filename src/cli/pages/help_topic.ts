import { UnknownWord } from "../parse.ts";
import { proseWidth } from "../width.ts";
import { explained, HELP_WIDTH } from "../help.ts";
import { documentation, titleOf } from "./pages.ts";

/** Shows all pages. */
export const TOPICS = "topics";
const FOLDER = "docs/";

/**
 * What `imp help TOPIC` prints if TOPIC is not a command: a documentation page, or the list of them.
 * @param commands their names: a page named like one needs its folder, `docs/pool`
 * @throws UnknownWord
 */
export async function helpTopic(
  topic: string,
  commands: readonly string[],
  colored: boolean,
): Promise<string> {
  const pages = documentation();
  if (topic === TOPICS) {
    const rows = topicWords(commands).map(([word, title]) => [`imp help ${word}`, title] as const);
    const width = Math.min(proseWidth(), HELP_WIDTH);
    const column = Math.max(...rows.map(([words]) => words.length)) + 4;
    return ["Pages of the documentation:", "", ...explained(rows, width, column)].join("\n");
  }
  const page = topic.replace(/^docs\//, "").replace(/\.md$/, "").toLowerCase();
  if (!Object.hasOwn(pages, page)) {
    const known = [...commands, TOPICS, ...topicWords(commands).map(([word]) => word)];
    const hint = "imp help topics lists the pages";
    throw new UnknownWord(`unknown command or topic '${topic}'`, topic, known, hint);
  }
  const { pageText } = await import("./page_text.ts");
  return pageText(pages[page], {
    colored,
    width: proseWidth(),
    wordsFor: (name) => Object.hasOwn(pages, name) ? wordFor(name, commands) : undefined,
  });
}

/** The words after `imp help` that show the pages, and their titles. */
export function topicWords(commands: readonly string[]): [word: string, title: string][] {
  const pages = documentation();
  return Object.keys(pages).map((page) => [wordFor(page, commands), titleOf(pages[page])]);
}

function wordFor(page: string, commands: readonly string[]): string {
  return commands.includes(page) ? FOLDER + page : page;
}

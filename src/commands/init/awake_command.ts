import { UsageError } from "../../base/errors.ts";
import type { Command, CommandEntry } from "../../cli/options.ts";
import { runCommandLine } from "../../cli/run.ts";
import { awake } from "../../init/rest/awake.ts";
import { AWAKE_COMMAND } from "../../init/rest/rest_page.ts";
import { rawWords } from "../../libc/processes/process_image.ts";

interface AwakeRequest {
  readonly page: number;
  readonly words: readonly string[];
}

type StandInFor = (
  calledAs: string,
) => ((words: readonly string[]) => Promise<number>) | undefined;

/** @param standInFor the program that imp replaces when called so */
export function initAwakeCommand(
  entries: readonly CommandEntry[],
  standInFor: StandInFor,
): Command<AwakeRequest> {
  return {
    name: AWAKE_COMMAND,
    usage: [`${AWAKE_COMMAND} DESCRIPTOR WORDS`],
    description: [
      "Executed by imp init at rest, and by nobody else: goes on where that has stopped.",
    ],
    options: [],
    examples: [],
    request(_given, [page, ...words]) {
      if (!/^\d+$/.test(page ?? "") || words.length === 0) {
        throw new UsageError("nothing given to go on with");
      }
      return { page: Number(page), words };
    },
    run: async ({ page, words }) => {
      // init needs only a part of what a helper proves.
      await entries.find(({ name }) => name === "init")?.load();
      if (!awake(page, rawWords(words))) throw new UsageError("no init rests that this could be");
      // Its words say what it was told, as they did when it started.
      const [calledAs, ...own] = words;
      const standIn = standInFor(calledAs);
      // As init it has an exit status.
      return standIn ? await standIn(own) : await runCommandLine(own, entries) ?? 0;
    },
  };
}

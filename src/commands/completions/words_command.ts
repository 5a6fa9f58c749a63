import { EXIT } from "../../base/exit_codes.ts";
import type { Command, CommandEntry } from "../../cli/options.ts";
import { printLine } from "../../cli/output.ts";
import { printable, shellLine } from "../../cli/printable.ts";

type Word = readonly [word: string, says: string];

/** For completion scripts: one word per line, followed by a tab and its meaning. */
export const completionWordsCommand = (
  entries: readonly CommandEntry[],
): Command<{ readonly kind: string; readonly line: string }> => ({
  name: "completion-words",
  usage: ["completion-words KIND [LINE]"],
  description: [
    "For the scripts of `imp completions`: prints the words of a kind, which may depend on the line as far as it is typed.",
  ],
  options: [],
  examples: [{ line: "imp completion-words signal", says: "the names of signals" }],
  request: (_values, operands) => ({ kind: operands[0] ?? "", line: operands[1] ?? "" }),
  run: async ({ kind, line }) => {
    const commands = () =>
      entries.filter(({ hidden }) => !hidden).map(({ name, summary }): Word => [name, summary]);
    const words = kind === "command"
      ? commands()
      : kind === "topic"
      ? [...commands(), ...await topics(commands().map(([name]) => name))]
      : await WORDS[kind]?.(line) ?? [];
    const lines = words.map(([word, says]) => says === "" ? word : `${word}\t${says}`);
    if (lines.length > 0) printLine(lines.join("\n"));
    return EXIT.done;
  },
});

async function topics(commands: readonly string[]): Promise<Word[]> {
  const { topicWords } = await import("../../cli/pages/help_topic.ts");
  return topicWords(commands);
}

async function signals(): Promise<Word[]> {
  const { SIGNAL_NAMES } = await import("../../libc/abi.ts");
  return SIGNAL_NAMES.trim().split(" ").map((name) => [name, ""] as const);
}

async function daemons(): Promise<Word[]> {
  const { keeperHome } = await import("../../keeper/home.ts");
  const { keptNames } = await import("../../keeper/kept_names.ts");
  return keptNames(keeperHome()).map((name) => [name, ""] as const);
}

const WORDS: Readonly<Record<string, (line: string) => Promise<readonly Word[]>>> = {
  signal: signals,
  daemon: daemons,
  signalled: async () => [...await daemons(), ...await signals()],
  run: async (line) => await (await import("./run_words.ts")).runWords(line),
  runs: async (line) => await (await import("./run_words.ts")).runsWords(line),
  pid: async () => {
    const { Family } = await import("../../family/family.ts");
    const { isKernelThread } = await import("../../inspect/role.ts");
    const { readCmdline } = await import("../../procfs/cmdline.ts");
    const { orUndefined } = await import("../../procfs/read.ts");
    return [...Family.read().all.values()].filter((one) => !isKernelThread(one))
      .map(({ pid, comm }) => {
        const words = orUndefined(readCmdline(pid)) ?? [];
        return [String(pid), words.length ? shellLine(words) : `[${printable(comm)}]`] as const;
      });
  },
  // From the file in this directory, as far as it can be read.
  project: async () => {
    const { findProjectFile, openProject } = await import("../../project/open_project.ts");
    const { workingDirectory } = await import("../../libc/processes/process.ts");
    const { projectKeys } = await import("../up/desired.ts");
    const here = workingDirectory();
    const { project } = await openProject(findProjectFile(undefined, here), here, projectKeys());
    return project.daemons.map(({ name, words }) => [name, shellLine(words)] as const);
  },
  scenario: async () => {
    const { SCENARIOS } = await import("../../lab/scenarios/mod.ts");
    return SCENARIOS.map(({ id, title }) => [id, title] as const);
  },
  check: async () => {
    const { CHECKS } = await import("../../doctor/checks.ts");
    return CHECKS.map((name) => [name, ""] as const);
  },
};

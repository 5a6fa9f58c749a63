import { EXIT } from "../../base/exit_codes.ts";
import type { Command, CommandEntry } from "../../cli/options.ts";
import { printLine } from "../../cli/output.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import type { ProjectDaemon } from "../../project/project.ts";
import { typedValue, wordsBefore } from "./typed_line.ts";

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

async function kept(): Promise<Word[]> {
  const { keeperHome } = await import("../../keeper/home.ts");
  const { keptNames } = await import("../../keeper/kept_names.ts");
  return keptNames(keeperHome()).map((name) => [name, ""] as const);
}

/** Kept ones, and those of `imp daemon -n`. */
async function daemons(): Promise<Word[]> {
  const { isPlainName } = await import("../../base/plain_name.ts");
  const { runtimeDirectory } = await import("../../daemon/runtime_directory.ts");
  const { listDirectory } = await import("../../libc/descriptors/stat.ts");
  const files = listDirectory(runtimeDirectory());
  const names = (typeof files === "string" ? [] : files)
    .flatMap((file) => file.endsWith(".pid") ? [file.slice(0, -".pid".length)] : [])
    .filter(isPlainName).sort();
  return [...await kept(), ...names.map((name) => [name, ""] as const)];
}

async function pids(): Promise<Word[]> {
  const { Family } = await import("../../family/family.ts");
  const { isKernelThread } = await import("../../inspect/role.ts");
  const { readCmdline } = await import("../../procfs/cmdline.ts");
  const { orUndefined } = await import("../../procfs/read.ts");
  return [...Family.read().all.values()].filter((one) => !isKernelThread(one))
    .map(({ pid, comm }) => {
      const words = orUndefined(readCmdline(pid)) ?? [];
      return [String(pid), words.length ? shellLine(words) : `[${printable(comm)}]`] as const;
    });
}

/** Of the file that the line names, or of this directory, as far as it can be read. */
async function projectDaemons(line: string): Promise<readonly ProjectDaemon[]> {
  const { findProjectFile, openProject } = await import("../../project/open_project.ts");
  const { workingDirectory } = await import("../../libc/processes/process.ts");
  const { projectKeys } = await import("../up/desired.ts");
  const here = workingDirectory();
  const file = findProjectFile(typedValue(wordsBefore(line), "file", "f"), here);
  return (await openProject(file, here, projectKeys())).project.daemons;
}

async function exported(line: string): Promise<Word[]> {
  const { EXPORT_FORMATS } = await import("../export/request.ts");
  const formats: readonly string[] = EXPORT_FORMATS;
  return wordsBefore(line).some((word) => formats.includes(word))
    ? await kept()
    : formats.map((name) => [name, ""] as const);
}

const WORDS: Readonly<Record<string, (line: string) => Promise<readonly Word[]>>> = {
  signal: signals,
  kept,
  daemon: daemons,
  signalled: async () => [...await daemons(), ...await signals()],
  inspected: async () => [...await daemons(), ...await pids()],
  exported,
  run: async (line) => await (await import("./run_words.ts")).runWords(line),
  runs: async (line) => await (await import("./run_words.ts")).runsWords(line),
  pid: pids,
  project: async (line) =>
    (await projectDaemons(line)).map(({ name, words }) => [name, shellLine(words)] as const),
  profile: async (line) =>
    [...new Set((await projectDaemons(line)).flatMap(({ profiles }) => profiles))]
      .map((name) => [name, ""] as const),
  host: async (line) =>
    (await import("./host_words.ts")).hostWords(line).map((name) => [name, ""] as const),
  timezone: () =>
    Promise.resolve(Intl.supportedValuesOf("timeZone").map((name) => [name, ""] as const)),
  scenario: async () => {
    const { SCENARIOS } = await import("../../lab/scenarios/mod.ts");
    return SCENARIOS.map(({ id, title }) => [id, title] as const);
  },
  check: async () => {
    const { CHECKS } = await import("../../doctor/checks.ts");
    return CHECKS.map((name) => [name, ""] as const);
  },
};

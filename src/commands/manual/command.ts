import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { commandManual, type Edition, generalManual } from "../../cli/manual.ts";
import type { Command, CommandEntry, Option } from "../../cli/options.ts";
import { print, printLine } from "../../cli/output.ts";
import { UnknownWord } from "../../cli/parse.ts";
import { O_CREAT, O_TRUNC, O_WRONLY } from "../../libc/abi.ts";
import { closeFile, openFile, writeAll } from "../../libc/descriptors/files.ts";
import { VERSION } from "../../version.ts";
import { builtFrom } from "../version/build.ts";

const OPTIONS = [
  {
    name: "dir",
    value: "DIR",
    summary: "write all pages into DIR, which must exist: imp.1, imp-daemon.1 and so on",
  },
] as const satisfies readonly Option[];

interface ManualRequest {
  /** Undefined: imp(1). */
  readonly command?: string;
  readonly directory?: string;
}

/** @param entries all commands of imp */
export const manualCommand = (
  entries: readonly CommandEntry[],
): Command<ManualRequest, typeof OPTIONS[number]> => ({
  name: "manual",
  usage: ["manual [COMMAND]", "manual --dir DIR"],
  description: [
    "Prints the manual page of imp, or of a command, for man(1). It has the same contents as --help.",
  ],
  options: OPTIONS,
  permute: true,
  examples: [
    { line: "imp manual pool | man -l -", says: "read a page" },
    {
      line: "imp manual --dir /usr/local/share/man/man1",
      says: "install all of them: man imp-pool",
    },
  ],
  request: (values, operands) => {
    const [command, more] = operands;
    if (more !== undefined) throw new UsageError(`unexpected word '${more}'`);
    const directory = values.text("dir");
    if (command !== undefined && directory !== undefined) {
      throw new UsageError("a command and --dir cannot be used together");
    }
    return { command, directory };
  },
  run: async ({ command, directory }) => {
    const listed = entries.filter(({ hidden }) => !hidden);
    if (directory !== undefined) {
      save(`${directory}/imp.1`, generalManual(entries, edition()));
      for (const entry of listed) save(`${directory}/imp-${entry.name}.1`, await pageOf(entry));
      print(`${listed.length + 1} pages in ${directory}`);
    } else if (command === undefined) printLine(generalManual(entries, edition()));
    else {
      const entry = listed.find(({ name }) => name === command);
      const names = listed.map(({ name }) => name);
      if (!entry) throw new UnknownWord(`unknown command '${command}'`, command, names);
      printLine(await pageOf(entry));
    }
    return EXIT.done;
  },
});

function edition(): Edition {
  return { version: VERSION, date: builtFrom().date };
}

async function pageOf({ load, summary }: CommandEntry): Promise<string> {
  return commandManual(await load(), summary, edition());
}

/** @throws ImpError */
function save(path: string, text: string): void {
  const fd = openFile(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644);
  try {
    writeAll(fd, text, path);
  } catch (error) {
    if (error instanceof ImpError) throw error.with({ exit: EXIT.failed });
    throw error;
  } finally {
    closeFile(fd);
  }
}

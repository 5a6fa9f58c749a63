import { dirname } from "@std/path/dirname";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { callersVariable, nameOf, wordText } from "../libc/processes/process_image.ts";
import { absolute } from "../libc/processes/program_file.ts";
import { readEnvironmentFile } from "../keeper/turn/environment_file.ts";
import type { DaemonKey } from "./daemon_keys.ts";
import { findCircles } from "./dependencies.ts";
import { type Mistake, Mistakes } from "./mistakes.ts";
import { parseProcfile } from "./procfile.ts";
import type { Project, ProjectDaemon } from "./project.ts";
import { type ProjectText, readProjectFile } from "./project_file.ts";

const USUAL_NAMES = ["imp.toml", "Procfile"];

/**
 * Where to look for a project, absolute.
 * @param hasStarted only needed to know whose daemons are meant: of files that are gone, the one that has some
 * @throws ImpError
 */
export function findProjectFile(
  given: string | undefined,
  here: string,
  hasStarted?: (path: string) => boolean,
): string {
  if (given !== undefined) return absolute(given, here);
  const usual = USUAL_NAMES.map((name) => absolute(name, here));
  const found = usual.find((path) => statPath(path) !== "ENOENT");
  if (found !== undefined) return found;
  if (hasStarted) return usual.find(hasStarted) ?? usual[0];
  throw new ImpError({
    action: "find",
    object: `imp.toml or a Procfile in ${here}`,
    hint:
      "write one (imp up --help), or say where it is: -f FILE; imp start NAME starts a kept daemon",
    exit: EXIT.no,
  });
}

/**
 * Reads a project, and checks everything that its files alone allow to check.
 * @param path absolute
 * @throws ImpError if the file itself cannot be read or trusted
 */
export async function openProject(
  path: string,
  here: string,
  keys: readonly DaemonKey[],
): Promise<{ project: Project; mistakes: Mistakes }> {
  const shownAs = (one: string) => one.startsWith(`${here}/`) ? one.slice(here.length + 1) : one;
  const top = readProjectFile(path);
  const directory = dirname(top.path);
  const mistakes = new Mistakes();
  const daemons = path.endsWith(".toml")
    ? await tomlDaemons(top, directory, shownAs, keys, mistakes)
    : procfileDaemons(top, directory, shownAs, mistakes);
  if (!mistakes.hideNames) checkDependencies(daemons, mistakes);
  return {
    project: { file: top.path, shown: shownAs(top.path), directory, daemons },
    mistakes,
  };
}

async function tomlDaemons(
  top: ProjectText,
  directory: string,
  shownAs: (path: string) => string,
  keys: readonly DaemonKey[],
  mistakes: Mistakes,
): Promise<ProjectDaemon[]> {
  const { TomlProject } = await import("./toml_project.ts");
  return new TomlProject(keys, directory, shownAs, callersVariable, mistakes).read(top);
}

function procfileDaemons(
  { path, text }: ProjectText,
  directory: string,
  shownAs: (path: string) => string,
  mistakes: Mistakes,
): ProjectDaemon[] {
  const beside = `${directory}/.env`;
  const environmentFile = statPath(beside) === "ENOENT" ? undefined : beside;
  const port = environmentFile === undefined ? undefined : variableOf(environmentFile, "PORT");
  return parseProcfile(
    text,
    shownAs(path),
    { port: port ?? callersVariable("PORT"), environmentFile },
    mistakes,
  );
}

function variableOf(file: string, name: string): string | undefined {
  const word = readEnvironmentFile(file).findLast((one) => nameOf(one) === name);
  return word === undefined ? undefined : wordText(word).slice(name.length + 1);
}

/** Every dependency exists, and nothing waits for itself. */
export function checkDependencies(daemons: readonly ProjectDaemon[], mistakes: Mistakes): void {
  const names = daemons.map(({ name }) => name);
  const known = new Set(names);
  const unknown: Mistake[] = daemons.flatMap(({ name, depends }) =>
    depends.filter((one) => !known.has(one.name)).map((one): Mistake => ({
      at: one.position(),
      message: `'${name}' depends on '${one.name}', which does not exist`,
      word: one.name,
      known: names,
    }))
  );
  for (const mistake of unknown) mistakes.add(mistake);
  if (unknown.length > 0) return;
  for (const circle of findCircles(dependencyGraph(daemons))) {
    const [first, second] = circle;
    const closing = daemons.find(({ name }) => name === first)!.depends
      .find(({ name }) => name === second)!;
    mistakes.add({
      at: closing.position(),
      message: first === second
        ? `'${first}' waits for itself`
        : `these wait for each other: ${circle.join(" -> ")}`,
      hint: first === second ? "it could never start" : "none of them could ever start",
    });
  }
}

export function dependencyGraph(
  daemons: readonly Pick<ProjectDaemon, "name" | "depends">[],
): Map<string, string[]> {
  return new Map(daemons.map(({ name, depends }) => [name, depends.map((one) => one.name)]));
}

// Shared by the tests of projects: the words of a file become mistakes or daemons, without a machine.
import { startCommand } from "../../src/commands/start/command.ts";
import { projectKeys } from "../../src/commands/up/desired.ts";
import { Mistakes } from "../../src/project/mistakes.ts";
import { checkDependencies } from "../../src/project/open_project.ts";
import type { ProjectDaemon } from "../../src/project/project.ts";
import { TomlProject } from "../../src/project/toml_project.ts";
import type { KeptSettings } from "../../src/keeper/records/kept_settings.ts";
import { settleSettings } from "../../src/keeper/start/wanted_settings.ts";
import { requestBy } from "../commands/asking.ts";

export interface ReadSample {
  readonly daemons: readonly ProjectDaemon[];
  /** `LINE:COLUMN: MESSAGE`. */
  readonly mistakes: readonly string[];
}

/** Reads a file with this text alone. */
export function readSample(
  text: string,
  variables: Readonly<Record<string, string>> = {},
): ReadSample {
  const mistakes = new Mistakes();
  const reader = new TomlProject(
    ...[projectKeys(), "/here", (path: string) => path.slice("/here/".length)] as const,
    (name) => variables[name],
    mistakes,
  );
  const daemons = reader.read({ path: "/here/imp.toml", text });
  if (!mistakes.hideNames) checkDependencies(daemons, mistakes);
  return {
    daemons,
    mistakes: mistakes.all.map(({ at, message }) => `${at.line}:${at.column}: ${message}`),
  };
}

/** The options of a daemon, as words. */
export function optionsOf(daemon: ProjectDaemon): string[] {
  return daemon.given.map(({ name, text }) =>
    text === undefined ? `--${name}` : `--${name}=${text}`
  );
}

/** Settings as from a file. */
export function projectSettings(
  name: string,
  options: readonly string[],
  file: string,
  depends: readonly string[] = [],
): KeptSettings {
  const { wanted } = requestBy(startCommand, ...options, "--", "prog");
  return settleSettings({ ...wanted!, project: { file, depends } }, name, "/here", "/logs");
}

import { nameOf, rawWord } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { daemonEnvironment } from "../../daemon/environment.ts";
import { readEnvironmentFile } from "./environment_file.ts";
import type { KeptPlace } from "../home.ts";
import { readKeptEnvironment } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/** The sources of a program's environment. */
export interface KeptVariables {
  /** The snapshot of the environment of whoever started it. */
  readonly inherited: readonly Bytes[];
  /** The owner's settings, each name once. */
  readonly given: readonly Bytes[];
}

/**
 * Reads what a program's environment should contain. Files are read anew each time.
 * @param user the program's
 * @throws ImpError
 */
export function keptVariables(
  place: KeptPlace,
  settings: KeptSettings,
  user?: number,
): KeptVariables {
  return {
    inherited: settings.clearEnvironment ? [] : readKeptEnvironment(place) ?? [],
    given: givenVariables(settings, user),
  };
}

/** The owner's settings: the command line overrides files, and later files override earlier ones. @throws ImpError */
export function givenVariables(
  { environmentFiles, environment }: Pick<KeptSettings, "environmentFiles" | "environment">,
  user?: number,
): Bytes[] {
  const files = environmentFiles.flatMap((path) => readEnvironmentFile(path, user));
  return lastOfEach([...files, ...environment.map(rawWord)]);
}

/** The last of several words with the same name: getenv(3) would take the first. */
export function lastOfEach(words: readonly Bytes[]): Bytes[] {
  const byName = new Map<string, Bytes>();
  for (const word of words) byName.set(nameOf(word) ?? "", word);
  byName.delete("");
  return [...byName.values()];
}

/** The environment for what imp itself runs for a daemon: hooks and probes. They do not belong to the daemon's tree. */
export function helpersEnvironment(
  { inherited, given }: KeptVariables,
  more: readonly string[],
): Bytes[] {
  return daemonEnvironment({ inherited, given: lastOfEach([...given, ...more]) });
}

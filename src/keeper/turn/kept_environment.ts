import { nameOf, rawWord } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { daemonEnvironment } from "../../daemon/environment.ts";
import { readEnvironmentFile } from "./environment_file.ts";
import type { KeptPlace } from "../home.ts";
import { readKeptEnvironment } from "../records/kept_records.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/** Of what the environment of a program is made. */
export interface KeptVariables {
  /** The snapshot of the environment of whoever has started it. */
  readonly inherited: readonly Bytes[];
  /** What the owner has said, each name once. */
  readonly given: readonly Bytes[];
}

/**
 * Reads what a program is to find in its environment. Files are read anew each time.
 * @param user as whom it runs
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

/** What the owner has said: the command line wins over files, and later files over earlier ones. @throws ImpError */
export function givenVariables(
  { environmentFiles, environment }: Pick<KeptSettings, "environmentFiles" | "environment">,
  user?: number,
): Bytes[] {
  const files = environmentFiles.flatMap((path) => readEnvironmentFile(path, user));
  return lastOfEach([...files, ...environment.map(rawWord)]);
}

/** Of several words for a name the last one: getenv(3) would take the first. */
export function lastOfEach(words: readonly Bytes[]): Bytes[] {
  const byName = new Map<string, Bytes>();
  for (const word of words) byName.set(nameOf(word) ?? "", word);
  byName.delete("");
  return [...byName.values()];
}

/** The environment of what imp itself runs for a daemon: hooks and probes. It is no part of the daemon's tree. */
export function helpersEnvironment(
  { inherited, given }: KeptVariables,
  more: readonly string[],
): Bytes[] {
  return daemonEnvironment({ inherited, given: lastOfEach([...given, ...more]) });
}

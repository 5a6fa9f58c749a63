import { UnknownWord } from "../../cli/parse.ts";
import { selectNames } from "../../keeper/selection.ts";
import { withDependencies } from "../../project/dependencies.ts";
import { dependencyGraph } from "../../project/open_project.ts";
import type { Project } from "../../project/project.ts";

/**
 * The selected daemons, and everything they depend on.
 * @throws UsageError for a name or a profile that is not in the file
 */
export function selectedDaemons(
  { daemons, shown }: Project,
  names: readonly string[],
  profiles: readonly string[],
): Set<string> {
  const known = [...new Set(daemons.flatMap((one) => one.profiles))];
  const missing = profiles.find((one) => !known.includes(one));
  if (missing !== undefined) {
    const hint = known.length === 0 ? "none has one" : `there are ${known.join(", ")}`;
    throw new UnknownWord(
      `no daemon of ${shown} has the profile '${missing}'`,
      missing,
      known,
      hint,
    );
  }
  const all = daemons.map(({ name }) => name);
  if (names.length === 0) {
    const meant = daemons.filter((one) =>
      one.profiles.length === 0 || one.profiles.some((profile) => profiles.includes(profile))
    );
    return withDependencies(dependencyGraph(daemons), meant.map(({ name }) => name));
  }
  const { names: meant, unknown } = selectNames({ words: names, all: false }, all);
  if (unknown.length > 0) {
    throw new UnknownWord(`${shown} has no daemon '${unknown[0]}'`, unknown[0], all);
  }
  return withDependencies(dependencyGraph(daemons), meant);
}

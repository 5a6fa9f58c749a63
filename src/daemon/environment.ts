// Pure: the environment of a daemon.
import { nameOf } from "../libc/processes/process_image.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { User } from "../libc/users/users.ts";

/** What the words of a daemon's environment are made of. */
export interface EnvironmentParts {
  /** The caller's words `K=V`; undefined to begin with none. */
  readonly inherited?: readonly Bytes[];
  /** Whom the daemon runs as, where that was asked for; `unknown` without an entry in the user database. */
  readonly user?: User | "unknown";
  /** Words of the command line, which win. */
  readonly given: readonly Bytes[];
}

/** Variables that say whose process it is, environ(7). */
const IDENTITY = ["HOME", "USER", "LOGNAME", "SHELL"];

/**
 * The words of a daemon's environment. With a user, those that say whose process it is are that user's, as su(1) and systemd
 * set them; of a user that nothing is known of there are none, rather than the caller's.
 */
export function daemonEnvironment({ inherited, user, given }: EnvironmentParts): Bytes[] {
  const own = inherited === undefined || user === undefined ? inherited ?? [] : [
    ...without(inherited, IDENTITY),
    ...user === "unknown" ? [] : identityOf(user),
  ];
  return given.length === 0 ? [...own] : [...without(own, given.map(nameOf)), ...given];
}

/** An empty field has the meaning that passwd(5) gives it. */
function identityOf({ name, home, shell }: User): string[] {
  return [`HOME=${home || "/"}`, `USER=${name}`, `LOGNAME=${name}`, `SHELL=${shell || "/bin/sh"}`];
}

function without(words: readonly Bytes[], names: readonly (string | undefined)[]): Bytes[] {
  const taken = new Set(names);
  return words.filter((word) => !taken.has(nameOf(word)));
}

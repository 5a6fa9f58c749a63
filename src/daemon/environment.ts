// Pure: the environment of a daemon.
import { nameOf } from "../libc/processes/process_image.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { User } from "../libc/users/users.ts";

/** What a daemon's environment is made from. */
export interface EnvironmentParts {
  /** The caller's words `K=V`; undefined to start empty. */
  readonly inherited?: readonly Bytes[];
  /** The user that the daemon runs as, if requested; `unknown` without an entry in the user database. */
  readonly user?: User | "unknown";
  /** Words of the command line, which override the others. */
  readonly given: readonly Bytes[];
}

/** Variables that describe the process' user, environ(7). */
const IDENTITY = ["HOME", "USER", "LOGNAME", "SHELL"];

/**
 * A daemon's environment. With a user, the variables that describe it are that user's, as su(1) and systemd set them;
 * for an unknown user they are absent, rather than the caller's.
 */
export function daemonEnvironment({ inherited, user, given }: EnvironmentParts): Bytes[] {
  const own = inherited === undefined || user === undefined ? inherited ?? [] : [
    ...without(inherited, IDENTITY),
    ...user === "unknown" ? [] : identityOf(user),
  ];
  return given.length === 0 ? [...own] : [...without(own, given.map(nameOf)), ...given];
}

/** An empty field means what passwd(5) says. */
function identityOf({ name, home, shell }: User): string[] {
  return [`HOME=${home || "/"}`, `USER=${name}`, `LOGNAME=${name}`, `SHELL=${shell || "/bin/sh"}`];
}

function without(words: readonly Bytes[], names: readonly (string | undefined)[]): Bytes[] {
  const taken = new Set(names);
  return words.filter((word) => !taken.has(nameOf(word)));
}

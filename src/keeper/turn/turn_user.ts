import { findOwner } from "../../daemon/owner.ts";
import { ImpError } from "../../base/errors.ts";
import { libc } from "../../libc/calling/load.ts";
import type { Credentials } from "../../libc/users/credentials.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/** The uid of a daemon's program; imp's own by default, or if that user no longer exists. */
export function userOfKept({ user }: Pick<KeptSettings, "user">): number {
  const own = libc("geteuid").geteuid();
  if (user === undefined) return own;
  try {
    return findOwner(user).uid;
  } catch (error) {
    if (error instanceof ImpError) return own;
    throw error;
  }
}

/** Whose rights root uses to read a daemon's log; undefined: its own, also if that user no longer exists. */
export function readerOfKept({ user }: Pick<KeptSettings, "user">): Credentials | undefined {
  if (user === undefined || libc("geteuid").geteuid() !== 0) return undefined;
  try {
    return findOwner(user);
  } catch (error) {
    if (error instanceof ImpError) return undefined;
    throw error;
  }
}

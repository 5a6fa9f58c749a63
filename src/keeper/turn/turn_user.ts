import { findOwner } from "../../daemon/owner.ts";
import { ImpError } from "../../base/errors.ts";
import { libc } from "../../libc/calling/load.ts";
import type { Credentials } from "../../libc/users/credentials.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/** The uid that the program of a daemon runs as; imp's own where nothing else was asked for, or that user is gone. */
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

/** With whose rights root reads the log of a daemon; undefined: its own, also where that user is gone. */
export function readerOfKept({ user }: Pick<KeptSettings, "user">): Credentials | undefined {
  if (user === undefined || libc("geteuid").geteuid() !== 0) return undefined;
  try {
    return findOwner(user);
  } catch (error) {
    if (error instanceof ImpError) return undefined;
    throw error;
  }
}

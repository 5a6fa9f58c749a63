import { ownPid } from "../../libc/processes/process.ts";
import { Unreadable } from "../../procfs/read.ts";
import { type ProcStatus, readStatus } from "../../procfs/status.ts";
import type { KeptSettings } from "../records/kept_settings.ts";

/** What a daemon may not do because imp's caller may not; in sentences. Nothing can remove these restrictions. */
export function inheritedRestrictions(
  { noNewPrivileges, noChildren }: Pick<KeptSettings, "noNewPrivileges" | "noChildren">,
): string[] {
  // The same for all of the hundreds that one command starts.
  const { own, init } = caller ??= { own: readStatus(ownPid()), init: readStatus(1) };
  if (own instanceof Unreadable) return [];
  return restrictionSentences(
    own,
    init instanceof Unreadable ? undefined : init,
    noNewPrivileges || noChildren,
  );
}

let caller: Record<"own" | "init", ReturnType<typeof readStatus>> | undefined;

type Restrictions = Pick<ProcStatus, "noNewPrivs" | "seccomp">;

/**
 * Pure. @param init what applies to a whole container is not reported
 * @param asked it was requested
 */
export function restrictionSentences(
  own: Restrictions,
  init: Restrictions | undefined,
  asked = false,
): string[] {
  const notes: string[] = [];
  if (own.noNewPrivs && !init?.noNewPrivs && !asked) {
    notes.push("set-user-ID programs gain it nothing: no_new_privs is set for imp's caller");
  }
  if (own.seccomp !== "off" && init?.seccomp !== own.seccomp) {
    notes.push("some system calls are forbidden to it: imp's caller runs under a seccomp filter");
  }
  return notes;
}

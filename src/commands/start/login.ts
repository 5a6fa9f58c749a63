import { warnFitted } from "../../cli/fitted.ts";
import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import type { StartKeptOutcome } from "../../keeper/start/start_outcome.ts";

/** In the path of a control group: a login session, or a child of a user's own manager. */
const OF_LOGIN = /\/(?:session-[^/\n]+\.scope|user@\d+\.service)(?:\/|$)/m;

/** A note, printed once, about daemons started from within a login. */
export interface LoginNote {
  /** Called after the starts. */
  tell(outcomes: readonly StartKeptOutcome[]): void;
}

/**
 * Called before anything is started: leaves the login session, whose end would kill what is started in it.
 * @param command in messages
 */
export async function beforeStarts(
  report: "text" | "json" | "nothing",
  command = "imp start",
): Promise<LoginNote> {
  const nothing: LoginNote = { tell: () => {} };
  // The usual case.
  if (!OF_LOGIN.test(readTextOrNothing("/proc/self/cgroup") ?? "")) return nothing;
  const { leaveLogin } = await import("../../boot/login_scope.ts");
  const fate = await leaveLogin();
  if (fate.is === "safe" || report === "nothing") return nothing;
  return {
    tell: (outcomes) => {
      if (!outcomes.some(isBegun)) return;
      warnFitted(`${command}: note: it is killed at logout: ${fate.why}\n  ${fate.hint}`);
    },
  };
}

/** A new keeper was started for it. */
function isBegun(outcome: StartKeptOutcome): boolean {
  switch (outcome.is) {
    case "runs":
    case "begun":
    case "scheduled":
      return true;
    case "running already":
      return outcome.adopted;
    case "not started":
      return outcome.again === true;
    default:
      return false;
  }
}

// If logind ends everything at logout, imp start leaves the login it was started from, if it can.
import { type LogoutRules, readLogoutRules, type Unit, unitOf } from "../inspect/logind.ts";
import { libc } from "../libc/calling/load.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readMainCgroup } from "../procfs/cgroup.ts";
import { runtime } from "../runtime/mod.ts";

/** What happens at logout to what is started here. */
export type LoginFate =
  | { readonly is: "safe" }
  /** It is killed with the login, but would not be outside it. */
  | { readonly is: "to be moved" }
  /** @field why without full stop @field hint what helps */
  | { readonly is: "killed"; readonly why: string; readonly hint: string };

const ENABLE = "loginctl enable-linger";
const PAUSE_MS = 20, PATIENCE_MS = 3000;
const SERVICE = ["org.freedesktop.systemd1", "/org/freedesktop/systemd1"];

/** Pure. If it cannot be found out, nothing is claimed. */
export function judgeLogin(
  unit: Unit | undefined,
  { systemd, kills, lingers }: LogoutRules,
  uid: number,
): LoginFate {
  if (!systemd || !unit || unit.of === "system") return { is: "safe" };
  const cannotStay = uid !== 0 && !lingers;
  if (unit.of === "user") {
    return cannotStay
      ? {
        is: "killed",
        why: "it runs below this user's service manager, which ends after the last logout",
        hint: ENABLE,
      }
      : { is: "safe" };
  }
  if (!kills) return { is: "safe" };
  // Outside the login there is only that manager.
  return cannotStay
    ? {
      is: "killed",
      why: "KillUserProcesses is on, and this user does not linger",
      hint: `${ENABLE}; then imp start leaves the login`,
    }
    : { is: "to be moved" };
}

/**
 * If processes of this login are killed at logout and it helps, moves imp, and so everything it starts later, out of it
 * into a systemd scope of its own.
 */
export async function leaveLogin(): Promise<Exclude<LoginFate, { is: "to be moved" }>> {
  const uid = libc("geteuid").geteuid();
  const fate = judgeLogin(unitOf(readMainCgroup("self") ?? null), readLogoutRules(uid), uid);
  if (fate.is !== "to be moved") return fate;
  const why = await moveIntoScope(uid);
  if (why === undefined) return { is: "safe" };
  return {
    is: "killed",
    why: `KillUserProcesses is on, and imp could not leave the login (${why})`,
    hint: `systemd-run ${uid === 0 ? "" : "--user "}--scope imp start … leaves it`,
  };
}

/** Pure: the call that makes a scope for a process. @param bus the file of busctl(1) */
export function scopeCall(bus: string, uid: number, pid: number, id: string): string[] {
  return [
    ...[bus, ...uid === 0 ? [] : ["--user"], "--quiet", "call", ...SERVICE],
    ...["org.freedesktop.systemd1.Manager", "StartTransientUnit", "ssa(sv)a(sa(sv))"],
    ...[`imp-${id}.scope`, "fail", "4"],
    ...["Description", "s", "Daemons that imp keeps, started from a login"],
    ...["PIDs", "au", "1", String(pid)],
    // Each daemon gets a group of its own below it.
    ...["Delegate", "b", "true", "CollectMode", "s", "inactive-or-failed", "0"],
  ];
}

/** @returns why it was not possible */
async function moveIntoScope(uid: number): Promise<string | undefined> {
  const directory = `/run/user/${uid}`;
  const env = uid === 0 || runtime.env("XDG_RUNTIME_DIR") || typeof statPath(directory) === "string"
    ? undefined
    : { ...runtime.environment(), XDG_RUNTIME_DIR: directory };
  const id = `${ownPid()}-${crypto.randomUUID().slice(0, 8)}`;
  try {
    const words = scopeCall("busctl", uid, ownPid(), id);
    const { code, stderr } = await runtime.command(words, { env });
    if (code !== 0) return new TextDecoder().decode(stderr).trim().split("\n")[0];
  } catch {
    return "busctl cannot be executed";
  }
  // The call returns once the job is queued.
  const deadline = runtime.now() + PATIENCE_MS;
  while (unitOf(readMainCgroup("self") ?? null)?.of === "login") {
    if (runtime.now() > deadline) return "systemd took too long";
    await runtime.sleep(PAUSE_MS);
  }
  return undefined;
}

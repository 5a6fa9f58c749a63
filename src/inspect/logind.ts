import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { listDirectory, statPath } from "../libc/descriptors/stat.ts";
import { userById } from "../libc/users/users.ts";

/** What systemd-logind does to a user's processes when the user logs out. */
export interface LogoutRules {
  /** systemd runs this machine. */
  readonly systemd: boolean;
  /** KillUserProcesses of logind.conf(5), with its lists of users taken into account; undefined: unknown. */
  readonly kills?: boolean;
  /** The user's services go on without a login: loginctl enable-linger. */
  readonly lingers: boolean;
}

/** Where a process belongs in systemd's tree of units. */
export type Unit =
  /** A login's: ended with it if KillUserProcesses is on. */
  | { readonly of: "login"; readonly name: string }
  /** The user's own service manager's: ended after the user's last logout, unless the user lingers. */
  | { readonly of: "user"; readonly name: string }
  /** The system's. */
  | { readonly of: "system"; readonly name: string };

/** In this order; a later one wins. */
const MAIN = [
  "/usr/lib/systemd/logind.conf",
  "/usr/local/lib/systemd/logind.conf",
  "/run/systemd/logind.conf",
  "/etc/systemd/logind.conf",
];

export function readLogoutRules(uid: number): LogoutRules {
  // sd_booted(3)
  if (typeof statPath("/run/systemd/system") === "string") {
    return { systemd: false, lingers: false };
  }
  const name = userById(uid)?.name ?? String(uid);
  const texts = configurationFiles().map((path) => readTextOrNothing(path) ?? "");
  return {
    systemd: true,
    ...killsOf(texts, name),
    lingers: typeof statPath(`/var/lib/systemd/linger/${name}`) !== "string",
  };
}

/** Drop-ins come after the main file, sorted by name wherever they lie; of equal names the one in /etc counts. */
function configurationFiles(): string[] {
  const main = MAIN.filter((path) => typeof statPath(path) !== "string").slice(-1);
  const byName = new Map<string, string>();
  for (const directory of MAIN.map((path) => `${path}.d`)) {
    const names = listDirectory(directory);
    if (typeof names === "string") continue;
    for (const name of names) {
      if (name.endsWith(".conf")) byName.set(name, `${directory}/${name}`);
    }
  }
  const dropIns = [...byName].sort(([a], [b]) => a < b ? -1 : 1).map(([, path]) => path);
  return [...main, ...dropIns];
}

/**
 * Whether the user's processes are killed at logout, according to the texts of the configuration files in order. The
 * lists of users come first: KillExcludeUsers (by default it contains root), then KillOnlyUsers, which alone decides if
 * it is set; logind.conf(5).
 *
 * The file shipped by distributions shows their defaults as comments (`#KillUserProcesses=no`); these differ: the
 * developers' own default is yes, Debian's and Fedora's is no.
 */
export function killsOf(texts: readonly string[], user: string): { kills?: boolean } {
  let shipped: boolean | undefined;
  let set: boolean | undefined;
  let only: string[] = [];
  let excluded: string[] | undefined;
  for (const { comment, key, value } of texts.flatMap(assignments)) {
    const yes = key === "KillUserProcesses" ? booleanOf(value) : undefined;
    if (comment) shipped = yes ?? shipped;
    else if (key === "KillOnlyUsers") only = extended(only, value);
    else if (key === "KillExcludeUsers") excluded = extended(excluded, value);
    else set = yes ?? set;
  }
  if ((excluded ?? ["root"]).includes(user)) return { kills: false };
  if (only.length > 0) return { kills: only.includes(user) };
  const kills = set ?? shipped;
  return kills === undefined ? {} : { kills };
}

function assignments(text: string): { comment: boolean; key: string; value: string }[] {
  const lines = text.matchAll(/^[ \t]*([#;]?)[ \t]*(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$/gm);
  return [...lines].map(([, mark, key, value]) => ({ comment: mark !== "", key, value }));
}

/** As systemd reads one; anything else is ignored. */
function booleanOf(text: string): boolean | undefined {
  if (/^(1|yes|y|true|t|on)$/i.test(text)) return true;
  return /^(0|no|n|false|f|off)$/i.test(text) ? false : undefined;
}

/** A further line adds to a list, an empty one resets it; systemd.syntax(7). */
function extended(list: readonly string[] = [], value: string): string[] {
  return value === "" ? [] : [...list, ...value.split(/\s+/)];
}

/** The unit in a cgroup's path: the last but for what a unit makes below itself. */
export function unitOf(cgroup: string | null): Unit | undefined {
  if (cgroup === null) return undefined;
  const login = /\/(session-[^/]+\.scope)(\/|$)/.exec(cgroup);
  if (login) return { of: "login", name: login[1] };
  const units = cgroup.split("/").filter((part) => /\.(service|scope)$/.test(part));
  if (units.length === 0) return undefined;
  const manager = units.findIndex((part) => /^user@\d+\.service$/.test(part));
  const name = units[units.length - 1];
  return { of: manager < 0 ? "system" : "user", name };
}

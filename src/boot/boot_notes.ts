// What prevents daemons from being started at boot, or from outliving what started them.
import { type LogoutRules, readLogoutRules } from "../inspect/logind.ts";
import { type Mount, readMounts } from "../procfs/cgroup.ts";
import { listPids } from "../procfs/processes.ts";
import { readStat } from "../procfs/stat.ts";
import { runtime } from "../runtime/mod.ts";
import { SUBGROUPS_SINCE } from "./boot_unit.ts";
import type { BootKind, BootPlace } from "./boot_place.ts";

export interface BootNote {
  /** Its name for programs. */
  readonly note: "linger" | "logout" | "ci" | "no-systemd" | "no-cron" | "volatile" | "limits";
  /** Without full stop. */
  readonly sentence: string;
}

export interface BootFacts {
  readonly kind: BootKind;
  readonly uid: number;
  readonly systemd: boolean;
  readonly home: string;
  /** The file of imp. */
  readonly imp: string;
  readonly logout: LogoutRules;
  /** The variable that reveals a continuous integration step. */
  readonly ci?: string;
  /** Whether a process named like a cron daemon runs. */
  readonly cronRuns: boolean;
  readonly mounts: readonly Mount[];
  /** systemd's. */
  readonly version?: number;
  /** Daemons with control group limits. */
  readonly limited: readonly string[];
}

/** Those of common services, the most telling first. */
const CI_VARIABLES = [
  ...["GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "CIRCLECI", "TRAVIS", "BUILDKITE", "TF_BUILD"],
  ...["TEAMCITY_VERSION", "CI"],
];
/** Debian's and cronie's, and those of busybox, dcron and fcron. */
const CRON_NAMES = ["cron", "crond", "fcron"];
/** File systems that are empty after a boot. */
const VOLATILE = ["tmpfs", "ramfs"];

/** @param limited daemons with control group limits */
export function readBootFacts(
  place: BootPlace,
  kind: BootKind,
  limited: readonly string[],
): BootFacts {
  return {
    kind,
    uid: place.uid,
    systemd: place.systemd,
    home: place.home,
    imp: place.imp[0],
    logout: readLogoutRules(place.uid),
    ci: ciVariable((name) => runtime.env(name)),
    cronRuns: kind === "crontab" && isCronRunning(),
    mounts: readMounts(),
    version: place.version,
    limited,
  };
}

/** Pure: the variable that reveals a continuous integration step. */
export function ciVariable(env: (name: string) => string | undefined): string | undefined {
  return CI_VARIABLES.find((name) => ![undefined, "", "0", "false"].includes(env(name)));
}

/** Pure. */
export function judgeBoot(facts: BootFacts): BootNote[] {
  const { kind, uid, systemd, logout, ci, cronRuns, mounts, home, imp, version, limited } = facts;
  const notes: BootNote[] = [];
  const note = (name: BootNote["note"], sentence: string) => notes.push({ note: name, sentence });
  if (kind === "systemd" && uid !== 0 && !logout.lingers) {
    note(
      "linger",
      "this user does not linger: the unit starts with the first login, not at boot, and what it has started is killed after the " +
        "last logout; 'loginctl enable-linger' changes both",
    );
  }
  if (kind === "systemd" && !systemd) {
    note("no-systemd", "systemd is not running here: nothing will start the unit");
  }
  if (kind === "crontab" && !cronRuns) {
    note("no-cron", "no cron daemon is running here: nothing will read the crontab");
  }
  if (logout.kills && kind === "crontab") {
    note(
      "logout",
      "KillUserProcesses is on for this user: processes in a login session, which cron may open, are killed when it ends; --kind systemd uses none",
    );
  }
  if (ci !== undefined) {
    note(
      "ci",
      `$${ci} is set, as in continuous integration: such a machine, with everything that runs on it, usually ends with the job`,
    );
  }
  const isOld = kind === "systemd" && version !== undefined && version < SUBGROUPS_SINCE;
  if (limited.length > 0 && (isOld || (kind === "crontab" && systemd))) {
    note(
      "limits",
      `${
        limited.join(", ")
      }: limits need a control group that is delegated to imp, and this start at boot has none: ${
        isOld
          ? `systemd ${version} puts imp into that group itself, 254 does not`
          : "cron gets none"
      }; they will not be started`,
    );
  }
  for (const [what, path] of [["the records are", home], ["imp is", imp]] as const) {
    const type = fileSystemOf(mounts, path);
    if (type !== undefined && VOLATILE.includes(type)) {
      note("volatile", `${what} in ${path}, on a ${type}, which is empty after a boot`);
    }
  }
  return notes;
}

/** Pure: the type of the mount that contains the path; undefined if unknown. */
function fileSystemOf(mounts: readonly Mount[], path: string): string | undefined {
  const around = mounts.filter(({ point }) =>
    point === "/" || path === point || path.startsWith(`${point}/`)
  );
  const depth = Math.max(...around.map(({ point }) => point.length));
  // The last one at a point covers the others.
  return around.findLast(({ point }) => point.length === depth)?.type;
}

function isCronRunning(): boolean {
  return listPids().some((pid) => CRON_NAMES.includes(readStat(pid)?.comm ?? ""));
}

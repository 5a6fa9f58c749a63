// Pure: the unit by which systemd starts kept daemons.
import { execLine, listWord, wholeValue } from "./unit_text.ts";

/** Marks imp's own files: a file that does not begin with it is somebody else's. */
export const MARK =
  "# Written by imp boot --install, which rewrites it; imp boot --remove removes it.";

export interface BootUnit {
  /** The words that start imp. */
  readonly imp: readonly string[];
  /** Variables for it, `K=V`: where its records are. */
  readonly environment: readonly string[];
  /** The directory of the records. */
  readonly home: string;
  /** The system's manager, or a user's own. */
  readonly of: "system" | "user";
  /** systemd's; undefined: unknown, and newer settings are left out. */
  readonly version?: number;
}

/** The first systemd with DelegateSubgroup=. */
export const SUBGROUPS_SINCE = 254;

/**
 * A oneshot service that stays active. Stopping it, which a restart at an upgrade does too, is left to `imp boot
 * --shutdown`, which ends daemons only if the machine, or the user's manager, is going down; KillMode=process makes
 * systemd leave the rest alone.
 */
export function bootUnitText({ imp, environment, home, of, version }: BootUnit): string {
  const system = of === "system";
  const mounts = wholeValue(home);
  return [
    MARK,
    "[Unit]",
    "Description=Daemons that imp keeps",
    ...system ? ["Wants=network-online.target", "After=network-online.target"] : [],
    ...mounts === undefined ? [] : [`RequiresMountsFor=${listWord(home)}`],
    "",
    "[Service]",
    "Type=oneshot",
    "RemainAfterExit=yes",
    ...environment.map((word) => `Environment=${listWord(word)}`),
    `ExecStart=${execLine([...imp, "boot", "--run"])}`,
    "# A daemon that cannot be started is reported, and does not make this unit fail.",
    "SuccessExitStatus=1",
    "# Stops daemons where the machine is going down, and else, at a restart, none.",
    `ExecStop=${execLine([...imp, "boot", "--shutdown"])}`,
    "KillMode=process",
    "TimeoutStopSec=5min",
    "# Each daemon gets a control group of its own below this one.",
    "Delegate=yes",
    ...(version ?? 0) >= SUBGROUPS_SINCE ? ["DelegateSubgroup=keepers"] : [],
    "OOMPolicy=continue",
    "TasksMax=infinity",
    "",
    "[Install]",
    `WantedBy=${system ? "multi-user.target" : "default.target"}`,
    "",
  ].join("\n");
}

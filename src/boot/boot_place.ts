// What this machine has for starting things at boot.
import { ImpError, UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { keeperHome } from "../keeper/home.ts";
import { libc } from "../libc/calling/load.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { callersVariable, rawEnvironment } from "../libc/processes/process_image.ts";
import { findProgram } from "../libc/processes/program_file.ts";
import { runtime } from "../runtime/mod.ts";

/** How daemons are started at boot. */
export type BootKind = "systemd" | "crontab";

export interface BootPlace {
  readonly uid: number;
  /** systemd runs this machine: sd_booted(3). */
  readonly systemd: boolean;
  /** The files of the needed programs, if installed. */
  readonly systemctl?: string;
  readonly crontab?: string;
  /** systemd's. */
  readonly version?: number;
  /** The words that start imp. */
  readonly imp: readonly string[];
  /** The directory of the records. */
  readonly home: string;
  /** Variables, `K=V`, that a start at boot needs to find the records. */
  readonly environment: readonly string[];
  /** Where this user's units are. */
  readonly unitDirectory: string;
}

/** The directory that sd_booted(3) checks for. */
const BOOTED = "/run/systemd/system";
const SYSTEM_UNITS = "/etc/systemd/system";
export const BOOT_UNIT = "imp.service";

/** Looks at the machine. @throws ImpError if there is no home for records */
export async function readBootPlace(): Promise<BootPlace> {
  const uid = libc("geteuid").geteuid();
  const home = keeperHome();
  const systemctl = installed("systemctl");
  return {
    uid,
    systemd: typeof statPath(BOOTED, false) !== "string",
    systemctl,
    crontab: installed("crontab"),
    version: systemctl === undefined ? undefined : await versionOf(systemctl),
    imp: runtime.selfCommand(),
    home,
    environment: isHomeGiven() ? [`IMP_HOME=${home}`] : [],
    unitDirectory: uid === 0 ? SYSTEM_UNITS : userUnits(),
  };
}

/** Pure: the requested kind, else the one that this machine has. @throws ImpError if it has none */
export function chooseBootKind(
  { systemd, crontab }: Pick<BootPlace, "systemd" | "crontab">,
  asked: BootKind | undefined,
): BootKind {
  if (asked !== undefined) return asked;
  if (systemd) return "systemd";
  if (crontab !== undefined) return "crontab";
  throw new ImpError({
    action: "find",
    object: "anything that starts daemons at boot",
    why: "systemd is not running here, and crontab(1) is not installed",
    hint:
      "run 'imp boot --run' from whatever starts first; in a container: imp init -- sh -c 'imp boot --run; exec PROGRAM'",
    exit: EXIT.no,
  });
}

/** Parses the value of --kind. @throws UsageError */
export function parseBootKind(text: string | undefined): BootKind | undefined {
  if (text === undefined || text === "systemd" || text === "crontab") return text;
  throw new UsageError(`'${text}' is not a kind of boot`, "write systemd or crontab");
}

export function unitPath({ unitDirectory }: Pick<BootPlace, "unitDirectory">): string {
  return `${unitDirectory}/${BOOT_UNIT}`;
}

/** The systemctl command for the right manager. */
export function systemctlWords(
  { systemctl = "systemctl", uid }: Pick<BootPlace, "systemctl" | "uid">,
  ...words: readonly string[]
): string[] {
  return [systemctl, ...uid === 0 ? [] : ["--user"], ...words];
}

/** After su or in cron this variable is unset, and systemctl --user does not find the manager. */
export function environmentForSystemctl(
  { uid }: Pick<BootPlace, "uid">,
): Record<string, string> | undefined {
  const directory = `/run/user/${uid}`;
  if (uid === 0 || runtime.env("XDG_RUNTIME_DIR") || typeof statPath(directory) === "string") {
    return undefined;
  }
  return { ...runtime.environment(), XDG_RUNTIME_DIR: directory };
}

/** Whether the records are elsewhere than a process without the caller's variables would look. */
function isHomeGiven(): boolean {
  if (callersVariable("IMP_HOME")?.startsWith("/")) return true;
  return libc("geteuid").geteuid() !== 0 &&
    (callersVariable("XDG_STATE_HOME")?.startsWith("/") ?? false);
}

function userUnits(): string {
  const config = callersVariable("XDG_CONFIG_HOME");
  if (config?.startsWith("/")) return `${config}/systemd/user`;
  const home = callersVariable("HOME");
  if (home?.startsWith("/")) return `${home}/.config/systemd/user`;
  throw new ImpError({
    action: "find",
    object: "a directory for units",
    why: "neither XDG_CONFIG_HOME nor HOME is set",
    exit: EXIT.failed,
  });
}

function installed(program: string): string | undefined {
  try {
    return findProgram(program, rawEnvironment(), "/");
  } catch (error) {
    if (error instanceof ImpError) return undefined;
    throw error;
  }
}

async function versionOf(systemctl: string): Promise<number | undefined> {
  const { stdout } = await runtime.command([systemctl, "--version"]);
  const match = /^systemd (\d+)/.exec(new TextDecoder().decode(stdout));
  return match ? Number(match[1]) : undefined;
}

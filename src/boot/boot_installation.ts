// What is installed to start daemons at boot, and what would be: examining, installing, removing.
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { statPath } from "../libc/descriptors/stat.ts";
import { runtime } from "../runtime/mod.ts";
import { bootLineOf, crontabLine, withBootLine, withoutBootLine } from "./boot_crontab.ts";
import {
  BOOT_UNIT,
  type BootKind,
  type BootPlace,
  environmentForSystemctl,
  systemctlWords,
  unitPath,
} from "./boot_place.ts";
import { bootUnitText } from "./boot_unit.ts";
import { readUnitFile, removeUnitFile, writeUnitFile } from "./boot_unit_file.ts";
import { readCrontab, writeCrontab } from "./crontab_program.ts";

/** One step of installing or removing it. */
export type BootStep =
  | { readonly do: "write"; readonly path: string; readonly text: string }
  | { readonly do: "remove"; readonly path: string }
  | { readonly do: "run"; readonly words: readonly string[] }
  /** @field line the line added to the crontab, or removed from it */
  | { readonly do: "add line" | "take out line"; readonly line: string };

export type Installed =
  | "none"
  /** As this imp writes it. */
  | "current"
  /** Written by another imp, for another place, or changed since. */
  | "outdated"
  /** The file exists but is not enabled for boot. */
  | "not enabled"
  /** Belongs to somebody else. */
  | "foreign";

export interface Installation {
  readonly kind: BootKind;
  readonly installed: Installed;
  /** If foreign: to whom, in words. */
  readonly why?: string;
  /** In the order to be done; none if it is current. */
  readonly steps: readonly BootStep[];
}

/** What is installed of a kind, and what installing would do. @throws ImpError */
export async function lookAtInstallation(place: BootPlace, kind: BootKind): Promise<Installation> {
  return kind === "systemd" ? lookAtUnit(place) : await lookAtCrontab(place);
}

/**
 * @returns what was done; nothing if it is current. @throws ImpError: completed steps stay, and are redone next time
 */
export async function installBoot(place: BootPlace, kind: BootKind): Promise<readonly BootStep[]> {
  const { installed, why, steps } = await lookAtInstallation(place, kind);
  if (installed === "foreign") throw notOurs(place, "write", why);
  for (const step of steps) await take(place, step);
  return steps;
}

/** @returns what was done; nothing if nothing was installed. @throws ImpError */
export async function removeBoot(place: BootPlace, kind: BootKind): Promise<readonly BootStep[]> {
  const { installed, why } = await lookAtInstallation(place, kind);
  if (installed === "foreign") throw notOurs(place, "remove", why);
  if (installed === "none") return [];
  const steps = await removal(place, kind);
  for (const step of steps) await take(place, step);
  return steps;
}

function notOurs(place: BootPlace, action: string, why?: string): ImpError {
  const hint = "inspect it, and move it away if it is not needed";
  return new ImpError({ action, object: unitPath(place), why, hint, exit: EXIT.no });
}

function lookAtUnit(place: BootPlace): Installation {
  const path = unitPath(place);
  const text = unitTextFor(place);
  const file = readUnitFile(path);
  const kind = "systemd";
  if (file.is === "foreign") return { kind, installed: "foreign", why: file.why, steps: [] };
  const steps: BootStep[] = [
    { do: "write", path, text },
    // Without a running manager, systemctl only writes the links.
    ...place.systemd ? [run(place, "daemon-reload")] : [],
    run(place, "enable", ...place.systemd ? ["--now"] : [], BOOT_UNIT),
  ];
  if (file.is === "none") return { kind, installed: "none", steps };
  if (file.text !== text) return { kind, installed: "outdated", steps };
  if (!isEnabled(place)) return { kind, installed: "not enabled", steps: steps.slice(1) };
  return { kind, installed: "current", steps: [] };
}

async function lookAtCrontab(place: BootPlace): Promise<Installation> {
  const kind = "crontab";
  const line = bootLine(place);
  const there = bootLineOf(await readCrontab(crontabProgram(place)));
  const steps: BootStep[] = [{ do: "add line", line }];
  if (there === line) return { kind, installed: "current", steps: [] };
  return { kind, installed: there === undefined ? "none" : "outdated", steps };
}

async function removal(place: BootPlace, kind: BootKind): Promise<BootStep[]> {
  if (kind === "systemd") {
    return [
      // Stopping the unit leaves the daemons running.
      run(place, "disable", ...place.systemd ? ["--now"] : [], BOOT_UNIT),
      { do: "remove", path: unitPath(place) },
      ...place.systemd ? [run(place, "daemon-reload")] : [],
    ];
  }
  const line = bootLineOf(await readCrontab(crontabProgram(place)));
  return [{ do: "take out line", line: line ?? "" }];
}

function unitTextFor({ imp, environment, home, uid, version }: BootPlace): string {
  return bootUnitText({
    ...{ imp, environment, home, version },
    of: uid === 0 ? "system" : "user",
  });
}

function run(place: BootPlace, ...words: readonly string[]): BootStep {
  return { do: "run", words: systemctlWords(place, ...words) };
}

/** Judged by systemctl's link, which also works without a manager. */
function isEnabled({ unitDirectory, uid }: BootPlace): boolean {
  const target = uid === 0 ? "multi-user.target" : "default.target";
  return typeof statPath(`${unitDirectory}/${target}.wants/${BOOT_UNIT}`, false) !== "string";
}

function bootLine({ imp, environment }: BootPlace): string {
  try {
    return crontabLine(imp, environment);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const why = "the path of imp, or of its records, has a line break";
    throw new ImpError({ action: "write", object: "the crontab", why, exit: EXIT.failed });
  }
}

function crontabProgram({ crontab }: BootPlace): string {
  if (crontab !== undefined) return crontab;
  throw new ImpError({
    action: "use",
    object: "a crontab",
    why: "crontab(1) is not installed",
    exit: EXIT.no,
  });
}

async function take(place: BootPlace, step: BootStep): Promise<void> {
  switch (step.do) {
    case "write":
      writeUnitFile(step.path, step.text);
      return;
    case "remove":
      removeUnitFile(step.path);
      return;
    case "run":
      return await runSystemctl(place, step.words);
    case "add line":
    case "take out line": {
      const program = crontabProgram(place);
      // Read as late as possible: a crontab cannot be locked.
      const before = await readCrontab(program);
      const after = step.do === "add line"
        ? withBootLine(before, step.line)
        : withoutBootLine(before);
      return await writeCrontab(program, after);
    }
  }
}

async function runSystemctl(place: BootPlace, words: readonly string[]): Promise<void> {
  const why = (text: string, hint?: string) =>
    new ImpError({ action: "run", object: words.join(" "), why: text, hint, exit: EXIT.failed });
  if (place.systemctl === undefined) throw why("systemctl is not installed");
  const { code, stderr } = await runtime.command(words, { env: environmentForSystemctl(place) });
  if (code === 0) return;
  const said = new TextDecoder().decode(stderr).trim().split("\n").slice(-3).join("; ");
  throw why(
    said || `it exited with ${code}`,
    place.uid !== 0 && /bus|XDG_RUNTIME_DIR/i.test(said)
      ? "this user's service manager is not running: 'loginctl enable-linger' starts it and keeps it running"
      : undefined,
  );
}

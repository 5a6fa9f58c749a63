// Pure: what must be done so that what runs is what a file says.
import type { ObservedPhase } from "../keeper/observe/observed.ts";
import { baseOf } from "../keeper/selection.ts";
import type { KeptSettings } from "../keeper/records/kept_settings.ts";
import { type SettingDifference, settingDifferences } from "../keeper/start/settings_difference.ts";

/** A daemon as it should be. Each instance is one. */
export interface DesiredDaemon {
  readonly name: string;
  readonly settings: KeptSettings;
  /** Undefined: as its owner has set it elsewhere. */
  readonly atBoot?: boolean;
  /** It should run: its profile was requested, and its name if any were given. */
  readonly selected: boolean;
}

/** A daemon as it is. */
export interface PresentDaemon {
  readonly name: string;
  /** Undefined: they cannot be read. */
  readonly settings?: KeptSettings;
  readonly phase: ObservedPhase;
  /** Its main process exists. */
  readonly runs: boolean;
  readonly kept: boolean;
  /** Its keeper or guard was killed, and it gets another one at the next start of its program. */
  readonly single?: boolean;
  /** A command wants it stopped. */
  readonly toStop: boolean;
  /** What its owner has set for boot. */
  readonly atBoot?: boolean;
  /** Its records were written before this boot. */
  readonly rebooted: boolean;
}

export type PlanStep =
  /**
   * @field because how it differs from the records, if there are any
   * @field atBoot whether it is started at boot, if the file says so
   */
  | {
    readonly does: "start" | "restart";
    readonly name: string;
    readonly settings: KeptSettings;
    readonly because: readonly SettingDifference[];
    readonly atBoot?: boolean;
  }
  /**
   * @field record only the recorded dependencies differ from the file
   * @field atBoot what the file says about boot, if that differs
   * @field single it has only one keeper
   */
  | {
    readonly does: "stay";
    readonly name: string;
    readonly settings: KeptSettings;
    readonly ended: boolean;
    readonly single?: boolean;
    readonly record: boolean;
    readonly atBoot?: boolean;
  }
  /** Of this file, which does not ask for it now. */
  | { readonly does: "stop"; readonly name: string; readonly depends: readonly string[] }
  /** No longer in this file. */
  | { readonly does: "remove"; readonly name: string; readonly depends: readonly string[] }
  /** @field owner the file that it belongs to; undefined: it was started by hand, or nothing is known about it */
  | {
    readonly does: "refuse";
    readonly name: string;
    readonly owner?: string;
    readonly unreadable: boolean;
  };

export interface PlanInput {
  /** The file, as records name it. */
  readonly file: string;
  readonly desired: readonly DesiredDaemon[];
  /** All daemons that are known. */
  readonly present: readonly PresentDaemon[];
  /** Ends what the file does not ask for; not if only some of its daemons were named. */
  readonly prune: boolean;
}

/** First what is to end, then the others in the order of the file. */
export function planUp({ file, desired, present, prune }: PlanInput): PlanStep[] {
  const known = new Map(present.map((one) => [one.name, one]));
  const wanted = new Map(desired.map((one) => [one.name, one]));
  const others = othersOf(file, present);
  const ending = !prune ? [] : present.flatMap((one): PlanStep[] => {
    const { name, settings } = one;
    if (settings?.project?.file !== file) return [];
    const { depends } = settings.project;
    const target = wanted.get(name);
    if (!target) return [{ does: "remove", name, depends }];
    return target.selected || !isUp(one) ? [] : [{ does: "stop", name, depends }];
  });
  const starting = desired.filter(({ selected }) => selected)
    .map((one) => stepFor(file, one, known.get(one.name) ?? others(one.name)));
  return [...ending, ...starting];
}

function stepFor(
  file: string,
  { name, settings, atBoot }: DesiredDaemon,
  present: PresentDaemon | undefined,
): PlanStep {
  const boot = atBoot === undefined || atBoot === present?.atBoot ? {} : { atBoot };
  if (!present) return { does: "start", name, settings, because: [], ...boot };
  const before = present.settings;
  const owner = before?.project?.file;
  if (owner !== file) return { does: "refuse", name, owner, unreadable: before === undefined };
  const because = settingDifferences(before!, settings);
  if (because.length > 0) {
    return { does: isUp(present) ? "restart" : "start", name, settings, because, ...boot };
  }
  const ended = hasEnded(present);
  if (!ended && !isAsItShould(present)) return { does: "start", name, settings, because, ...boot };
  const record = String(before?.project?.depends) !== String(settings.project?.depends);
  const single = present.single ? { single: true } : {};
  return { does: "stay", name, settings, ended, record, ...single, ...boot };
}

/** A name is that of one daemon, or of several instances: other daemons may use it the other way. */
function othersOf(
  file: string,
  present: readonly PresentDaemon[],
): (name: string) => PresentDaemon | undefined {
  const foreign = present.filter(({ settings }) => settings?.project?.file !== file);
  return (name) =>
    foreign.find((one) =>
      baseOf(one.name) === baseOf(name) && one.name.includes("@") !== name.includes("@")
    );
}

/** Nothing needs to be done for it. */
function isAsItShould({ phase, runs, kept, toStop }: PresentDaemon): boolean {
  if (toStop || !kept) return false;
  return ["scheduled", "listening", "watching", "pending"].includes(phase) ||
    phase === "running" && runs;
}

/** It was meant to run once, and has. After a boot it should run again. */
function hasEnded({ phase, toStop, rebooted }: PresentDaemon): boolean {
  return phase === "finished" && !toStop && !rebooted;
}

/** Some process of it exists, or would start by itself. */
function isUp({ phase, runs, kept }: PresentDaemon): boolean {
  return runs || kept || phase === "lost";
}

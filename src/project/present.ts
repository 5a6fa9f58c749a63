import { bootId } from "../procfs/boot.ts";
import { keptPlace } from "../keeper/home.ts";
import { keptNames } from "../keeper/kept_names.ts";
import { observeKept } from "../keeper/observe/observe.ts";
import { keepingOf } from "../keeper/observe/words.ts";
import type { ObservedDaemon } from "../keeper/observe/observed.ts";
import { baseOf } from "../keeper/selection.ts";
import { readSettingsRecord } from "../keeper/records/reading.ts";
import { FirstSearch } from "../keeper/waiter/find_waiters.ts";
import type { PresentDaemon } from "./plan.ts";

/**
 * Looks at the daemons that belong to a file, and at those with some names, whoever owns them.
 * @param names as the file has them, one for each instance; others that differ only in number are included
 */
export function lookAtPresent(
  home: string,
  file: string,
  names: ReadonlySet<string>,
): PresentDaemon[] {
  const boot = bootId();
  const first = new FirstSearch();
  const bases = new Set([...names].map(baseOf));
  return keptNames(home).flatMap((name) => {
    const place = keptPlace(home, name);
    if (!bases.has(baseOf(name))) {
      const settings = readSettingsRecord(place.directory);
      if (settings.is !== "read" || settings.value.project?.file !== file) return [];
    }
    const observed = observeKept(place, boot, () => first.of(place));
    return isKnown(observed) ? [presentOf(observed)] : [];
  });
}

/** Killed before it had written anything, it does not count. */
function isKnown({ exists, settings, acting, troubles }: ObservedDaemon): boolean {
  return exists && (settings !== undefined || acting !== undefined ||
    troubles.some(({ is, record }) => record === "settings" && is !== "missing"));
}

function presentOf(observed: ObservedDaemon): PresentDaemon {
  const { name, settings, phase, program, acting, intent, rebooted } = observed;
  return {
    ...{ name, settings, phase, rebooted },
    runs: program !== undefined,
    kept: acting !== undefined,
    single: keepingOf(observed) === "single",
    toStop: intent?.wanted === "stop",
    ...intent?.atBoot === undefined ? {} : { atBoot: intent.atBoot },
  };
}

import { EXIT } from "../../base/exit_codes.ts";
import { installBoot, lookAtInstallation, removeBoot } from "../../boot/boot_installation.ts";
import { judgeBoot, readBootFacts } from "../../boot/boot_notes.ts";
import {
  type BootKind,
  type BootPlace,
  chooseBootKind,
  readBootPlace,
} from "../../boot/boot_place.ts";
import { warnFitted } from "../../cli/fitted.ts";
import { print, printJson, styleFor } from "../../cli/output.ts";
import { startsAtNextBoot } from "../../keeper/boot/boot_decision.ts";
import { keptPlace, refuseOthersHome } from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { readSettingsRecord } from "../../keeper/records/reading.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import { bootJson, bootView, doneText, type NextBoot, noteLine } from "./view.ts";
import type { BootRequest } from "./request.ts";

/** `imp boot`, `imp boot --install` and `--remove`. */
export async function showOrInstall(
  { action, kind: asked, display }: BootRequest,
): Promise<number> {
  const { json, quiet, color } = display;
  const place = await readBootPlace();
  refuseOthersHome(place.home);
  if (action === "remove") {
    const steps = await removeAll(place, asked);
    if (json) printJson({ result: "removed", steps });
    else if (!quiet) print(doneText(steps, "nothing is installed"));
    return EXIT.done;
  }
  const kind = chooseBootKind(place, asked);
  const notes = judgeBoot(readBootFacts(place, kind, limitedDaemons(place)));
  if (action === "install") {
    const steps = await installBoot(place, kind);
    if (json) printJson({ result: "installed", kind, steps, notes });
    else if (!quiet) print(doneText(steps, "it is installed already"));
    if (!json) { for (const { sentence } of notes) warnFitted(`imp boot: ${noteLine(sentence)}`); }
    return EXIT.done;
  }
  const installation = await lookAtInstallation(place, kind);
  const next = nextBoots(place);
  if (json) printJson(bootJson(place, installation, notes, next));
  else if (!quiet) print(bootView({ installation, notes, next }, styleFor(color)).join("\n"));
  return EXIT.done;
}

/** Every kind that may be present, if none is named. */
async function removeAll(place: BootPlace, asked: BootKind | undefined) {
  const kinds: BootKind[] = asked === undefined
    ? ["systemd", ...place.crontab === undefined ? [] : ["crontab"] as const]
    : [asked];
  const steps = [];
  for (const kind of kinds) {
    const isOthers = asked === undefined &&
      (await lookAtInstallation(place, kind)).installed === "foreign";
    if (!isOthers) steps.push(...await removeBoot(place, kind));
  }
  return steps;
}

function limitedDaemons({ home }: BootPlace): string[] {
  return keptNames(home).filter((name) => {
    const settings = readSettingsRecord(keptPlace(home, name).directory);
    return settings.is === "read" && settings.value.resources !== undefined;
  });
}

function nextBoots({ home }: BootPlace): NextBoot[] {
  return keptNames(home).map((name) => keptPlace(home, name)).map((place) => {
    const daemon = observeKept(place);
    return { name: place.name, decision: startsAtNextBoot(daemon) };
  });
}

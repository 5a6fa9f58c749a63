import { EXIT } from "../../base/exit_codes.ts";
import { environmentForSystemctl, readBootPlace, systemctlWords } from "../../boot/boot_place.ts";
import type { Display } from "../../cli/options.ts";
import { print, printJson } from "../../cli/output.ts";
import { shutDownKept } from "../../keeper/boot/shutdown_kept.ts";
import { keptPlace, refuseOthersHome } from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { readSettingsRecord } from "../../keeper/records/reading.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { reversed } from "../../project/dependencies.ts";
import { inDependencyOrder } from "../../project/dependency_order.ts";
import { recordedGraph } from "../../project/recorded_graph.ts";
import { runtime } from "../../runtime/mod.ts";
import { AskedToReturn } from "../kept/run.ts";

/** States of `systemctl is-system-running` in which services are to end. */
const GOING = ["stopping", "maintenance"];

/** `imp boot --shutdown`: the stop of the unit ends nothing unless the machine, or the user's manager, goes down. */
export async function stopAtShutdown({ json, quiet }: Display): Promise<number | undefined> {
  const place = await readBootPlace();
  refuseOthersHome(place.home);
  const isGoing = GOING.includes(await managerState());
  const stopped: string[] = [];
  const asked = new AskedToReturn();
  if (isGoing) {
    const names = keptNames(place.home);
    const graph = reversed(recordedGraph(names.map((name) => {
      const settings = readSettingsRecord(keptPlace(place.home, name).directory);
      return { name, settings: settings.is === "read" ? settings.value : undefined };
    })));
    // Dependents first.
    await inDependencyOrder(names, graph, async (name) => {
      const isInterrupted = () => asked.signal !== undefined;
      if (!await shutDownKept(keptPlace(place.home, name), isInterrupted)) return;
      stopped.push(name);
      if (!json && !quiet) print(`${name}: stopped, until the next boot`);
    });
  } else if (!json && !quiet) print("the machine is not going down: daemons keep running");
  if (json) printJson({ goingDown: isGoing, stopped });
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return EXIT.done;

  async function managerState(): Promise<string> {
    if (!place.systemd || place.systemctl === undefined) return "";
    const words = systemctlWords(place, "is-system-running");
    const { stdout } = await runtime.command(words, { env: environmentForSystemctl(place) });
    return new TextDecoder().decode(stdout).trim();
  }
}

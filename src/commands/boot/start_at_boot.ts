import { EXIT } from "../../base/exit_codes.ts";
import type { Display } from "../../cli/options.ts";
import { print } from "../../cli/output.ts";
import { decideAtBoot } from "../../keeper/boot/boot_decision.ts";
import { keeperHome, keptNames, keptPlace, refuseOthersHome } from "../../keeper/home.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import { startByName } from "../../keeper/start/start_by_name.ts";
import type { StartContext } from "../../keeper/start/start_outcome.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import { FirstSearch } from "../../keeper/waiter/find_waiters.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn } from "../kept/run.ts";
import { tellStart } from "../start/view.ts";

/** `imp boot --run`: starts what is to be started, side by side, and waits until each is ready or is not. */
export async function startAtBoot({ json, quiet }: Display): Promise<number | undefined> {
  const home = keeperHome();
  refuseOthersHome(home);
  const places = keptNames(home).map((name) => keptPlace(home, name))
    .filter((place) => decideAtBoot(observeKept(place)) === "start");
  if (places.length === 0 && !json && !quiet) print("nothing is to be started");
  const asked = new AskedToReturn();
  const context: StartContext = {
    looks: new SharedLooks(),
    tags: new KeptTags(),
    first: new FirstSearch(),
    // What has been begun goes on: its keepers are there.
    isInterrupted: () => asked.signal !== undefined,
    replace: false,
    newEnvironment: false,
    acceptRunning: true,
    runNow: false,
    wait: true,
    command: "imp boot",
  };
  const report = json ? "json" : quiet ? "nothing" : "text";
  let worst: number = EXIT.done;
  await Promise.all(places.map(async (place) => {
    const outcome = await startByName(place, undefined, context);
    const exit = tellStart(outcome, {
      ...{ target: place.name, nameOfProgram: false, replace: false, newEnvironment: false },
      ...{ acceptRunning: true, runNow: false, wait: true, report, command: "imp boot" },
    });
    worst = Math.max(worst, exit === EXIT.done ? EXIT.done : EXIT.no);
  }));
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return worst;
}

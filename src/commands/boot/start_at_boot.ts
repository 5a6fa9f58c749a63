import { EXIT } from "../../base/exit_codes.ts";
import type { Display } from "../../cli/options.ts";
import { warnFitted } from "../../cli/fitted.ts";
import { print } from "../../cli/output.ts";
import { decideAtBoot } from "../../keeper/boot/boot_decision.ts";
import { awaitEnd } from "../../keeper/boot/shutdown_kept.ts";
import { keeperHome, keptPlace, refuseOthersHome } from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { observeKept } from "../../keeper/observe/observe.ts";
import { startByName } from "../../keeper/start/start_by_name.ts";
import type { StartContext, StartKeptOutcome } from "../../keeper/start/start_outcome.ts";
import { StartPace } from "../../keeper/start/start_pace.ts";
import { KeptTags } from "../../keeper/tree/kept_tags.ts";
import { FirstSearch } from "../../keeper/waiter/find_waiters.ts";
import { dieBy } from "../../libc/processes/die_by.ts";
import { inDependencyOrder } from "../../project/dependency_order.ts";
import { awaitedEnds, recordedGraph } from "../../project/recorded_graph.ts";
import { SharedLooks } from "../../termination/shared_looks.ts";
import { AskedToReturn, errorText } from "../kept/run.ts";
import { tellStart } from "../start/view.ts";

/**
 * `imp boot --run`: starts what is due, concurrently, each when what it depends on is ready or cannot become so, and
 * waits for all.
 * Nobody is watching who could start it later: so what depends on a failed one is started all the same.
 */
export async function startAtBoot(display: Display): Promise<number | undefined> {
  const home = keeperHome();
  refuseOthersHome(home);
  const daemons = keptNames(home).map((name) => observeKept(keptPlace(home, name)))
    .filter((daemon) => decideAtBoot(daemon) === "start");
  if (daemons.length === 0 && !display.json && !display.quiet) print("there is nothing to start");
  const asked = new AskedToReturn();
  // What has been begun goes on: its keepers exist.
  const isInterrupted = () => asked.signal !== undefined;
  const context: StartContext = {
    looks: new SharedLooks(),
    tags: new KeptTags(),
    first: new FirstSearch(),
    pace: new StartPace(),
    isInterrupted,
    replace: false,
    newEnvironment: false,
    acceptRunning: true,
    runNow: false,
    wait: true,
    command: "imp boot",
  };
  const graph = recordedGraph(daemons);
  const byName = new Map(daemons.map((daemon) => [daemon.name, daemon]));
  let worst: number = EXIT.done;
  await inDependencyOrder(byName.keys(), graph, async (name) => {
    const ends = awaitedEnds(byName.get(name)!, graph.get(name) ?? []);
    await Promise.all(ends.map((one) => awaitEnd(keptPlace(home, one), isInterrupted)));
    if (isInterrupted()) return;
    const outcome = await startByName(keptPlace(home, name), undefined, context);
    if (tellBootStart(outcome, display) !== EXIT.done) worst = EXIT.no;
  });
  asked.end();
  if (asked.signal !== undefined) dieBy(asked.signal);
  return worst;
}

/** As printed by `imp start`; here the reader has not named the daemon. @returns the exit status */
function tellBootStart(outcome: StartKeptOutcome, { json, quiet }: Display): number {
  if (outcome.is === "failed" && !json) {
    warnFitted(`imp boot: ${outcome.name}: ${errorText(outcome.error)}`);
    return outcome.error.exit;
  }
  return tellStart(outcome, {
    ...{ target: outcome.name, nameOfProgram: false, replace: false, newEnvironment: false },
    ...{ acceptRunning: true, runNow: false, wait: true, command: "imp boot" },
    report: json ? "json" : quiet ? "nothing" : "text",
  });
}

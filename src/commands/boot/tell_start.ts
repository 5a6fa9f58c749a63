import type { Display } from "../../cli/options.ts";
import { warnFitted } from "../../cli/fitted.ts";
import type { StartKeptOutcome } from "../../keeper/start/start_outcome.ts";
import { errorText } from "../kept/run.ts";
import { tellStart } from "../start/view.ts";

/** As printed by `imp start`; here the reader has not named the daemon. @returns the exit status */
export function tellBootStart(outcome: StartKeptOutcome, { json, quiet }: Display): number {
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

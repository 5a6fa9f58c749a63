import { SIGTERM } from "../../libc/abi.ts";
import { Termination, untilOver } from "../../termination/termination.ts";
import { libc } from "../../libc/calling/load.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { hasChildren } from "../../libc/processes/wait.ts";
import { addEndRule, ORDER } from "../process/end_rules.ts";
import { GRACE_MS } from "../process/end_daemonic.ts";
import { type ClaimWord, noteNothingLeft } from "./claim.ts";

/**
 * Before a worker ends by itself, it ends what its tasks have started: it is a subreaper, so all of that is below it as
 * long as it is there. The pool hears of it by the claim; where it hears nothing, it looks by itself.
 */
export function leaveNothing(claim: ClaimWord): void {
  let over = false;
  addEndRule({
    order: ORDER.processes,
    exit: () => {
      if (over) return;
      over = true;
      if (!hasChildren() || endBelow()) noteNothingLeft(claim.word);
    },
  });
}

/** @returns whether nothing is left */
function endBelow(): boolean {
  const schedule = { steps: [{ signal: SIGTERM, wait: GRACE_MS }] };
  const termination = new Termination({ below: [ownPid()] }, schedule);
  for (const pause of untilOver(termination)) libc("poll").poll(0, 0, pause);
  return !termination.isGivenUp;
}

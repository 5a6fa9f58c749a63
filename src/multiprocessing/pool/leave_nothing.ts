import { SIGTERM } from "../../libc/abi.ts";
import { Ending, untilOver } from "../../termination/ending.ts";
import { libc } from "../../libc/calling/load.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { hasChildren } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { addEndRule, ORDER } from "../process/end_rules.ts";
import { GRACE_MS } from "../process/end_daemonic.ts";
import { noteNothingLeft } from "./claim.ts";
import type { ClaimWord } from "./pages.ts";

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
  const scope = { below: [ownPid()] };
  const ending = new Ending(() => scope, [{ signal: SIGTERM, wait: GRACE_MS }], runtime.now());
  for (const pause of untilOver(ending)) libc("poll").poll(0, 0, pause);
  return ending.left.length === 0;
}

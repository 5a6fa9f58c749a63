import {
  allBefore,
  event,
  happens,
  inOrder,
  type LabEvent,
  mustHold,
  no,
  type Rule,
  says,
  yes,
} from "../rules.ts";
import type { Stage } from "../stage.ts";

/** How long the slowest of these may take on a loaded machine, milliseconds. */
const LONG_MS = 60_000;

/** Starts main and watches until all processes have ended. */
export async function watchMain(stage: Stage): Promise<void> {
  stage.start("main");
  await stage.allEnded(LONG_MS);
}

/** Main's own process ends with success. */
export const mainEndsWell = happens(
  "main ends with exit code 0",
  event("ends", "main", "exit 0"),
  1,
);

/** It was not killed: it did everything it had to do. */
export function endsByItself(who: string): Rule {
  return happens(`${who} ends by itself`, event("ends", who, "exit 0"), 1);
}

/** The child prints one line, and later the other. */
export const barPrintsBoth = inOrder(
  "bar prints both its lines",
  says("456", "bar"),
  says("end456", "bar"),
);

/** Main and its child are the only processes. */
export const noGrandchild = mustHold("no grandchild was there", (events) => {
  const starts = startsOf(events);
  const text = `${starts.length} processes`;
  return starts.length <= 2 ? yes(text) : no(text);
});

/** Main has tried something forbidden, and was told why it is. */
export function refused(why: RegExp): Rule {
  const line = new RegExp(`^refused: .*${why.source}`);
  return happens("it is refused, and the error says why", says(line, "main"), 1);
}

/** The named processes were terminated: they did not end by themselves. */
export function terminated(who: string): Rule {
  return mustHold(`${who} was terminated, it did not end by itself`, (events) => {
    const end = events.find(event("ends", who));
    if (!end) {
      return events.some(event("starts", who))
        ? no("its end was not seen")
        : yes("before it could be seen");
    }
    return /^exit 0/.test(end.text) ? no(`it ended: ${end.text}`) : yes(`it ended: ${end.text}`);
  });
}

/** Main still exists when the last of those has ended. */
export function outlastedByMain(who: string): Rule {
  return allBefore(`main's process ends after ${who}`, event("ends", who), event("ends", "main"));
}

/** Every process that was seen to start. */
export function startsOf(events: readonly LabEvent[]): LabEvent[] {
  return events.filter(({ what }) => what === "starts");
}

// Invented events for tests of pure code.
import fc from "fast-check";
import type { LabEvent, What } from "../../src/lab/rules.ts";

const KINDS: What[] = ["starts", "says", "adopted", "ends", "zombie", "gone", "shows", "lab"];

/** A typical event, with the given changes. */
export function event(given: Partial<LabEvent> = {}): LabEvent {
  return { at: 0, pid: 100, who: "main", what: "says", text: "", moment: null, ...given };
}

/** A short run: few names and words, so that patterns match often. */
export const anyRun = fc.array(
  fc.record({
    who: fc.constantFrom("main", "child 1", "child 2", "children"),
    what: fc.constantFrom(...KINDS),
    text: fc.constantFrom("a", "b", "c"),
  }),
  { maxLength: 20 },
).map((parts) => parts.map((part, at) => event({ ...part, at })));

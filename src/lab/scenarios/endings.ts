import { event, happens, mustHold, no, type Rule, says, yes } from "../rules.ts";
import type { Scenario } from "../scenario.ts";

/** The process ended like that. */
function ends(text: string, who: string, how: RegExp): Rule {
  return happens(text, event("ends", who, how), 1);
}

export const endings: Scenario = {
  id: "endings",
  title: "four ways in which a process ends",
  topic: "endings",
  learn:
    "Two endings are the process' own will: it is done, or it found an error and gave up; it chooses the exit code. Two come from outside: the kernel ends it for a fault, or another process kills it; then there is no exit code but a signal. The parent learns which it was from the wait status, and only the parent is told.",
  claim:
    "A process ends in one of four ways: normally, because of an error, by a fatal fault, or killed by another process as with kill -9; the first two are voluntary.",
  care:
    "A division by zero is named as a fatal fault next to bad memory. In Python, and in JavaScript, it is neither: there it is an exception or a number, and an exception that nobody catches is an error exit (code 1). Only the processor's fault, which becomes a signal, is one.",
  rules: [
    ends("the normal end is exit code 0", "normal", /^exit 0$/),
    ends("the error is another exit code, and no signal", "error", /^exit [1-9]\d*$/),
    ends("the fault is a signal that the kernel sent: SEGV", "fault", /^killed by SEGV/),
    ends("the killed one died of KILL", "victim", /^killed by KILL$/),
    happens("the killer was another process", says(/^kill -9 \d+$/, "killer"), 1),
    mustHold("the four wait statuses can be told apart", (events) => {
      const how = events.filter(({ what, who }) => what === "ends" && who !== "killer");
      const kinds = new Set(how.map(({ text }) => text));
      return kinds.size === 4 && how.length === 4
        ? yes(how.map(({ who, text }) => `${who}: ${text}`).join("; "))
        : no(`${kinds.size} kinds of ${how.length} ends`);
    }),
  ],
  play: async (stage) => {
    const victim = stage.start("victim");
    for (const part of ["normal", "error", "fault"]) stage.start(part);
    await stage.until(() => stage.has(says(/^I would/, "victim")));
    stage.start("killer", { args: [`${victim}`] });
    await stage.allEnded();
  },
};

import {
  event,
  happens,
  inOrder,
  mustHold,
  never,
  no,
  race,
  raceBetween,
  says,
  yes,
} from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import {
  barPrintsBoth,
  endsByItself,
  mainEndsWell,
  noGrandchild,
  outlastedByMain,
  refused,
  terminated,
  watchMain,
} from "./common.ts";

/** imp and Python use the same words for this error. */
const REFUSED = /daemonic processes are not allowed to have children/;

export const daemonJoin: Scenario = {
  id: "daemon-join",
  title: "main waits for its daemonic child",
  topic: "processes",
  learn:
    "join waits for any child, daemonic or not. Main's code has not ended while it waits, so the child is not terminated and comes to its end.",
  claim:
    "One tutorial shows 'running', 'done', 'main', in this order. Another shows the same code printing only 'main', because the child had no time to start.",
  care:
    "The second is wrong: main waits in join until the child has ended, so the child's lines cannot be missing. Its result belongs to the program without join.",
  rules: [
    inOrder(
      "the child's lines come before main's",
      says(/^\d+ is running$/, "child 1"),
      says(/^\d+ is done$/, "child 1"),
      says("main", "main"),
    ),
    endsByItself("child 1"),
    mustHold("there are these three lines and no others", (events) => {
      const lines = events.filter(({ what }) => what === "says");
      return lines.length === 3
        ? yes(lines.map(({ text }) => text).join(", "))
        : no(`${lines.length} lines`);
    }),
    mainEndsWell,
  ],
  play: watchMain,
};

export const daemonAndPlain: Scenario = {
  id: "daemon-and-plain",
  title: "a daemonic and a plain child, main does not wait",
  topic: "processes",
  names: ["foo", "bar"],
  learn:
    "At the end of main's code daemonic children are terminated first, then the plain ones are waited for. A daemonic child lives only as long as main's code, not as long as main's process.",
  claim: "main-------, 456 and end456 are printed; end123 never is.",
  care:
    "123 may appear before foo is terminated: that is a race, and so is whether 456 comes before main's line.",
  rules: [
    inOrder(
      "bar comes to its end after main's line",
      says("main-------", "main"),
      says("end456", "bar"),
    ),
    barPrintsBoth,
    never("foo never comes to its end", says("end123")),
    terminated("foo"),
    outlastedByMain("bar"),
    mainEndsWell,
    race("foo prints 123", says("123")),
    raceBetween("bar prints 456 before main's line", says("456"), says("main-------")),
  ],
  play: watchMain,
};

export const daemonJoinedAndPlain: Scenario = {
  id: "daemon-joined-and-plain",
  title: "a daemonic child that main waits for, and a plain one",
  topic: "processes",
  names: ["foo", "bar"],
  learn:
    "join makes the daemonic child part of main's code. Meanwhile the plain one runs beside it, and is waited for in the end.",
  claim: "123, 456, end123, main-------, end456, in this order.",
  care: "Whether 123 or 456 comes first is a race between two new processes.",
  rules: [
    inOrder(
      "foo's lines, then main's, then the end of bar",
      says("123", "foo"),
      says("end123", "foo"),
      says("main-------", "main"),
      says("end456", "bar"),
    ),
    barPrintsBoth,
    endsByItself("foo"),
    outlastedByMain("bar"),
    mainEndsWell,
    raceBetween("456 comes before 123", says("456"), says("123")),
  ],
  play: watchMain,
};

export const flagAfterStart: Scenario = {
  id: "daemon-flag-after-start",
  title: "the daemon flag is set too late",
  topic: "processes",
  learn:
    "A process learns what it is when it is made. Afterwards the flag is refused, with an error that says why, and stays what it was.",
  claim: "The daemon flag must be set before start.",
  rules: [
    refused(/process has already started/),
    happens("the flag is what it was", says("daemon is false", "main"), 1),
    endsByItself("child 1"),
    mainEndsWell,
  ],
  play: watchMain,
};

export const noChildren: Scenario = {
  id: "daemon-no-children",
  title: "a daemonic child tries to start a child",
  topic: "processes",
  learn:
    "Terminated in the middle of its work, a daemonic process could not wait for children of its own, and they would be orphans. So it may not have any. The error ends it, and reaches the user on standard error.",
  claim:
    "The child prints that it is running, then the error 'daemonic processes are not allowed to have children', then main prints its line.",
  care:
    "It is a rule of the library, not of the kernel: a program that it executes may fork. imp can have the kernel refuse that too (noChildren).",
  rules: [
    inOrder(
      "the error comes, then main's line",
      says(/is running$/, "child 1"),
      says(REFUSED, "child 1"),
      says("main", "main"),
    ),
    happens("the child was there", event("starts", "child 1"), 1),
    happens("the child fails with exit code 1", event("ends", "child 1", "exit 1"), 1),
    noGrandchild,
    mainEndsWell,
  ],
  play: watchMain,
};

export const noChildrenUnseen: Scenario = {
  id: "daemon-no-children-unseen",
  title: "the same without join: the error never comes",
  topic: "processes",
  learn:
    "That no error is shown does not mean that something is allowed. Here the child was terminated before it came to the forbidden line.",
  claim:
    "Only main's line is printed. That does not mean that a daemonic process may have children: it was dead before it could try.",
  rules: [
    happens("main prints its line", says("main", "main"), 1),
    never("the error is never seen", says(REFUSED)),
    terminated("child 1"),
    noGrandchild,
    mainEndsWell,
    race("the child prints its first line", says(/is running$/, "child")),
  ],
  play: watchMain,
};

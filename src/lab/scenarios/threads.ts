import {
  event,
  inOrder,
  type LabEvent,
  mustHold,
  never,
  no,
  type Rule,
  says,
  yes,
} from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { mainEndsWell, startsOf, watchMain } from "./common.ts";

const linesOf = (events: readonly LabEvent[]) => events.filter(({ what }) => what === "says");

/** All lines come from one process: a thread has no PID of its own. */
const oneProcess: Rule = mustHold("threads and main are one process", (events) => {
  const pids = new Set(linesOf(events).map(({ pid }) => pid));
  const text = `lines from ${[...pids].join(", ")}, ${startsOf(events).length} process seen`;
  return pids.size === 1 && startsOf(events).length === 1 ? yes(text) : no(text);
});

export const daemonThread: Scenario = {
  id: "daemon-thread",
  title: "a daemonic thread is cut off",
  topic: "threads",
  learn:
    "A daemonic thread does not keep its process alive. When main's code has ended and no plain thread is left, the process ends, and with it the thread, in the middle of whatever it does.",
  claim:
    "'PID is running' and then main's line appear, because a thread starts faster than a process; 'is done' never appears.",
  care:
    "In Python start waits until the thread runs, and hands the interpreter over to it. Here threads run at the same time, and a new one loads its module first: main's code awaits its start. Without that its line would come after main's.",
  rules: [
    mustHold("main's line appears", (events) => {
      const found = events.filter(says("main", "main")).length;
      return found === 1 ? yes("once") : no(`${found} times`);
    }),
    inOrder(
      "the thread prints its first line, then main prints its own",
      says(/is running$/),
      says("main"),
    ),
    never("the thread never comes to its end", says(/is done$/)),
    oneProcess,
    mainEndsWell,
  ],
  play: watchMain,
};

export const daemonThreadAndPlain: Scenario = {
  id: "daemon-thread-and-plain",
  title: "a daemonic and a plain thread",
  topic: "threads",
  learn:
    "With threads the process lives until every plain thread has ended, not only until main's code has. A daemonic thread has until then: here it ends by itself, before the plain one does. With processes the same program ends it at once (daemon-and-plain).",
  claim:
    "456, 123, main-------, end123, end456: the daemonic thread comes to its end because the plain one runs longer.",
  care:
    "Where main's code does not wait for the start of its threads, the first three lines may come in any order.",
  rules: [
    inOrder(
      "the daemonic thread comes to its end, then the plain one",
      says("end123"),
      says("end456"),
    ),
    inOrder(
      "each thread prints its first line, then main prints its own, before the ends",
      says("456"),
      says("123"),
      says("main-------"),
      says("end123"),
    ),
    inOrder("the daemonic thread prints both its lines", says("123"), says("end123")),
    inOrder("the plain thread prints both its lines", says("456"), says("end456")),
    inOrder("the process ends with the last plain thread", says("end456"), event("ends", "main")),
    oneProcess,
    mainEndsWell,
  ],
  play: watchMain,
};

import {
  allBefore,
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
import { mainEndsWell, outlastedByMain, startsOf, terminated, watchMain } from "./common.ts";

export const twoPids: Scenario = {
  id: "two-pids",
  title: "a child is a process of its own",
  topic: "processes",
  hurry: 50,
  learn:
    "A child has a PID of its own and its creator as parent; both run at the same time. ps, top and /proc show two processes.",
  claim: "Two processes with two PIDs run, and main goes on while the child works.",
  rules: [
    mustHold("two processes were there, with two PIDs", (events) => {
      const pids = new Set(startsOf(events).map(({ pid }) => pid));
      return pids.size === 2
        ? yes([...pids].join(", "))
        : no(`${pids.size}: ${[...pids].join(", ")}`);
    }),
    mustHold("the child's parent is main", (events) => {
      const main = events.find(event("starts", "main")),
        child = events.find(event("starts", "child 1"));
      const text = `parent ${child?.moment?.ppid}, main ${main?.pid}`;
      return child?.moment && child.moment.ppid === main?.pid ? yes(text) : no(text);
    }),
    happens(
      "the child ticks ten times, and says its own PID",
      (one) => says(/^tick \d of child \d+$/, "child 1")(one) && one.text.endsWith(` ${one.pid}`),
      10,
    ),
    allBefore(
      "they run at the same time: the child ticks before main's code ends",
      says(/^tick 0/, "child 1"),
      says("main's code ends", "main"),
    ),
    mainEndsWell,
  ],
  play: watchMain,
};

export const noJoin: Scenario = {
  id: "no-join",
  title: "main starts three children and does not wait for them",
  topic: "processes",
  learn:
    "The end of main's code is not the end of main's process. Plain children are joined implicitly: the process stays until the last of them has ended, and waits for it, so no zombie and no orphan is left.",
  claim:
    "Main prints both its lines at once; the three children start and end afterwards, in any order; only then is the program over.",
  rules: [
    inOrder(
      "main's lines come in order",
      says("main starting", "main"),
      says("main ending", "main"),
    ),
    ...[0, 1, 2].map((n) =>
      inOrder(
        `task_${n} starts and ends`,
        says(`task_${n} is starting`, "child"),
        says(`task_${n} is ending`, "child"),
      )
    ),
    allBefore(
      "no child has ended when main's code ends",
      says("main ending", "main"),
      says(/ is ending$/, "child"),
    ),
    outlastedByMain("child"),
    mainEndsWell,
    raceBetween(
      "a child's first line comes before main's last",
      says(/ is starting$/, "child"),
      says("main ending"),
    ),
  ],
  play: watchMain,
};

export const childOutlivesCode: Scenario = {
  id: "child-outlives-code",
  title: "a plain child goes on after main's code",
  topic: "processes",
  learn:
    "Without the daemon flag nothing happens to a child when main's code ends: it finishes, and main's process waits for it.",
  claim: "Main's code ends at once; its child lives on and ends normally two seconds later.",
  rules: [
    inOrder(
      "both lines of main come first",
      says("main begins", "main"),
      says("main's code ends", "main"),
      says("child is ending", "child 1"),
    ),
    inOrder(
      "the child starts and comes to its end",
      says("child is starting", "child 1"),
      says("child is ending", "child 1"),
      event("ends", "child 1", "exit 0"),
    ),
    outlastedByMain("child 1"),
    mainEndsWell,
  ],
  play: watchMain,
};

export const daemonDies: Scenario = {
  id: "daemon-dies-with-main",
  title: "a daemonic child ends with main's code",
  topic: "processes",
  learn:
    "A daemonic child, in the sense of multiprocessing, serves main: when main's code has ended it is terminated, wherever it is. A system daemon is the opposite: it outlives the process that started it.",
  claim: "Only main's two lines appear; the child is gone before it can print.",
  care:
    "Whether it prints its first line is a race between its start and the end of main's code; it never comes to its last one.",
  rules: [
    inOrder(
      "main's lines come in order",
      says("main begins", "main"),
      says("main's code ends", "main"),
    ),
    never("the child never comes to its end", says(/is ending/)),
    terminated("child 1"),
    mainEndsWell,
    race("the child prints its first line", says("child is starting")),
  ],
  play: watchMain,
};

export const daemonWithTime: Scenario = {
  id: "daemon-with-time",
  title: "a daemonic child works as long as main's code does",
  topic: "processes",
  learn:
    "A daemonic child with an endless loop needs no end of its own: it works while main's code runs, and is terminated afterwards.",
  claim:
    "With a tick each second and five seconds of main, five lines appear; then the child is gone.",
  rules: [
    mustHold("it ticks five times, give or take one", (events) => {
      const ticks = events.filter(says("daemon is alive!", "child 1")).length;
      return ticks >= 4 && ticks <= 6 ? yes(`${ticks} ticks`) : no(`${ticks} ticks`);
    }),
    terminated("child 1"),
    inOrder(
      "it is terminated at the end of main's code, not before",
      says("main's code ends", "main"),
      event("ends", "child 1"),
    ),
    mainEndsWell,
  ],
  play: watchMain,
};

import { closeFile, readSome, writeAll } from "../../libc/descriptors/files.ts";
import { openTerminal } from "../../libc/descriptors/tty.ts";
import {
  allBefore,
  event,
  happens,
  inOrder,
  type LabEvent,
  mustHold,
  never,
  no,
  raceBetween,
  says,
  yes,
} from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import { mainEndsWell, refused, watchMain } from "./common.ts";

const MARK = says(/^Mark~/, "main");
const DONE = says("Sub-process(es) done.", "main");
const END = says("end", "worker");
const CTRL_C = "\x03";
const SIZE = { rows: 24, columns: 80 };

const hello = (n: number) => says(`msg: hello ${n}`, "worker");
const linesOf = (events: readonly LabEvent[]) => events.filter(({ what }) => what === "says");
const workers = (count: number) => Array.from({ length: count }, (_, n) => `worker ${n + 1}`);

/** The largest number of tasks that were between their first and their last line. */
function mostAtOnce(events: readonly LabEvent[]): number {
  let now = 0, most = 0;
  for (const { text } of linesOf(events)) {
    if (text.startsWith("msg: ")) most = Math.max(most, ++now);
    else if (text === "end") now--;
  }
  return most;
}

export const poolApply: Scenario = {
  id: "pool-apply",
  title: "apply waits for each result",
  topic: "pools",
  names: workers(3),
  learn:
    "apply hands in one task and waits for its result. With three workers only one ever works: a pool helps only where one does not wait for each task.",
  claim:
    "The four tasks run strictly one after another, although there are three workers; main's line comes last.",
  rules: [
    mustHold("one task at a time, each in its turn", (events) => {
      const lines = linesOf(events).map(({ text }) => text).filter((text) =>
        /^msg|^end$/.test(text)
      );
      const right = [0, 1, 2, 3].flatMap((n) => [`msg: hello ${n}`, "end"]);
      return lines.join() === right.join() ? yes(lines.join(", ")) : no(lines.join(", "));
    }),
    allBefore("main's line comes after all of them", END, MARK),
    inOrder("the pool ends after close and join", MARK, DONE),
    mainEndsWell,
  ],
  play: watchMain,
};

export const poolApplyAsync: Scenario = {
  id: "pool-apply-async",
  title: "apply_async does not wait",
  topic: "pools",
  names: workers(3),
  learn:
    "applyAsync hands in a task and returns. Three workers do three tasks at once; the fourth waits until one of them is free. The workers are the same processes all the time, none is started for a task.",
  claim:
    "Main's line comes first; tasks 0 to 2 start together; task 3 starts when one of them has ended. When a process has ended its task, a new process is added.",
  care:
    "No process is added: the PIDs show that a worker which is free takes the next task. And that main's line comes before the first task is a race, although workers take long to start.",
  rules: [
    mustHold("three tasks run at once, and never more", (events) => {
      const most = mostAtOnce(events);
      return most === 3 ? yes("three") : no(`${most}`);
    }),
    inOrder("task 3 starts when one has ended", END, hello(3)),
    mustHold("each task ran once, in one of three processes", (events) => {
      const lines = linesOf(events).filter(({ text }) => text.startsWith("msg: "));
      const pids = new Set(lines.map(({ pid }) => pid));
      const texts = new Set(lines.map(({ text }) => text));
      const right = lines.length === 4 && texts.size === 4 && pids.size === 3;
      return right
        ? yes([...pids].join(", "))
        : no(`${lines.length} lines from ${pids.size} processes`);
    }),
    allBefore("main waits for all in join", END, DONE),
    mainEndsWell,
    raceBetween("main's line comes before the first task's", MARK, says(/^msg: /, "worker")),
  ],
  play: watchMain,
};

export const poolResults: Scenario = {
  id: "pool-results",
  title: "results come back in the order in which they are asked for",
  topic: "pools",
  names: workers(4),
  learn:
    "applyAsync returns an object for the result; get waits for it. Asked in the order in which tasks were handed in, they give the results in that order, whichever is done first.",
  claim:
    "After close and join the three results are printed in the order in which the tasks were handed in.",
  rules: [
    inOrder(
      "the results come in the order of the tasks",
      says("::: done hello 0", "main"),
      says("::: done hello 1", "main"),
      says("::: done hello 2", "main"),
      DONE,
    ),
    allBefore("they are printed when every task is done", END, says(/^:::/, "main")),
    happens("three tasks were done", END, 3),
    mainEndsWell,
  ],
  play: watchMain,
};

/** Seconds that tasks have reported. */
const told = (events: readonly LabEvent[]) =>
  linesOf(events).flatMap(({ text }) => /^task \w+ runs ([\d.]+)/.exec(text)?.[1] ?? []).map(
    Number,
  );

export const poolSeveralFunctions: Scenario = {
  id: "pool-several-functions",
  title: "four functions that take their time",
  topic: "pools",
  hurry: 6,
  names: workers(4),
  learn:
    "Tasks of a pool need not be alike. With as many workers as tasks the whole takes as long as the longest of them, not as long as all together.",
  claim: "Each of the four prints how long it took; main waits until the longest is done.",
  rules: [
    mustHold("each of the four printed its time", (events) => {
      const names = linesOf(events).flatMap(({ text }) => /^task (\w+) runs/.exec(text)?.[1] ?? []);
      return names.toSorted().join() === "allen,frank,lee,marlon"
        ? yes(names.join(", "))
        : no(names.join(", "));
    }),
    mustHold("all together took less time than one after another would have", (events) => {
      const lines = linesOf(events);
      const first = lines.find(({ text }) => text.startsWith("run task"));
      const last = lines.findLast(({ text }) => /^task \w+ runs/.test(text));
      const seconds = told(events);
      const sum = seconds.reduce((a, b) => a + b, 0), longest = Math.max(...seconds);
      if (!first || !last || seconds.length !== 4) return no("they did not run");
      // The longest task shows how many milliseconds a second took.
      const begun = lines.find(({ pid, text }) =>
        pid === longestOf(lines, longest)?.pid && text.startsWith("run")
      );
      const second = ((longestOf(lines, longest)?.at ?? 0) - (begun?.at ?? 0)) / longest;
      const whole = (last.at - first.at) / second;
      const text = `${whole.toFixed(1)} s; the longest ${longest} s, the sum ${sum.toFixed(1)} s`;
      return whole < sum ? yes(text) : no(text);
    }),
    allBefore(
      "main waits for the longest",
      says(/^task \w+ runs/, "worker"),
      says("all subprocesses done", "main"),
    ),
    mainEndsWell,
  ],
  play: watchMain,
};

function longestOf(lines: readonly LabEvent[], seconds: number): LabEvent | undefined {
  return lines.find(({ text }) => new RegExp(`^task \\w+ runs ${seconds.toFixed(2)}`).test(text));
}

export const poolJoinBeforeClose: Scenario = {
  id: "pool-join-before-close",
  title: "join without close",
  topic: "pools",
  names: workers(2),
  learn:
    "A pool that may still get tasks never ends, so waiting for its end is an error. close says that no more will come.",
  claim: "close must be called before join, or there is an error.",
  rules: [
    refused(/Pool is still running/),
    happens("after close it is not refused", says("after close it is not", "main"), 1),
    never("it is never let through", says("it was not refused")),
    mainEndsWell,
  ],
  play: watchMain,
};

export const poolInterrupt: Scenario = {
  id: "pool-interrupt",
  title: "Ctrl-C while a pool works",
  topic: "pools",
  names: workers(4),
  learn:
    "Ctrl-C is sent by the terminal to every process of the foreground group, main and workers alike. Nothing must be left of the pool, and the shell must see that main was interrupted: status 130, that is 128 and the number of SIGINT.",
  claim:
    "By catching the interruption and calling terminate, main stops all workers; without that, they would go on.",
  care:
    "With imp nothing has to be caught: workers are daemonic, and end with main however it ends.",
  rules: [
    mustHold("four workers had a task when it came", (events) => {
      const key = events.findIndex(event("lab", "main"));
      const busy = new Set(
        events.slice(0, Math.max(0, key)).filter(says(/^task \d in /, "worker")).map(({ pid }) =>
          pid
        ),
      );
      return busy.size === 4 ? yes([...busy].join(", ")) : no(`${busy.size}`);
    }),
    happens(
      "main is ended by SIGINT: a shell calls that 130",
      event("ends", "main", /^killed by INT$|^exit 130$/),
      1,
    ),
    mustHold("every worker ends too, and none by itself", (events) => {
      const ends = events.filter(event("ends", "worker"));
      const right = ends.length === 4 && ends.every(({ text }) => !/^exit 0/.test(text));
      const text = ends.map(({ who, text }) => `${who}: ${text}`).join(", ");
      return right ? yes(text) : no(text);
    }),
    never("no task is finished", says(/is done|Sub-process/)),
  ],
  play: async (stage) => {
    const terminal = openTerminal(SIZE);
    try {
      const main = stage.start("main", { newSession: true, terminal: terminal.path });
      const busy = () => stage.events.filter(says(/^task \d in /, "worker")).length;
      await stage.until(() => busy() >= 4);
      stage.did(main, "types Ctrl-C on its terminal");
      writeAll(terminal.master, CTRL_C, "a terminal");
      await stage.until(() => {
        // The echo must not fill the terminal.
        readSome(terminal.master);
        return !stage.isAlive(main);
      });
      await stage.allEnded();
    } finally {
      closeFile(terminal.master);
    }
  },
};

export const poolQueue: Scenario = {
  id: "pool-queue",
  title: "a writer and a reader share a queue",
  topic: "pools",
  names: ["manager", ...workers(3)],
  learn:
    "Workers share nothing. A manager is a process in which objects live that others use, such as a queue: what one puts in, another gets, in the same order. The queue is passed to tasks as an argument.",
  claim:
    "The reader gets W, A, N, G as the writer has put them in, and both results come back in the order of the tasks.",
  care:
    "The programs' reader asks again and again whether the queue is empty, which keeps a processor busy; to wait in get costs nothing. And two readers that ask first would both believe the same answer.",
  rules: [
    inOrder(
      "the reader gets the letters in the order of writing",
      ...[..."WANG"].map((letter) => says(`read: ${letter}`, "worker")),
    ),
    mustHold("no letter is read before it is written", (events) => {
      const at = (line: string) => events.findIndex(says(line, "worker"));
      const wrong = [..."WANG"].find((letter) =>
        at(`write: ${letter}`) < 0 || at(`write: ${letter}`) > at(`read: ${letter}`)
      );
      return wrong === undefined ? yes("each is written first") : no(wrong);
    }),
    mustHold("the queue lives in a process of its own", (events) => {
      const users = events.filter(says(/^(write|read): /)).map(({ pid }) => pid);
      const manager = events.find(event("starts", "manager"))?.pid;
      const text = `manager ${manager}, used by ${[...new Set(users)].join(", ")}`;
      const right = manager !== undefined && users.length > 0 && !users.includes(manager);
      return right ? yes(text) : no(text);
    }),
    inOrder(
      "both results come back in the order of the tasks",
      says("result 0: 4 written", "main"),
      says("result 1: W,A,N,G", "main"),
    ),
    mainEndsWell,
    {
      text: "writer and reader are two workers, not one that was free again",
      kind: "race",
      judge: (events) => {
        const workers = new Set(events.filter(says(/^(write|read): W/)).map(({ pid }) => pid));
        return workers.size === 2 ? yes("this time they were") : no("this time they were one");
      },
    },
  ],
  play: watchMain,
};

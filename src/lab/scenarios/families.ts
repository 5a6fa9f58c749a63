import { endingOf, exitStatusOf } from "../../libc/processes/wait.ts";
import { SIGKILL } from "../../libc/abi.ts";
import { readNumber } from "../../procfs/machine.ts";
import { childrenOf } from "../../procfs/processes.ts";
import { isZombie, readStat } from "../../procfs/stat.ts";
import {
  allBefore,
  event,
  happens,
  inOrder,
  type LabEvent,
  mustHold,
  never,
  no,
  onThisHost,
  says,
  yes,
} from "../rules.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { momentNow } from "../observer.ts";
import { collectFacts } from "../../inspect/read_facts.ts";

/** How long a leisurely init may take, milliseconds. */
const SLOW_INIT_MS = 10_000;

/** Shows what the kernel keeps of a process. */
function showKept(stage: Stage, pid: number): void {
  const facts = collectFacts(pid);
  if (!facts) return;
  stage.show(pid, "what is kept", {
    state: facts.state,
    ppid: facts.ppid,
    exit: facts.exitStatus === null ? null : exitStatusOf(endingOf(facts.exitStatus)),
    cpuMs: facts.cpuMs,
    residentBytes: facts.residentBytes,
    openFiles: facts.fdCount,
  });
}

/** Facts that have been shown about a process. */
function shown(events: readonly LabEvent[], who: string): LabEvent | undefined {
  return events.find((one) => one.what === "shows" && one.who === who);
}

export const zombie: Scenario = {
  id: "zombie",
  title: "a child ends and its parent does not wait",
  topic: "endings",
  hurry: 20,
  learn:
    "Every process becomes a zombie when it ends: the kernel frees its memory and files, and keeps an entry with its PID and its exit status until the parent asks for it. Mostly that takes microseconds. It stays when the parent goes on without waitpid(2). A zombie cannot be killed, it has ended already.",
  claim:
    "A child that has ended stays as a zombie, state Z in ps, with its PID, its exit status and its CPU time, until the parent calls wait or waitpid; it is harmful because it takes memory and PIDs.",
  care:
    "Its memory and files are gone at once, as the figures show; what a zombie takes is its PID and a small entry in the kernel. Not every end needs that step: a parent that ignores SIGCHLD has its children disappear by themselves.",
  rules: [
    inOrder(
      "the child ends, stays as a zombie, and is gone after waitpid",
      event("ends", "child 1"),
      event("zombie", "child 1"),
      says(/^waitpid: exit 7$/, "main"),
      event("gone", "child 1"),
    ),
    mustHold("while it lasts its state is Z and its parent is main", (events) => {
      const one = events.find(event("zombie", "child 1"));
      const main = events.find(event("starts", "main"));
      if (!one?.moment || !main) return no("no zombie was seen");
      const { state, ppid } = one.moment;
      return state === "Z" && ppid === main.pid
        ? yes(`${state}, parent ${ppid}`)
        : no(`${state}, parent ${ppid}`);
    }),
    mustHold("its PID, exit status and CPU time are kept; memory and files are not", (events) => {
      const facts = shown(events, "child 1")?.facts;
      if (!facts) return no("nothing was shown");
      const { exit, cpuMs, residentBytes, openFiles } = facts;
      const text =
        `exit ${exit}, ${cpuMs} ms of CPU, ${residentBytes} bytes, ${openFiles} open files`;
      const kept = exit === 7 && Number(cpuMs) > 0;
      return kept && residentBytes === 0 && openFiles === 0 ? yes(text) : no(text);
    }),
    allBefore("main lives on meanwhile", event("zombie", "child 1"), event("ends", "main")),
  ],
  play: async (stage) => {
    const main = stage.start("main");
    if (await stage.until(() => stage.has(event("zombie", "child 1")))) {
      showKept(stage, stage.pids("child 1")[0]);
    }
    stage.next(main);
    await stage.until(() => stage.has(event("gone", "child 1")));
    stage.next(main);
    await stage.allEnded();
  },
};

export const zombieCollected: Scenario = {
  id: "zombie-collected-by-init",
  title: "the parent of a zombie ends, and init collects it",
  topic: "endings",
  hurry: 3,
  learn:
    "When a process ends, its children get another parent: init, PID 1, or the nearest ancestor that has declared itself a subreaper. Zombies among them are inherited too, and a good init waits for them at once. So the cure for a zombie is the end of its parent, if that will not wait.",
  claim:
    "If the parent ends, init takes over its children and waits for the zombies in the parent's place.",
  care:
    "That is init's duty, not a law: PID 1 of a container is often a program that never waits, and then zombies stay for good (imp doctor shows how this host's behaves). Here a subreaper plays init, and shows the moment in between that a quick init hides.",
  rules: [
    allBefore(
      "the child is a zombie of its parent first",
      event("zombie", "child"),
      event("ends", "parent"),
    ),
    mustHold("it is adopted by init when the parent ends, still a zombie", (events) => {
      const adopted = events.find(event("adopted", "child"));
      const init = events.find(event("starts", "init"));
      if (!adopted?.moment || !init) return no("no adoption was seen");
      const { state, ppid } = adopted.moment;
      const text = `state ${state}, parent ${ppid}; init is ${init.pid}`;
      return state === "Z" && ppid === init.pid ? yes(text) : no(text);
    }),
    inOrder(
      "init waits for it, learns its exit code, and it is gone",
      event("adopted", "child"),
      says(/^waitpid: \d+ exit 7$/, "init"),
      event("gone", "child"),
    ),
    mustHold("the kernel let init wait for that very process", (events) => {
      const child = events.find(event("starts", "child"));
      const said = events.find(says(/^waitpid: /, "init"));
      return said?.text.startsWith(`waitpid: ${child?.pid} `)
        ? yes(said.text)
        : no(said?.text ?? "it did not");
    }),
  ],
  names: ["parent", "child"],
  play: async (stage) => {
    const init = stage.start("init");
    await stage.until(() => stage.has(event("zombie", "child")));
    stage.next(init);
    await stage.until(() => stage.has(event("adopted", "child")));
    stage.next(init);
    await stage.until(() => stage.has(event("gone", "child")));
    stage.next(init);
    await stage.allEnded();
  },
};

export const orphan: Scenario = {
  id: "orphan",
  title: "the parent is killed while its child runs",
  topic: "endings",
  hurry: 60,
  learn:
    "An orphan is a running process whose parent has ended. The kernel gives it a new parent at once: init or the nearest subreaper. Nothing else changes for it: it runs on, ends when it is done, and its new parent waits for it. Orphans are harmless to the system; a forgotten one may still hold a port or a file.",
  claim:
    "A child whose parent has ended becomes an orphan, is adopted by init and collected by it in the end; orphans do no harm.",
  care:
    "One tutorial gives init the PID 0; it is 1. Its example makes the child daemonic and kills main with -9: the child is orphaned all the same, because the rule that ends daemonic children is carried out by main itself. With imp's Process it would be ended by the kernel, so a plain child is used here.",
  rules: [
    inOrder(
      "main is killed, then the child has another parent",
      event("starts", "child 1"),
      event("ends", "main", "killed by KILL"),
      event("adopted", "child 1"),
    ),
    mustHold("the new parent is init or a subreaper: an ancestor of main", (events) => {
      const adopted = events.find(event("adopted", "child 1"));
      const facts = shown(events, "child 1")?.facts;
      if (!adopted?.moment || !facts) return no("no adoption was seen");
      const text = `${adopted.moment.ppid} ${facts.parent} (${facts.role})`;
      return facts.above === true ? yes(text) : no(text);
    }),
    allBefore(
      "it runs on after that and comes to its end",
      event("adopted", "child 1"),
      says("hello", "child 1"),
    ),
    never("its end is not a failure", event("ends", "child 1", /^exit [1-9]|^killed/)),
    onThisHost(mustHold("its new parent waits for it, so no zombie stays", (events) => {
      const ends = events.find(event("ends", "child 1"));
      const stays = events.find(event("zombie", "child 1"));
      const gone = events.find(event("gone", "child 1"));
      if (!ends) return no("no end was seen");
      if (!stays) return yes("at once");
      return gone
        ? yes(`after ${gone.at - ends.at} ms`)
        : no(`not within ${SLOW_INIT_MS / 1000} s: imp doctor tells more`);
    })),
  ],
  play: async (stage) => {
    const above = ancestors();
    const main = stage.start("main");
    await stage.until(() => stage.has(says(/^the child is/)));
    stage.signal(main, SIGKILL);
    if (await stage.until(() => stage.has(event("adopted", "child 1")))) {
      const child = stage.pids("child 1")[0];
      const parent = collectFacts(child)?.parent;
      stage.show(child, "the new parent", {
        parent: parent?.comm ?? null,
        role: parent?.pid === 1 ? "init" : "subreaper",
        above: parent !== undefined && parent !== null && above.includes(parent.pid),
      });
    }
    stage.next(main);
    await stage.allEnded();
    const child = stage.pids("child 1")[0];
    await stage.until(() => momentNow(child) === null, SLOW_INIT_MS);
  },
};

/** This process and its ancestors. */
function ancestors(): number[] {
  const found: number[] = [];
  for (let one = readStat("self"); one; one = one.ppid > 0 ? readStat(one.ppid) : undefined) {
    found.push(one.pid);
  }
  return found;
}

export const zombieFlood: Scenario = {
  id: "zombie-flood",
  title: "children that nobody waits for fill the table of PIDs",
  topic: "endings",
  follow: false,
  names: ["parent"],
  learn:
    "Each zombie holds a PID, and there are only so many. A server that never waits loses one with every child, until every fork fails with EAGAIN. Killing zombies does nothing; when the parent ends, all of them are adopted and collected at once.",
  claim:
    "Many zombies are dangerous because the system runs out of PIDs and cannot start processes any more.",
  care:
    "True, and the number is no longer small: kernel.pid_max is 4,194,304 on most 64-bit systems today, while a control group (pids.max) or a user's limit (ulimit -u) often is what fills first.",
  rules: [
    mustHold("each child that nobody waited for holds a PID as a zombie", (events) => {
      const facts = shown(events, "parent")?.facts;
      if (!facts) return no("nothing was shown");
      const text =
        `${facts.zombies} of ${facts.started}, ${facts.shareOfPids} of ${facts.pidMax} PIDs`;
      return facts.zombies === facts.started && Number(facts.zombies) > 0 ? yes(text) : no(text);
    }),
    inOrder(
      "all are collected after the one parent has ended",
      event("shows", "parent"),
      event("ends", "parent"),
      says(/^collected 100$/, "init"),
    ),
    happens("then none is left", event("shows", "init", "none is left"), 1),
  ],
  play: async (stage) => {
    const init = stage.start("init");
    const started = says(/^started (\d+)/);
    await stage.until(() => {
      for (const pid of childrenOf(init)) stage.observe(pid, "parent");
      return stage.has(started);
    });
    const parent = stage.pids("parent")[0];
    const number = Number(/\d+/.exec(stage.events.find(started)?.text ?? "")?.[0]);
    const zombies = () => childrenOf(parent).filter((pid) => isEnded(pid));
    await stage.until(() => zombies().length === number);
    const pids = zombies();
    const pidMax = readNumber("/proc/sys/kernel/pid_max") ?? 0;
    stage.show(parent, "zombies", {
      started: number,
      zombies: pids.length,
      pidMax,
      shareOfPids: `${(100 * pids.length / pidMax).toPrecision(2)} %`,
    });
    stage.next(init);
    await stage.ended(parent);
    stage.next(init);
    await stage.until(() => stage.has(says(/^collected/)));
    if (pids.every((pid) => !isEnded(pid)) && childrenOf(init).length === 0) {
      stage.show(init, "none is left", { zombies: 0 });
    }
    stage.next(init);
    await stage.allEnded();
  },
};

function isEnded(pid: number): boolean {
  const stat = readStat(pid);
  return stat !== undefined && isZombie(stat);
}

import { describeEnding, waitFor } from "../../libc/processes/wait.ts";
import { becomeSubreaper, ownPid } from "../../libc/processes/process.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { readStat } from "../../procfs/stat.ts";
import { runtime } from "../../runtime/mod.ts";
import { type ProgramParts, rest, say, startPart, startWords, turn } from "../program.ts";

/** Least and most time that a child computes before it ends, milliseconds: enough to be seen at work. */
const WORK_MS = 60, MOST_WORK_MS = 5000;
const CHILD_EXIT = 7;

export const zombieParts: ProgramParts = {
  main: async () => {
    const child = startPart("zombie", "child");
    say("I do not wait for my child");
    await rest(30);
    turn();
    const reaped = waitFor(child);
    say(`waitpid: ${reaped ? describeEnding(reaped.ending) : "no such child"}`);
    turn();
    say("main ends");
  },
  child: () => {
    const began = runtime.now();
    const worked = () => runtime.now() - began;
    // The kernel counts clock ticks of 10 ms; on a busy machine it may take long until one falls on this process.
    while (worked() < WORK_MS || !isCounted() && worked() < MOST_WORK_MS);
    say("the child ends");
    return CHILD_EXIT;
  },
};

/** Whether the kernel has counted any CPU time for this process. */
function isCounted(): boolean {
  const stat = readStat("self");
  return stat === undefined || stat.userTicks + stat.systemTicks > 0;
}

/** Does what an init does: adopts the orphans of its child and waits for them; here only after the lab has looked. */
function init(id: string, tell: (text: string) => void): void {
  becomeSubreaper();
  waitFor(startPart(id, "parent"));
  turn();
  let collected = 0;
  for (let reaped = waitFor(-1); reaped; reaped = waitFor(-1)) {
    collected++;
    tell(`waitpid: ${reaped.pid} ${describeEnding(reaped.ending)}`);
  }
  say(`collected ${collected}`);
  turn();
}

export const collectedParts: ProgramParts = {
  init: () => init("zombie-collected-by-init", say),
  parent: async () => {
    startPart("zombie-collected-by-init", "child");
    await rest(3);
    turn();
    say("the parent ends and has not waited");
  },
  child: () => {
    say("the child ends");
    return CHILD_EXIT;
  },
};

export const orphanParts: ProgramParts = {
  main: async () => {
    say(`main is ${ownPid()}`);
    startPart("orphan", "child");
    await rest(300);
  },
  child: async () => {
    say(`the child is ${ownPid()}`);
    await rest(60);
    turn();
    say("hello");
  },
};

const FLOOD = 100;

export const floodParts: ProgramParts = {
  init: () => init("zombie-flood", () => {}),
  parent: () => {
    const path = findProgram("true", rawEnvironment(), "/");
    for (let n = 0; n < FLOOD; n++) startWords([path]);
    say(`started ${FLOOD}, waited for none`);
    turn();
    say("the parent ends");
  },
};

import { SIGACTION } from "../../src/libc/structs.ts";
import { type ChildWakeup, watchChildren } from "../../src/libc/processes/child_wakeup.ts";
import { closeFile, isOpen } from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate, scratch } from "../../src/libc/calling/memory.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import {
  resetSignal,
  sendSignal,
  setSignalMask,
  signalSet,
} from "../../src/libc/processes/signals.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { skip } from "../skip.ts";
import { assertEquals, test } from "./harness.ts";
import { eventually, SHELL, start } from "./support.ts";

const SIGCHLD = 17;

function isReadable({ fds }: ChildWakeup): boolean {
  const POLLIN = 1;
  return fds.some((fd) =>
    scratch(() => {
      const request = allocate(8);
      request.view.setInt32(0, fd, true);
      request.view.setInt16(4, POLLIN, true);
      return libc("poll").poll(request.address, 1, 0) === 1;
    })
  );
}

/** What it has opened, and its hold on SIGCHLD. */
function release({ fds }: ChildWakeup): void {
  resetSignal(SIGCHLD);
  setSignalMask(signalSet("none"));
  for (const fd of fds) closeFile(fd);
}

/** Deno has something there itself; then every child gets a pidfd, and that is what can be tried. */
const free = !isOpen(SIGCHLD);

test("child wake-up: the handler asks for the siginfo, whose address is what it writes", async (name) => {
  if (!free) return skip(name, "descriptor 17 is taken");
  const wakeup = watchChildren();
  try {
    const flags = scratch(() => {
      const action = allocate(SIGACTION.bytes);
      libc("sigaction").sigaction(SIGCHLD, 0, action.address);
      return action.view.getInt32(136, true);
    });
    const SA_SIGINFO = 4;
    assertEquals([wakeup.fds[1], flags & SA_SIGINFO], [SIGCHLD, SA_SIGINFO]);
    for (const blocked of [true, false]) {
      if (!blocked) setSignalMask(signalSet("none"));
      // Each of many, whatever was interrupted; a thread that has it unblocked takes it a moment later.
      for (let i = 0; i < 1000; i++) {
        sendSignal(ownPid(), SIGCHLD);
        if (!isReadable(wakeup)) await eventually(() => isReadable(wakeup), `signal ${i}`);
        // A thread may be about to handle what the signalfd showed a moment ago.
        await eventually(() => {
          wakeup.clear();
          return !isReadable(wakeup);
        }, `signal ${i} is cleared`);
      }
    }
  } finally {
    release(wakeup);
  }
});

for (const taken of free ? [false, true] : [true]) {
  test(`child wake-up: the end of a child is seen, descriptor 17 ${taken ? "taken" : "free"}`, async () => {
    if (taken && free) libc("dup2").dup2(2, SIGCHLD);
    const wakeup = watchChildren();
    try {
      const pid = start({ argv: [SHELL, "-c", "exit 3"] });
      wakeup.started(pid);
      await eventually(() => isReadable(wakeup), "the wake-up");
      wakeup.clear();
      assertEquals(waitFor(pid)?.ending, { how: "exit", code: 3 });
      wakeup.reaped(pid);
    } finally {
      release(wakeup);
      if (free) closeFile(SIGCHLD);
    }
  });
}

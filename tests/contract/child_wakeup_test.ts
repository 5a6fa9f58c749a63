import { SIGACTION } from "../../src/libc/structs.ts";
import { watchChildren } from "../../src/libc/processes/child_wakeup.ts";
import { closeFile, isOpen } from "../../src/libc/descriptors/files.ts";
import { libc } from "../../src/libc/calling/load.ts";
import { allocate, scratch } from "../../src/libc/calling/memory.ts";
import { ownPid } from "../../src/libc/processes/process.ts";
import { resetSignal, sendSignal } from "../../src/libc/processes/signals.ts";
import { waitFor } from "../../src/libc/processes/wait.ts";
import { skip } from "../skip.ts";
import { assert, assertEquals, test } from "./harness.ts";
import { eventually, SHELL, start } from "./support.ts";

const SIGCHLD = 17;

function readable(fd: number): boolean {
  const POLLIN = 1;
  return scratch(() => {
    const request = allocate(8);
    request.view.setInt32(0, fd, true);
    request.view.setInt16(4, POLLIN, true);
    return libc("poll").poll(request.address, 1, 0) === 1;
  });
}

/** Deno has something there itself; then every child gets a pidfd, and that is what can be tried. */
const free = !isOpen(SIGCHLD);

test("child wake-up: the handler asks for the siginfo, whose address is what it writes", (name) => {
  if (!free) return skip(name, "descriptor 17 is taken");
  const wakeup = watchChildren();
  try {
    const flags = scratch(() => {
      const action = allocate(SIGACTION.bytes);
      libc("sigaction").sigaction(SIGCHLD, 0, action.address);
      return action.view.getInt32(136, true);
    });
    const SA_SIGINFO = 4;
    assertEquals([wakeup.fd, flags & SA_SIGINFO], [SIGCHLD, SA_SIGINFO]);
    // Each of many, whatever was interrupted.
    for (let i = 0; i < 1000; i++) {
      sendSignal(ownPid(), SIGCHLD);
      assert(readable(wakeup.fd), `signal ${i}`);
      wakeup.clear();
      assertEquals(readable(wakeup.fd), false);
    }
  } finally {
    resetSignal(SIGCHLD);
    closeFile(wakeup.fd);
  }
});

for (const taken of free ? [false, true] : [true]) {
  test(`child wake-up: the end of a child is seen, descriptor 17 ${taken ? "taken" : "free"}`, async () => {
    if (taken && free) libc("dup2").dup2(2, SIGCHLD);
    const wakeup = watchChildren();
    try {
      const pid = start({ argv: [SHELL, "-c", "exit 3"] });
      wakeup.started(pid);
      await eventually(() => readable(wakeup.fd), "the wake-up");
      wakeup.clear();
      assertEquals(waitFor(pid)?.ending, { how: "exit", code: 3 });
      wakeup.reaped(pid);
    } finally {
      resetSignal(SIGCHLD);
      if (free) closeFile(SIGCHLD);
      if (wakeup.fd !== SIGCHLD) closeFile(wakeup.fd);
    }
  });
}

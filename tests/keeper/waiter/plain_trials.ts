// What a waiter must do on every kernel and emulator.
import { assert, assertEquals } from "@std/assert";
import { PAGE } from "../../../src/keeper/waiter/page_layout.ts";
import { LOCK_EX, O_RDWR } from "../../../src/libc/abi.ts";
import { libc } from "../../../src/libc/calling/load.ts";
import { closeFile, openFile, readSome, writeAll } from "../../../src/libc/descriptors/files.ts";
import { mapShared } from "../../../src/libc/descriptors/mapping.ts";
import { openPipe } from "../../../src/libc/descriptors/pipe.ts";
import { readTimer, setTimer } from "../../../src/libc/descriptors/timer.ts";
import { eventually, statFields } from "../../e2e/harness.ts";
import { parentOf, pause, statusOf, switches, type Trial } from "./stage.ts";

export const OF_GUARD = "a program that is the guard's, from before: its end is told to the keeper";

/** Needs only system calls that every emulator has. */
export const PLAIN: Record<string, Trial> = {
  "kill -9 of the keeper: the guard acts; and forks a keeper when it is told to": async (stage) => {
    stage.raise();
    await stage.rest();
    Deno.kill(stage.keeper, "SIGKILL");
    await eventually(() => stage.page.keeper === stage.guard, "the guard acts");
    await stage.rest();
    assertEquals([stage.page.guard, stage.page.raised.partner], [0, 1]);
    assertEquals(statusOf(stage.guard, "Name"), "imp-keeper");
    const last = stage.turns().at(-1)!;
    assertEquals([last.parent, last.raised.partner], [stage.guard, 1]);

    stage.file("pair");
    Deno.kill(stage.guard, "SIGUSR1");
    await eventually(() => ![0, stage.guard].includes(stage.page.keeper), "a new keeper");
    stage.remove("pair");
    await stage.rest();
    assertEquals(stage.page.guard, stage.guard);
    assertEquals(parentOf(stage.page.keeper), stage.guard);
    assertEquals(statusOf(stage.guard, "Name"), "imp-guard");
    await eventually(() => stage.turns().at(-1)!.parent === stage.page.keeper, "it acts");
    assertEquals(stage.turns().at(-1)!.raised.begin, 2);
    await stage.leave();
  },

  [OF_GUARD]: async (stage) => {
    // Shells change the mask of blocked signals.
    const before = `import os, sys
pid = os.fork()
if pid == 0: os.execvp("sh", ["sh", "-c", "while [ ! -e go ]; do sleep 0.01; done; kill -USR2 $$"])
open("before", "w").write(str(pid))
os.execv(sys.argv[1], ["imp-keeper"] + sys.argv[2:])
`;
    const launch = `import os; os.chdir("${stage.directory}")\n${before}`;
    stage.raise({ through: [python()!, "-c", launch] });
    await stage.rest();
    const pid = Number(stage.read("before"));
    assertEquals(parentOf(pid), stage.guard);
    stage.page.program = pid;
    const turns = stage.turns().length;
    stage.file("go");
    await eventually(() => stage.page.raised.ended === 1, "its end is told");
    await eventually(() => stage.turns().length > turns, "a turn");
    await stage.rest();
    const { ending, at, maxRssBytes } = stage.page.ended()!;
    assertEquals(ending, { how: "signal", signal: 12, core: false });
    assert(Math.abs(at - Date.now()) < 600_000 && maxRssBytes > 100_000);
    assertEquals([stage.page.program, stage.turns().at(-1)!.parent], [0, stage.keeper]);
  },

  "turns that fail are tried again": async (stage) => {
    stage.file("fail");
    stage.raise();
    await eventually(() => stage.page.failures > 2, "it fails");
    assertEquals(stage.page.turnEnding, { how: "exit", code: 3 });
    assertEquals(stage.page.seen.begin, 0);
    stage.remove("fail");
    await stage.rest();
    await eventually(() => stage.page.failures === 0, "one that does well begins the count anew");
    assertEquals(stage.page.seen.begin, 1);
  },

  "guard, keeper and a turn, each the child of the other": async (stage) => {
    stage.raise();
    await stage.rest();
    const { guard, keeper, page } = stage;
    assertEquals([page.guard, page.keeper, page.turn, page.failures], [guard, keeper, 0, 0]);
    assertEquals([statusOf(guard, "Name"), statusOf(keeper, "Name")], ["imp-guard", "imp-keeper"]);
    assertEquals(parentOf(keeper), guard);
    const session = (pid: number) => Number(statFields(pid)?.[3]);
    assertEquals([session(guard), session(keeper)], [guard, keeper]);
    assertEquals(Deno.readLinkSync(`/proc/${keeper}/cwd`), "/");
    const [first, ...others] = stage.turns();
    assertEquals(others, []);
    assertEquals(first.parent, keeper);
    assertEquals(first.raised.begin, 1);
    await stage.leave();
  },

  "a turn begins with nothing blocked but USR1, and nothing ignored": async (stage) => {
    stage.file("act", "grep -E '^Sig(Blk|Ign)' /proc/self/status >signals");
    stage.raise();
    await stage.rest();
    const signals = stage.read("signals").trim().split(/\s+/);
    assertEquals(signals, ["SigBlk:", "0000000000000200", "SigIgn:", "0000000000000000"]);
  },

  "kill -9 of the guard: the keeper is told": async (stage) => {
    stage.raise();
    await stage.rest();
    Deno.kill(stage.guard, "SIGKILL");
    await eventually(() => stage.page.raised.partner === 1, "told");
    await stage.rest();
    assertEquals([stage.page.guard, stage.page.keeper], [0, stage.keeper]);
    await stage.leave();
  },

  "signals to the guard are the keeper's; TERM, HUP, INT are told": async (stage) => {
    stage.raise();
    await stage.rest();
    for (const [i, [name, number]] of Object.entries({ TERM: 15, HUP: 1, INT: 2 }).entries()) {
      Deno.kill(i === 1 ? stage.keeper : stage.guard, `SIG${name}` as Deno.Signal);
      await eventually(() => stage.page.raised.asked === i + 1, name);
      await stage.rest();
      assertEquals(stage.page.signal, number);
      assertEquals(stage.turns().at(-1)!.raised.asked, i + 1);
    }
    Deno.kill(stage.guard, "SIGUSR1");
    await eventually(() => stage.page.raised.wake === 1, "USR1");
    await stage.rest();
    for (const signal of ["SIGQUIT", "SIGUSR2", "SIGPIPE", "SIGWINCH"] as const) {
      Deno.kill(stage.guard, signal);
      Deno.kill(stage.keeper, signal);
    }
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.page.raised.wake === 2, "no other signal ends it");
    await stage.rest();
    assertEquals([stage.page.raised.partner, stage.page.guard], [0, stage.guard]);
  },

  "ALRM: awake three seconds later": async (stage) => {
    stage.raise();
    await stage.rest();
    const begun = performance.now();
    Deno.kill(stage.guard, "SIGALRM");
    await eventually(() => stage.page.raised.wake === 1, "awake");
    assert(performance.now() - begun > 2900, `${performance.now() - begun}`);
    await stage.rest();
  },

  "a signal while a turn runs wakes that turn, and another one follows": async (stage) => {
    stage.raise();
    await stage.rest();
    stage.file("hold");
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.turns().length === 2, "a turn runs");
    const { pid } = stage.turns()[1];
    Deno.kill(stage.guard, "SIGTERM");
    await eventually(() => BigInt(`0x${statusOf(pid, "ShdPnd")}`) === 0x200n, "USR1 is pending");
    stage.remove("hold");
    await stage.rest();
    const [, second, third] = stage.turns();
    assertEquals([second.raised.asked, third.raised.asked], [0, 1]);
  },

  "what is watched: ready, hung up, broken, not open": async (stage) => {
    const [ready, hungUp, broken] = [pipe(), pipe(), pipe()];
    stage.raise({ watched: [ready.read, hungUp.read, broken.write] });
    await stage.rest();
    writeAll(ready.write, "x");
    await eventually(() => stage.page.raised.watched > 0, "ready");
    await eventually(() => stage.page.turn === 0 || stage.turns().length > 3, "a turn");
    assertEquals(readSome(ready.read).toString(), "120");
    // A turn that begins now follows every look at the pipe before it was read.
    await stage.act(":");
    assertEquals(stage.page.takeReady(), [0]);
    assert(stage.page.isWatched(0));

    closeFile(hungUp.write);
    closeFile(hungUp.read);
    await eventually(() => !stage.page.isWatched(1), "hung up");
    await stage.rest();
    assertEquals(stage.page.takeReady(), [1]);
    closeFile(broken.read);
    await eventually(() => !stage.page.isWatched(2), "broken");
    await stage.rest();
    assertEquals(stage.page.takeReady(), [2]);
    // The fourth is not open, and only a faulty turn would have it watched.
    const raised = stage.page.raised.watched;
    const words = new Int32Array(memoryOf(stage.keeper));
    words[(PAGE.polled + 8 * 5) / 4] = 999;
    words[(PAGE.polled + 8 * 5) / 4 + 1] = 1;
    words[PAGE.polledCount / 4] = 6;
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.page.raised.watched > raised, "not open");
    await stage.rest();
    assertEquals(words[(PAGE.polled + 8 * 5) / 4], -1);
    await eventually(() => statusOf(stage.keeper, "State").startsWith("S"), "asleep");
    const before = switches(stage.keeper);
    await pause(300);
    assertEquals(switches(stage.keeper), before, "it does not spin");
    for (const fd of [ready.read, ready.write, broken.write]) closeFile(fd);
  },

  "the timer": async (stage) => {
    stage.raise();
    await stage.rest();
    setTimer(stage.timer, { after: 50 });
    // Until it is read, it is ready again after each turn.
    await eventually(() => stage.page.raised.timer > 0, "it has expired");
    assertEquals(readTimer(stage.timer), "expired");
    await stage.rest();
    const { timer } = stage.turns().at(-1)!.raised;
    assert(timer > 0);
    await pause(100);
    assertEquals(stage.page.raised.timer, timer);
  },

  "all places for turns are taken: it waits, not for ever": async (stage) => {
    stage.raise();
    await stage.rest();
    const slot = openFile(Deno.readLinkSync(`/proc/${stage.keeper}/fd/7`), O_RDWR);
    assertEquals(libc("flock").flock(slot, LOCK_EX), 0);
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.page.pending().length === 1, "there is something to do");
    await pause(200);
    assertEquals(stage.turns().length, 1);
    // After some seconds it continues: someone hangs.
    await stage.rest();
    Deno.kill(stage.keeper, "SIGUSR1");
    await eventually(() => stage.page.pending().length === 1, "there is something to do again");
    closeFile(slot);
    await stage.rest();
    assertEquals(stage.turns().length, 3);
  },

  "with few descriptors": async (stage) => {
    stage.raise({ through: ["prlimit", "--nofile=16:16"] });
    await stage.rest();
    await stage.leave();
  },
};

/** The interpreter itself: some machines have a bash script in its place, which changes the mask of blocked signals. */
export function python(): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(":");
  return folders.map((folder) => `${folder}/python3`).find((path) => {
    try {
      const file = Deno.openSync(path);
      const head = new Uint8Array(4);
      file.readSync(head);
      file.close();
      return new TextDecoder().decode(head) === "\x7fELF";
    } catch {
      return false;
    }
  });
}

function pipe(): { read: number; write: number } {
  const [read, write] = openPipe(20);
  return { read, write };
}

function memoryOf(waiter: number): ArrayBuffer {
  const fd = openFile(`/proc/${waiter}/fd/5`, O_RDWR);
  try {
    return mapShared(fd, PAGE.bytes);
  } finally {
    closeFile(fd);
  }
}

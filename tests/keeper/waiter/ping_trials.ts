// What a waiter must do with messages of sd_notify(3).
import { assert, assertEquals } from "@std/assert";
import { WAITER_FD } from "../../../src/keeper/waiter/page_layout.ts";
import { AF_UNIX, POLLIN, SOCK_DGRAM } from "../../../src/libc/abi.ts";
import { libc } from "../../../src/libc/calling/load.ts";
import { allocate, scratch } from "../../../src/libc/calling/memory.ts";
import { closeFile } from "../../../src/libc/descriptors/files.ts";
import {
  openNotifySocket,
  receiveNotification,
} from "../../../src/libc/descriptors/notify_socket.ts";
import { PollSet } from "../../../src/libc/descriptors/poll.ts";
import { openTimer, readTimer, setTimer } from "../../../src/libc/descriptors/timer.ts";
import { eventually, statFields } from "../../e2e/harness.ts";
import { python } from "./plain_trials.ts";
import { pause, type Stage, type Trial } from "./stage.ts";

/** The program is this process, and so are all other senders. */
class Speaker {
  readonly socket: number;
  readonly timer: number;
  private readonly writer: number;

  private readonly name = `imp/test/${crypto.randomUUID()}`;

  constructor(private readonly stage: Stage) {
    this.socket = openNotifySocket(this.name);
    this.timer = openTimer();
    this.writer = connected(this.name);
  }

  /** The state after a turn. @param timer the waiters' number of one, -1 for none */
  async raise(timer: number, program = Deno.pid): Promise<void> {
    const { stage, socket } = this;
    stage.raise({ watched: [socket, this.timer] });
    await stage.rest();
    stage.page.program = program;
    stage.page.takePings(timer, 600_000);
  }

  say(text: string): void {
    const bytes = new TextEncoder().encode(text);
    scratch(() => {
      const block = allocate(Math.max(1, bytes.length));
      block.bytes.set(bytes);
      assertEquals(libc("write").write(this.writer, block.address, bytes.length), bytes.length);
    });
  }

  /** Sends something other than a ping, and handles it as a turn would. */
  async told(text: string): Promise<void> {
    const { stage } = this;
    const { raised: { watched }, pinged } = stage.page;
    stage.file("hold");
    this.say(text);
    await eventually(() => stage.page.raised.watched > watched, `${text} is told of`);
    assertEquals(receiveNotification(this.socket)?.text, text);
    stage.remove("hold");
    await stage.rest();
    assertEquals([stage.page.pinged, receiveNotification(this.socket)], [pinged, undefined]);
    assertEquals(stage.page.takeReady(), [0]);
  }

  /** Sends nothing but pings, without a break. */
  flood(): Deno.ChildProcess {
    const code = `import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.connect("\\0${this.name}")
while True: s.send(b"WATCHDOG=1")`;
    return new Deno.Command(python()!, { args: ["-c", code] }).spawn();
  }

  isTimerOver(): boolean {
    const polled = new PollSet(1);
    polled.watch(0, this.timer, POLLIN);
    return polled.wait(0) > 0;
  }

  close(): void {
    for (const fd of [this.socket, this.timer, this.writer]) closeFile(fd);
  }
}

function connected(name: string): number {
  const { socket, connect } = libc("socket", "connect");
  const fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  const bytes = new TextEncoder().encode(name);
  scratch(() => {
    const address = allocate(3 + bytes.length);
    address.view.setUint16(0, AF_UNIX, true);
    address.bytes.set(bytes, 3);
    assertEquals(connect(fd, address.address, address.bytes.length), 0);
  });
  return fd;
}

function withSpeaker(trial: (stage: Stage, speaker: Speaker) => Promise<void>): Trial {
  return async (stage) => {
    const speaker = new Speaker(stage);
    try {
      await trial(stage, speaker);
    } finally {
      speaker.close();
    }
  };
}

export const PINGS: Record<string, Trial> = {
  "plain pings of the program are taken without a turn, and a timer begins anew": withSpeaker(
    async (stage, speaker) => {
      await speaker.raise(WAITER_FD.watched + 1);
      const turns = stage.turns().length;
      // A ping sets it to ten minutes.
      setTimer(speaker.timer, { after: 300 });
      for (let i = 1; i <= 20; i++) {
        speaker.say(i % 2 === 0 ? "WATCHDOG=1" : "WATCHDOG=1\n");
        await eventually(() => stage.page.pinged === i, `ping ${i}`);
      }
      assertEquals(receiveNotification(speaker.socket), undefined);
      // Simultaneous ones are handled one after the other.
      for (let i = 0; i < 5; i++) speaker.say("WATCHDOG=1");
      await eventually(() => stage.page.pinged === 25, "all of them");
      await new Promise((resolve) => setTimeout(resolve, 400));
      assert(!speaker.isTimerOver());
      assertEquals([stage.turns().length, stage.page.raised.watched], [turns, 0]);
      setTimer(speaker.timer, { after: 1 });
      await eventually(() => stage.page.raised.watched > 0, "its end is told");
      setTimer(speaker.timer, "never");
      await stage.rest();
      assertEquals(stage.page.takeReady(), [1]);
      await stage.leave();
    },
  ),

  "of everything else in that socket a turn is told": withSpeaker(async (stage, speaker) => {
    await speaker.raise(-1);
    for (
      const text of [
        ...["", "W", "WATCHDOG=", "WATCHDOG=1\n\n", "WATCHDOG=12", "WATCHDOG=2", "WATCHDOg=1"],
        ...["READY=1", "WATCHDOG=1\nSTATUS=x", "STATUS=x\nWATCHDOG=1", "WATCHDOG=trigger"],
        `WATCHDOG=1${" ".repeat(4000)}`,
      ]
    ) await speaker.told(text);
    speaker.say("WATCHDOG=1");
    await eventually(() => stage.page.pinged === 1, "pings are taken without a timer too");

    stage.page.program = stage.keeper;
    await speaker.told("WATCHDOG=1");
    stage.page.program = Deno.pid;
    stage.page.leavePings();
    await speaker.told("WATCHDOG=1\n");
    assertEquals(stage.page.failures, 0);
    await stage.leave();
  }),

  "in the pause after a failed turn: pings are taken, all else waits; the timer too": withSpeaker(
    async (stage, speaker) => {
      await speaker.raise(WAITER_FD.watched + 1);
      await inPause(stage);
      setTimer(stage.timer, { after: 1 });
      for (let i = 1; i <= 20; i++) {
        speaker.say("WATCHDOG=1");
        await eventually(() => stage.page.pinged === i, `ping ${i}`);
      }
      assert(stage.page.failures > 0);
      speaker.say("STATUS=x");
      await eventually(() => stage.page.raised.watched === 1, "it is told of");
      speaker.say("WATCHDOG=1");
      const before = processorTicks(stage.keeper);
      await pause(500);
      assert(processorTicks(stage.keeper) - before < 20, "it does not spin");
      assertEquals([stage.page.pinged, stage.page.raised.watched], [20, 1]);
      assertEquals([stage.page.raised.timer, stage.page.seen.watched], [0, 0]);
      assertEquals(receiveNotification(speaker.socket)?.text, "STATUS=x");
      assertEquals(stage.page.takeReady(), [0]);
      await eventually(() => stage.page.pinged === 21, "the ping behind it");
      stage.remove("fail");
      await eventually(() => stage.page.raised.timer > 0, "the timer is looked at again");
      assertEquals(readTimer(stage.timer), "expired");
      await stage.rest();
      await stage.leave();
    },
  ),

  "pings without end do not make the pause longer": withSpeaker(async (stage, speaker) => {
    await speaker.raise(-1);
    const { page } = stage;
    await inPause(stage, 3);
    const flood = speaker.flood();
    try {
      page.program = flood.pid;
      await eventually(() => page.pinged > 1000, "they are taken");
      const { failures } = page;
      await eventually(() => page.failures > failures, "the pause is over");
      stage.remove("fail");
      await eventually(() => page.failures === 0, "the turn after it too");
    } finally {
      flood.kill("SIGKILL");
      await flood.status;
    }
    page.program = 0;
    while (receiveNotification(speaker.socket));
    await stage.rest();
    await stage.leave();
  }),
};

/** Turns fail, the last one a short while ago. */
async function inPause(stage: Stage, failures = 4): Promise<void> {
  stage.file("fail");
  Deno.kill(stage.keeper, "SIGUSR1");
  await eventually(() => stage.page.failures >= failures, "it fails");
}

function processorTicks(pid: number): number {
  const fields = statFields(pid)!;
  return Number(fields[11]) + Number(fields[12]);
}

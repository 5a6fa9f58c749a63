import {
  __WALL,
  CLOCK_REALTIME,
  EACCES,
  EAGAIN,
  EINTR,
  ENOENT,
  ENOMEM,
  LOCK_EX,
  LOCK_NB,
  LOCK_UN,
  POLLIN,
  PR_SET_NAME,
  SIGUSR1,
  SIGUSR2,
  WNOHANG,
} from "../../libc/abi.ts";
import { errno } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { allocate } from "../../libc/calling/memory.ts";
import { enter } from "../../libc/descriptors/directory.ts";
import { mapShared } from "../../libc/descriptors/mapping.ts";
import { peekNotification, receiveNotification } from "../../libc/descriptors/notify_socket.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { setTimerBy } from "../../libc/descriptors/timer.ts";
import {
  becomeSubreaper,
  ownPid,
  parentPid,
  setParentDeathSignal,
} from "../../libc/processes/process.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { readSignals } from "../../libc/processes/signalfd.ts";
import { type Bytes, spawn } from "../../libc/processes/spawn.ts";
import { ITIMERSPEC } from "../../libc/structs.ts";
import { runtime } from "../../runtime/mod.ts";
import { END_RECORD, MOST_WATCHED, PAGE, WAITER_FD } from "./page_layout.ts";
import { WaiterBehaviour, type WaiterKernel } from "./behaviour.ts";
import { waiterMask } from "./mask.ts";
import { PING, STAY_COMMAND, WAITER_NAME } from "./parts.ts";

/**
 * A waiter that is imp itself, for hosts on which no file of ours may be executed: the same page, descriptors and
 * events, at least ten times the memory. It blocks this process' only thread, and never returns.
 * @param turn the words of a turn
 */
export function stayAsWaiter(role: keyof typeof WAITER_NAME, turn: readonly Bytes[]): never {
  const words = new Int32Array(mapShared(WAITER_FD.page, PAGE.bytes));
  const kernel = new ResidentKernel(words, turn);
  const waiter = new WaiterBehaviour(words, kernel);
  enter("/");
  becomeSubreaper();
  if (role === "guard") waiter.beginAsGuard();
  else {
    setParentDeathSignal(SIGUSR2);
    waiter.beginAsKeeper();
  }
  const polled = new PollSet(2 + MOST_WATCHED);
  for (;;) {
    const pid = kernel.reap();
    if (pid > 0) {
      waiter.childEnded(pid, kernel.status);
      continue;
    }
    const sleep = waiter.rest();
    if (sleep === undefined) continue;
    for (let i = 0; i < 2 + MOST_WATCHED; i++) {
      const isPolled = i < sleep.polled && (i !== 1 || sleep.timer);
      const fd = isPolled ? Atomics.load(words, PAGE.polled / 4 + 2 * i) : -1;
      polled.watch(i, fd, POLLIN);
    }
    const before = runtime.now();
    polled.wait(sleep.pause ? Math.ceil(waiter.pause) : -1);
    if (sleep.pause) {
      waiter.pause = Math.max(0, waiter.pause - (runtime.now() - before));
      if (waiter.pause === 0) waiter.pauseOver();
    }
    for (const { number } of readSignals(WAITER_FD.signals)) waiter.signalled(number);
    for (let i = sleep.polled - 1; i > 0; i--) {
      const events = polled.ready(i);
      if (events !== 0) waiter.found(i, events);
    }
  }
}

/** A waiter's system calls, through libc. */
class ResidentKernel implements WaiterKernel {
  private readonly c = libc("wait4", "kill", "prctl", "flock", "clock_gettime");
  /** The last end found, in the page's format. */
  private readonly found = allocate(END_RECORD.bytes);
  private readonly name = allocate(16);
  private readonly descriptors: [number, number][];

  constructor(private readonly words: Int32Array, private readonly turn: readonly Bytes[]) {
    const { signals, timer, page, imp, turns, kept, watched, held } = WAITER_FD;
    const own = [0, 1, 2, signals, timer, page, imp, turns, kept];
    for (let i = 2; i < words[PAGE.polledCount / 4]; i++) own.push(watched + i - 2);
    for (let i = 0; i < words[PAGE.held / 4]; i++) own.push(held + i);
    this.descriptors = own.map((fd) => [fd, fd]);
  }

  get status(): number {
    return this.found.view.getInt32(END_RECORD.status, true);
  }

  /** @returns the PID of an ended child; less than 1 if there is none */
  reap(): number {
    const { address, view } = this.found;
    const { status, usage } = END_RECORD;
    for (;;) {
      const pid = this.c.wait4(-1, address + status, WNOHANG | __WALL, address + usage);
      view.setInt32(END_RECORD.pid, pid, true);
      if (pid >= 0 || errno() !== EINTR) return pid;
    }
  }

  pid(): number {
    return ownPid();
  }

  parent(): number {
    return parentPid();
  }

  be(role: keyof typeof WAITER_NAME): void {
    this.name.bytes.fill(0);
    this.name.bytes.set(new TextEncoder().encode(WAITER_NAME[role]));
    this.c.prctl(PR_SET_NAME, this.name.address, 0, 0, 0);
  }

  /** Another process: a runtime with threads does not fork. */
  startKeeper(): number {
    const [, ...words] = runtime.selfCommand();
    return spawn({
      path: ownFile(),
      argv: [WAITER_NAME.keeper, ...words, STAY_COMMAND, "keeper", "--", ...this.turn],
      env: rawEnvironment(),
      newSession: true,
      blocked: waiterMask(),
      descriptors: this.descriptors,
    });
  }

  startTurn(byDescriptor: boolean): number {
    const pid = byDescriptor ? -ENOENT : this.spawnTurn(this.turn[0]);
    if (pid > 0 || pid === -EAGAIN || pid === -ENOMEM) return pid;
    const other = this.spawnTurn(`/proc/self/fd/${WAITER_FD.imp}`);
    return other > 0 || other !== -EACCES && other !== -ENOENT ? other : pid;
  }

  takeTurn(): number {
    return this.c.flock(WAITER_FD.turns, LOCK_EX | LOCK_NB) === 0 ? 0 : -errno();
  }

  giveTurn(): void {
    this.c.flock(WAITER_FD.turns, LOCK_UN);
  }

  kill(pid: number, signal: number): void {
    this.c.kill(pid, signal);
  }

  pinger(): number {
    const one = peekNotification(WAITER_FD.watched);
    return one && `${one.text}\n`.startsWith(PING) && one.text.length <= PING.length ? one.pid : -1;
  }

  takePing(timer: number): void {
    receiveNotification(WAITER_FD.watched);
    setTimerBy(timer, new Uint8Array(this.words.buffer, PAGE.pingTimer, ITIMERSPEC.bytes));
  }

  record(where: "ended" | "other"): void {
    this.c.clock_gettime(CLOCK_REALTIME, this.found.address + END_RECORD.at);
    new Uint8Array(this.words.buffer, PAGE[where], END_RECORD.bytes).set(this.found.bytes);
  }

  exit(): never {
    runtime.exit(0);
  }

  private spawnTurn(path: Bytes): number {
    return spawn({
      path,
      argv: this.turn,
      env: rawEnvironment(),
      blocked: [SIGUSR1],
      descriptors: this.descriptors,
    });
  }
}

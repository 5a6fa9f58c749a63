/** What a waiter waits for, in the instructions of arm64: waiter.ts. */
import {
  B,
  B_EQ,
  B_GT,
  B_LE,
  B_MI,
  B_NE,
  BL,
  branch,
  near,
  set,
} from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { POLLIN, SIGALRM, SIGCHLD, SIGUSR1, SIGUSR2 } from "../../../libc/abi.ts";
import { SIGNALFD_SIGINFO } from "../../../libc/structs.ts";
import { PAGE, TIMER_EVENTS, WAITER_EVENT, WAITER_FD } from "../page_layout.ts";
import { ALARM, FRAME, PAUSE } from "../parts.ts";
import {
  add,
  addFlag,
  armKernel,
  armRaise,
  compareTo,
  compareWith,
  FLAGS,
  ifClear,
  ifNotZero,
  ifSet,
  ifZero,
  KEPT,
  load,
  loadLong,
  move,
  PAGE_BASE,
  POLLED,
  STACK,
  store,
  storeShort,
  ZERO,
} from "./operands.ts";

/** Bit numbers of the flags. */
const HOLD_BIT = 0, ALARM_BIT = 1;

export function armWaiting(): CodeItem[] {
  return [...reaped(), ...poll(), ...takeSignals(), ...takeWatched()];
}

/** No other child has ended. Is there anything to do, and may it be done now? */
function reaped(): CodeItem[] {
  return [
    { label: "reaped" },
    set(POLLED, 1), // mov w24,#1: the signalfd alone
    ifNotZero(KEPT, "poll"), // cbnz w22: a keeper does it
    load(0, PAGE_BASE, PAGE.turn), // ldr w0,turn
    ifNotZero(0, "poll"), // cbnz w0
    ifSet(FLAGS, HOLD_BIT, "held"), // tbnz w23,#0
    add(0, PAGE_BASE, PAGE.raised), // add x0,x19,#raised
    set(2, Object.keys(WAITER_EVENT).length), // mov w2,#7
    { label: "compare" },
    load(3, 0, PAGE.seen - PAGE.raised), // ldr w3,[x0,#32]
    word(0xb8404401), // ldr w1,[x0],#4
    compareTo(1, 3), // cmp w1,w3
    near(B_NE, "start turn"),
    word(0x51000442), // sub w2,w2,#1
    ifNotZero(2, "compare"), // cbnz w2
    load(POLLED, PAGE_BASE, PAGE.polledCount), // ldr w24,polledCount
    set(0, POLLIN), // mov w0,#1
    storeShort(0, PAGE_BASE, TIMER_EVENTS), // strh w0,events
    branch(B, "poll"),

    // No turn may be started. Pings are taken until something else arrives: that stays in the socket, and is already
    // signalled.
    { label: "held" },
    load(0, PAGE_BASE, PAGE.ready), // ldr w0,ready
    ifSet(0, 0, "poll"), // tbnz w0,#0
    set(POLLED, 3), // mov w24,#3: the signalfd, the timer, the first that is watched
    storeShort(ZERO, PAGE_BASE, TIMER_EVENTS), // strh wzr,events: nobody would read the timer
  ];
}

function poll(): CodeItem[] {
  return [
    { label: "poll" },
    add(0, PAGE_BASE, PAGE.polled), // add x0,x19,#polled
    move(1, POLLED), // mov w1,w24
    set(2, 0), // mov w2,#0: for ever
    ifZero(FLAGS, "sleep"), // cbz w23
    add(2, STACK, FRAME.pause), // add x2,sp,#pause: the kernel leaves there what is left of it
    { label: "sleep" },
    set(3, 0), // mov w3,#0
    armKernel("ppoll"),
    compareWith(0, 0), // cmp w0,#0
    near(B_GT, "found"),
    set(POLLED, 1), // mov w24,#1: nothing has been written to what is watched
    near(B_EQ, "pause over"),
    { label: "found" }, // or EINTR
    ifZero(FLAGS, "take signals"), // cbz w23
    loadLong(0, STACK, FRAME.pause), // ldr x0,tv_sec
    loadLong(1, STACK, FRAME.pause + 8), // ldr x1,tv_nsec
    word(0xaa010000), // orr x0,x0,x1
    near(0xb5000000, "take signals"), // cbnz x0: who sends without end does not make it longer
    { label: "pause over" },
    move(1, FLAGS), // mov w1,w23
    set(FLAGS, 0), // mov w23,#0
    ifClear(1, ALARM_BIT, "take signals"), // tbz w1,#1
    branch(BL, "raise wake"),
  ];
}

function takeSignals(): CodeItem[] {
  return [
    { label: "take signals" },
    set(0, WAITER_FD.signals), // mov w0,#3
    add(1, STACK, FRAME.record), // add x1,sp,#record
    set(2, SIGNALFD_SIGINFO.bytes), // mov w2,#128
    armKernel("read"),
    compareWith(0, 0), // cmp w0,#0
    near(B_LE, "take watched"),
    load(1, STACK, FRAME.record + SIGNALFD_SIGINFO.ssi_signo), // ldr w1,ssi_signo
    compareWith(1, SIGCHLD), // cmp w1,#17
    near(B_EQ, "take signals"),
    compareWith(1, SIGUSR2), // cmp w1,#12
    near(B_NE, "not of guard"),
    branch(BL, "look at guard"),
    branch(B, "take signals"),

    { label: "not of guard" },
    move(0, KEPT), // mov w0,w22
    ifZero(0, "own"), // cbz w0
    branch(BL, "kill"), // passed on
    branch(B, "take signals"),

    { label: "own" },
    compareWith(1, SIGALRM), // cmp w1,#14
    near(B_EQ, "alarm"),
    compareWith(1, SIGUSR1), // cmp w1,#10
    near(B_NE, "asked"),
    branch(BL, "raise wake"),
    branch(B, "take signals"),

    { label: "asked" },
    store(1, PAGE_BASE, PAGE.signal), // str w1,signal
    ...armRaise("asked"),
    branch(BL, "wake turn"),
    branch(B, "take signals"),

    { label: "alarm" },
    addFlag(ALARM), // orr w23,w23,#2
    ifSet(FLAGS, HOLD_BIT, "take signals"), // tbnz w23,#0: at the end of that pause
    set(0, PAUSE.alarm), // mov w0,#3000
    branch(BL, "set pause"),
    branch(B, "take signals"),
  ];
}

/** From the last entry polled down to the timer, which is the second. */
function takeWatched(): CodeItem[] {
  return [
    { label: "take watched" },
    word(0x51000718), // sub w24,w24,#1
    ifZero(POLLED, "reap"), // cbz w24
    word(0x8b180e60), // add x0,x19,x24,lsl #3
    word(0x79400001 | (PAGE.polled + 6) / 2 << 10), // ldrh w1,[x0,#revents]
    ifZero(1, "take watched"), // cbz w1
    ifSet(1, 0, "readable"), // tbnz w1,#0: POLLIN
    word(0x12800002), // mov w2,#-1: POLLERR, POLLHUP, POLLNVAL would come again at once
    store(2, 0, PAGE.polled), // str w2,fd
    { label: "readable" },
    word(0x71000b01), // subs w1,w24,#2
    near(B_MI, "timer"),
    near(B_EQ, "ping"), // the first that is watched
    { label: "told" }, // w1: its number
    set(2, 1), // mov w2,#1
    word(0x1ac12042), // lsl w2,w2,w1
    load(3, PAGE_BASE, PAGE.ready), // ldr w3,ready
    word(0x2a020063), // orr w3,w3,w2
    store(3, PAGE_BASE, PAGE.ready), // str w3,ready
    ...armRaise("watched"),
    branch(B, "take watched"),
    { label: "timer" },
    ...armRaise("timer"),
    branch(B, "take watched"),
  ];
}

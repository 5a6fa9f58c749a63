/** What is called from several places in a waiter, in the instructions of arm64: waiter.ts. */
import { B_EQ, near, RET, set } from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { CLONE_PARENT_SETTID, PR_SET_NAME, SIGCHLD, SIGUSR1 } from "../../../libc/abi.ts";
import { END_RECORD, PAGE, WAITER_FD } from "../page_layout.ts";
import { FRAME, HOLD } from "../parts.ts";
import {
  addFlag,
  addressNear,
  armKernel,
  armRaise,
  compareTo,
  ifNotZero,
  ifZero,
  KEPT,
  load,
  loadLong,
  moveLong,
  PAGE_BASE,
  STACK,
  store,
  storeLong,
  WORDS,
  ZERO,
} from "./operands.ts";

export function armFunctions(): CodeItem[] {
  return [
    // Clones this process, whose PID the kernel writes to [x2] before it runs.
    { label: "fork" },
    set(0, CLONE_PARENT_SETTID | SIGCHLD), // mov; movk
    set(1, 0), // mov w1,#0
    armKernel("clone"),
    RET,

    { label: "flock" }, // w1: the operation
    set(0, WAITER_FD.turns), // mov w0,#7
    armKernel("flock"),
    RET,

    // The end that was found, to [x0].
    { label: "record" },
    set(4, END_RECORD.bytes), // mov w4,#168
    { label: "copy" },
    word(0xd1002084), // sub x4,x4,#8
    word(0xf8646be5), // ldr x5,[sp,x4]
    word(0xf8246805), // str x5,[x0,x4]
    ifNotZero(4, "copy"), // cbnz w4
    RET,

    // The keeper asks whether its guard has ended.
    { label: "look at guard" },
    ifNotZero(KEPT, "done"), // cbnz w22: it is a guard itself
    armKernel("getppid"),
    load(1, PAGE_BASE, PAGE.guard), // ldr w1,guard
    ifZero(1, "done"), // cbz w1
    compareTo(0, 1), // cmp w0,w1
    near(B_EQ, "done"),
    store(ZERO, PAGE_BASE, PAGE.guard), // str wzr,guard
    ...armRaise("partner"),
    RET,

    // Raises wake; wakes the turn that runs; sends SIGUSR1 to w0; sends w1 to w0. Not to 0, its own group.
    { label: "raise wake" },
    ...armRaise("wake"),
    { label: "wake turn" },
    load(0, PAGE_BASE, PAGE.turn), // ldr w0,turn
    { label: "wake" },
    set(1, SIGUSR1), // mov w1,#10
    { label: "kill" },
    ifZero(0, "done"), // cbz w0
    armKernel("kill"),
    { label: "done" },
    RET,

    // No turn for w0 milliseconds; poll(2) ends after w0 milliseconds.
    { label: "hold" },
    addFlag(HOLD), // orr w23,w23,#1
    { label: "set pause" },
    set(1, 1000), // mov w1,#1000
    word(0x1ac10802), // udiv w2,w0,w1
    word(0x1b018040), // msub w0,w2,w1,w0
    storeLong(2, STACK, FRAME.pause), // str x2,tv_sec
    set(1, 1_000_000), // mov; movk
    word(0x1b017c00), // mul w0,w0,w1
    storeLong(0, STACK, FRAME.pause + 8), // str x0,tv_nsec
    RET,

    // It acts, and has no partner.
    { label: "alone" },
    set(KEPT, 0), // mov w22,#0
    armKernel("getpid"),
    word(0x2901027f), // stp wzr,w0,guard: 0, and keeper
    addressNear(1, "keeper name"), // adr x1,name
    // It is called [x1].
    { label: "name" },
    loadLong(0, WORDS, 8), // ldr x0,argv0
    loadLong(2, 1, 0), // ldr x2,[x1]
    storeLong(2, 0, 0), // str x2,[x0]
    word(0xf8403022), // ldur x2,[x1,#3]
    word(0xf8003002), // stur x2,[x0,#3]
    moveLong(1, 0), // mov x1,x0
    set(0, PR_SET_NAME), // mov w0,#15
    { label: "prctl" }, // w0, x1
    armKernel("prctl"),
    RET,
  ];
}

/** What a waiter does when a child has ended, in the instructions of arm64: waiter.ts. */
import {
  B,
  B_EQ,
  B_LE,
  B_LS,
  B_NE,
  BL,
  branch,
  near,
  set,
} from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { __WALL, LOCK_UN, WNOHANG } from "../../../libc/abi.ts";
import { END_RECORD, PAGE } from "../page_layout.ts";
import { FRAME, PAUSE } from "../parts.ts";
import {
  add,
  armKernel,
  armRaise,
  compareTo,
  compareWith,
  ifNotZero,
  ifZero,
  KEPT,
  load,
  move,
  PAGE_BASE,
  STACK,
  store,
  ZERO,
} from "./operands.ts";

const RECORD = FRAME.record;

export function armEnds(): CodeItem[] {
  return [...reap(), ...turnEnded(), ...keeperEnded()];
}

/** Reaps every ended child. */
function reap(): CodeItem[] {
  return [
    { label: "reap" },
    word(0x12800000), // mov w0,#-1
    add(1, STACK, RECORD + END_RECORD.status), // add x1,sp,#status
    set(2, WNOHANG | __WALL), // mov; movk
    add(3, STACK, RECORD + END_RECORD.usage), // add x3,sp,#usage
    armKernel("wait4"),
    compareWith(0, 0), // cmp w0,#0
    near(B_LE, "reaped"),
    store(0, STACK, RECORD + END_RECORD.pid), // str w0,pid
    load(1, PAGE_BASE, PAGE.turn), // ldr w1,turn
    compareTo(0, 1), // cmp w0,w1
    near(B_EQ, "turn ended"),
    compareTo(0, KEPT), // cmp w0,w22
    near(B_EQ, "keeper ended"),
    set(0, 0), // mov w0,#0: CLOCK_REALTIME
    add(1, STACK, RECORD + END_RECORD.at), // add x1,sp,#at
    armKernel("clock_gettime"),
    load(0, STACK, RECORD + END_RECORD.pid), // ldr w0,pid
    add(1, PAGE_BASE, PAGE.program), // add x1,x19,#program
    { label: "is it the program" },
    word(0x885ffc22), // ldaxr w2,[x1]
    compareTo(2, 0), // cmp w2,w0
    near(B_NE, "other"),
    word(0x8803fc3f), // stlxr w3,wzr,[x1]
    ifNotZero(3, "is it the program"), // cbnz w3: somebody else has written there
    add(0, PAGE_BASE, PAGE.ended), // add x0,x19,#ended
    branch(BL, "record"),
    word(0xd5033bbf), // dmb ish: the record is whole before the event is raised
    ...armRaise("ended"),
    move(0, KEPT), // mov w0,w22: a keeper that did not start it does not know
    branch(BL, "wake"),
    branch(BL, "wake turn"),
    branch(B, "reap"),

    { label: "other" },
    add(0, PAGE_BASE, PAGE.other), // add x0,x19,#other
    branch(BL, "record"),
    branch(B, "reap"),
  ];
}

function turnEnded(): CodeItem[] {
  return [
    { label: "turn ended" },
    load(0, STACK, RECORD + END_RECORD.status), // ldr w0,status
    store(0, PAGE_BASE, PAGE.turnStatus), // str w0,turnStatus
    store(ZERO, PAGE_BASE, PAGE.turn), // str wzr,turn
    set(1, LOCK_UN), // mov w1,#8
    branch(BL, "flock"),
    load(0, STACK, RECORD + END_RECORD.status), // ldr w0,status
    ifNotZero(0, "failed"), // cbnz w0
    load(0, PAGE_BASE, PAGE.done), // ldr w0,done
    ifZero(0, "failed"), // cbz w0: what has exited with 0 was no turn
    store(ZERO, PAGE_BASE, PAGE.failures), // str wzr,failures
    load(0, PAGE_BASE, PAGE.leave), // ldr w0,leave
    ifNotZero(0, "exit 0"), // cbnz w0
    load(0, PAGE_BASE, PAGE.pair), // ldr w0,pair
    ifZero(0, "reap"), // cbz w0
    load(0, PAGE_BASE, PAGE.guard), // ldr w0,guard
    ifZero(0, "pair"), // cbz w0
    branch(B, "reap"), // it has a partner

    { label: "failed" },
    load(1, PAGE_BASE, PAGE.failures), // ldr w1,failures
    add(2, 1, 1), // add x2,x1,#1
    store(2, PAGE_BASE, PAGE.failures), // str w2,failures
    compareWith(1, PAUSE.doublings), // cmp w1,#9
    near(B_LS, "doubled"),
    set(1, PAUSE.doublings), // mov w1,#9
    { label: "doubled" },
    set(0, PAUSE.failed), // mov w0,#100
    word(0x1ac12000), // lsl w0,w0,w1
    branch(BL, "hold"),
    branch(B, "reap"),
  ];
}

function keeperEnded(): CodeItem[] {
  return [
    { label: "keeper ended" },
    load(0, STACK, RECORD + END_RECORD.status), // ldr w0,status
    ifNotZero(0, "take over"), // cbnz w0
    load(0, PAGE_BASE, PAGE.leave), // ldr w0,leave
    ifNotZero(0, "exit 0"), // cbnz w0: it was told to
    { label: "take over" },
    ...armRaise("partner"),
    branch(BL, "alone"),
    branch(B, "reap"),
  ];
}

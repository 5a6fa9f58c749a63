/** The start of a waiter, and of a pair of them, in the instructions of arm64: waiter.ts. */
import { B, B_HS, BL, branch, near, set } from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import {
  MAP_SHARED,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_PDEATHSIG,
  PROT_READ,
  PROT_WRITE,
  SIGUSR2,
} from "../../../libc/abi.ts";
import { PAGE, WAITER_FD } from "../page_layout.ts";
import { FRAME } from "../parts.ts";
import {
  add,
  addressNear,
  armKernel,
  armRaise,
  BUSY,
  FLAGS,
  ifSet,
  ifZero,
  KEPT,
  move,
  moveLong,
  PAGE_BASE,
  STACK,
  store,
  WORDS,
} from "./operands.ts";

export function armStart(): CodeItem[] {
  return [...start(), ...pair()];
}

/** On the stack: argc, argv, NULL, environment, NULL. */
function start(): CodeItem[] {
  return [
    { label: "start" },
    add(WORDS, STACK, 0), // mov x20,sp
    word(0xd10003ff | FRAME.bytes << 10), // sub sp,sp,#bytes
    set(0, 0), // mov w0,#0
    set(1, PAGE.bytes), // mov w1,#4096
    set(2, PROT_READ | PROT_WRITE), // mov w2,#3
    set(3, MAP_SHARED), // mov w3,#1
    set(4, WAITER_FD.page), // mov w4,#5
    set(5, 0), // mov w5,#0
    armKernel("mmap"),
    moveLong(PAGE_BASE, 0), // mov x19,x0
    word(0xb13ffc1f), // cmn x0,#4095
    near(B_HS, "exit"), // -errno: there is no page
    addressNear(0, "root"), // adr x0,root
    armKernel("chdir"),
    set(KEPT, 0), // mov w22,#0
    set(FLAGS, 0), // mov w23,#0
    set(BUSY, 0), // mov w25,#0
  ];
}

/** Becomes the guard of a keeper that it forks; if that fails, acts itself. */
function pair(): CodeItem[] {
  return [
    { label: "pair" },
    ...armRaise("begin"),
    armKernel("getpid"),
    store(0, PAGE_BASE, PAGE.guard), // str w0,guard
    set(0, PR_SET_CHILD_SUBREAPER), // mov w0,#36
    set(1, 1), // mov w1,#1
    branch(BL, "prctl"), // once more where it is one already
    addressNear(1, "guard name"), // adr x1,name
    branch(BL, "name"),
    add(2, PAGE_BASE, PAGE.keeper), // add x2,x19,#keeper
    branch(BL, "fork"),
    move(KEPT, 0), // mov w22,w0
    ifZero(0, "keeper begins"), // cbz w0
    ifSet(0, 31, "act alone"), // tbnz w0,#31
    store(0, PAGE_BASE, PAGE.keeper), // str w0,keeper: an emulator leaves it to the child
    branch(B, "reap"),

    { label: "act alone" },
    branch(BL, "alone"),
    branch(B, "reap"),

    { label: "keeper begins" },
    armKernel("setsid"),
    set(0, PR_SET_CHILD_SUBREAPER), // mov w0,#36
    set(1, 1), // mov w1,#1
    branch(BL, "prctl"),
    set(0, PR_SET_PDEATHSIG), // mov w0,#1
    set(1, SIGUSR2), // mov w1,#12
    branch(BL, "prctl"),
    addressNear(1, "keeper name"), // adr x1,name
    branch(BL, "name"),
    branch(BL, "look at guard"), // it may have ended before the signal was wanted
  ];
}

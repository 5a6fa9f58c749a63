import {
  B,
  B_EQ,
  B_HS,
  B_LE,
  B_LT,
  B_MI,
  B_NE,
  BL,
  branch,
  near,
  set,
} from "../../../base/machine_code/arm64.ts";
import { type CodeItem, codeText, word } from "../../../base/machine_code/assemble.ts";
import {
  add,
  addressNear,
  armKernel,
  compareTo,
  compareWith,
  ifClear,
  ifNotZero,
  ifZero,
  load,
  loadLong,
  move,
  moveLong,
  PAGE_BASE,
  STACK,
  store,
  storeLong,
  ZERO,
} from "../../../keeper/waiter/arm64/operands.ts";
import {
  EAGAIN,
  MAP_SHARED,
  PROT_READ,
  PROT_WRITE,
  SI_KERNEL,
  SIGCHLD,
  SIGCONT,
  SIGKILL,
} from "../../../libc/abi.ts";
import { SIGINFO, SIGNALFD_SIGINFO } from "../../../libc/structs.ts";
import {
  AWAKE_COMMAND,
  PAGE_VARIABLE,
  REST_FRAME,
  REST_PAGE as PAGE,
  TABLE_BYTES,
} from "../rest_page.ts";

import { armAwakening } from "./awakening.ts";

const BASE = 20, ENVIRONMENT = 21, WAITED = 22;
const CBNZ_LONG = 0xb5000000;

/**
 * Init at rest (rest.ts) in arm64 instructions, each with its effect, in the order of those of x86-64.
 *
 * x19: the page. x20: the address of argc; sp: the frame below it. x21: the address of the environment's first word,
 * PAGE_VARIABLE. w22: the last result of wait4(2). w1: the current signal; w2: its si_code.
 */
export function restArm64(): CodeItem[] {
  return [
    ...start(),
    ...reap(),
    ...look(),
    ...sleep(),
    ...armAwakening(),
    { label: "imp" },
    codeText("imp"),
    { label: "command" },
    codeText(AWAKE_COMMAND),
    { label: "no path" },
    [0],
  ];
}

/** On the stack: argc, argv, NULL, environment, NULL. */
function start(): CodeItem[] {
  return [
    { label: "start" },
    add(BASE, STACK, 0), // mov x20,sp
    load(1, BASE, 0), // ldr w1,[x20]
    word(0x8b010e95), // add x21,x20,x1,lsl #3
    add(ENVIRONMENT, ENVIRONMENT, 16), // add x21,x21,#16
    loadLong(1, ENVIRONMENT, 0), // ldr x1,[x21]
    add(1, 1, PAGE_VARIABLE.length), // add x1,x1,#…: the number of a descriptor
    storeLong(1, BASE, 0), // str x1,[x20]: imp's third word
    set(4, 0), // mov w4,#0
    set(5, 10), // mov w5,#10
    { label: "digit" },
    word(0x38401422), // ldrb w2,[x1],#1
    word(0x7100c042), // subs w2,w2,#'0'
    near(B_MI, "number"),
    word(0x1b050884), // madd w4,w4,w5,w2
    branch(B, "digit"),
    { label: "number" },
    word(0xd10003ff | REST_FRAME.bytes << 10), // sub sp,sp,#160
    set(0, 0), // mov w0,#0
    set(1, PAGE.bytes), // mov w1,#4096
    set(2, PROT_READ | PROT_WRITE), // mov w2,#3
    set(3, MAP_SHARED), // mov w3,#1
    set(5, 0), // mov w5,#0
    armKernel("mmap"),
    moveLong(PAGE_BASE, 0), // mov x19,x0
    word(0xb13ffc1f), // cmn x0,#4095
    near(B_HS, "lost"), // -errno
    addressNear(0, "imp"), // adr x0,imp
    storeLong(0, STACK, REST_FRAME.words), // str x0,words
    addressNear(0, "command"), // adr x0,command
    storeLong(0, STACK, REST_FRAME.words + 8), // str x0,words+8
  ];
}

/** Takes all status changes of children. */
function reap(): CodeItem[] {
  return [
    { label: "reap" },
    word(0x12800000), // mov w0,#-1
    add(1, STACK, REST_FRAME.status), // add x1,sp,#status
    load(2, PAGE_BASE, PAGE.options), // ldr w2,options
    set(3, 0), // mov w3,#0
    armKernel("wait4"),
    compareWith(0, 0), // cmp w0,#0
    near(B_LE, "reaped"),
    load(1, STACK, REST_FRAME.status), // ldr w1,status
    load(2, PAGE_BASE, PAGE.helper), // ldr w2,helper
    compareTo(0, 2), // cmp w0,w2
    near(B_EQ, "helper ended"),
    load(2, PAGE_BASE, PAGE.running), // ldr w2,running
    compareTo(0, 2), // cmp w0,w2
    near(B_NE, "reap"), // an orphan
    set(2, 0xffff), // mov w2,#0xffff: WIFCONTINUED
    compareTo(1, 2), // cmp w1,w2
    near(B_EQ, "continued"),
    word(0x53001c22), // uxtb w2,w1
    compareWith(2, 0x7f), // cmp w2,#0x7f: WIFSTOPPED
    near(B_EQ, "stopped"),
    store(1, PAGE_BASE, PAGE.status), // str w1,status
    store(ZERO, PAGE_BASE, PAGE.running), // str wzr,running
    set(2, 1), // mov w2,#1
    store(2, PAGE_BASE, PAGE.ended), // str w2,ended
    branch(B, "reap"),

    { label: "stopped" },
    word(0x53083c21), // ubfx w1,w1,#8,#8
    store(1, PAGE_BASE, PAGE.stopped), // str w1,stopped
    branch(B, "reap"),

    { label: "continued" },
    store(ZERO, PAGE_BASE, PAGE.stopped), // str wzr,stopped
    branch(B, "reap"),

    // A signal that needed imp's decision is forwarded unchanged.
    { label: "helper ended" },
    store(ZERO, PAGE_BASE, PAGE.helper), // str wzr,helper
    branch(BL, "failed"),
    load(1, PAGE_BASE, PAGE.signal), // ldr w1,signal
    ifZero(1, "reap"), // cbz w1
    store(ZERO, PAGE_BASE, PAGE.signal), // str wzr,signal
    load(2, PAGE_BASE, PAGE.code), // ldr w2,code
    branch(B, "plain"),

    { label: "reaped" },
    move(WAITED, 0), // mov w22,w0
  ];
}

/** What is there to do? */
function look(): CodeItem[] {
  return [
    { label: "look" },
    set(2, 0), // mov w2,#0: for ever
    load(1, PAGE_BASE, PAGE.helper), // ldr w1,helper
    ifNotZero(1, "helper runs"), // cbnz w1
    load(1, PAGE_BASE, PAGE.ended), // ldr w1,ended
    ifNotZero(1, "over"), // cbnz w1
    load(1, PAGE_BASE, PAGE.signal), // ldr w1,signal
    ifNotZero(1, "wake"), // cbnz w1
    load(1, PAGE_BASE, PAGE.stopped), // ldr w1,stopped
    ifNotZero(1, "wake"), // cbnz w1
    branch(B, "sleep"),

    // What follows the program's end, or a signal that needs a decision, is left to imp.
    { label: "helper runs" },
    load(1, PAGE_BASE, PAGE.proven), // ldr w1,proven
    ifNotZero(1, "become imp"), // cbnz w1
    load(1, PAGE_BASE, PAGE.signal), // ldr w1,signal
    load(3, PAGE_BASE, PAGE.ended), // ldr w3,ended
    word(0x2a030021), // orr w1,w1,w3
    ifZero(1, "sleep"), // cbz w1
    add(0, PAGE_BASE, PAGE.childOnly), // add x0,x19,#childOnly
    add(2, PAGE_BASE, PAGE.patience), // add x2,x19,#patience
  ];
}

/** x2: how long, and x0: for which signals; 0: no limit, and all. */
function sleep(): CodeItem[] {
  return [
    { label: "sleep" },
    add(1, STACK, REST_FRAME.information), // mov x1,sp
    near(CBNZ_LONG | 2, "for a while"), // cbnz x2
    load(0, PAGE_BASE, PAGE.signals), // ldr w0,signals
    set(2, SIGNALFD_SIGINFO.bytes), // mov w2,#128
    armKernel("read"),
    compareWith(0, 0), // cmp w0,#0
    near(B_LT, "reap"), // EINTR
    load(0, STACK, REST_FRAME.information + SIGNALFD_SIGINFO.ssi_signo), // ldr w0,ssi_signo
    branch(B, "one came"),
    { label: "for a while" },
    set(3, 8), // mov w3,#8: of bytes
    armKernel("rt_sigtimedwait"),
    compareWith(0, 0), // cmp w0,#0
    near(B_LT, "nothing came"),
    { label: "one came" },
    compareWith(0, SIGCHLD), // cmp w0,#17
    near(B_EQ, "reap"),
    move(1, 0), // mov w1,w0
    load(2, STACK, REST_FRAME.information + SIGINFO.si_code), // ldr w2,si_code
    store(2, PAGE_BASE, PAGE.code), // str w2,code
    compareWith(1, SIGCONT), // cmp w1,#18
    near(B_NE, "not continue"),
    storeLong(ZERO, PAGE_BASE, PAGE.sent), // str xzr,sent
    { label: "not continue" },
    word(0x51000423), // sub w3,w1,#1
    loadLong(4, PAGE_BASE, PAGE.thought), // ldr x4,thought
    word(0x9ac32484), // lsr x4,x4,x3
    ifClear(4, 0, "plain"), // tbz w4,#0
    store(1, PAGE_BASE, PAGE.signal), // str w1,signal
    branch(B, "reap"),

    // Forwards w1, by the table for its sender.
    { label: "plain" },
    add(3, PAGE_BASE, PAGE.byProcess), // add x3,x19,#byProcess
    compareWith(2, SI_KERNEL), // cmp w2,#0x80
    near(B_NE, "look up"),
    add(3, 3, TABLE_BYTES), // add x3,x3,#72: byKernel
    { label: "look up" },
    word(0x38616864), // ldrb w4,[x3,x1]
    load(0, PAGE_BASE, PAGE.running), // ldr w0,running
    ifZero(0, "reap"), // cbz w0
    compareWith(1, SIGCONT), // cmp w1,#18
    near(B_EQ, "send"),
    compareWith(2, SI_KERNEL), // cmp w2,#0x80
    near(B_EQ, "send"),
    word(0x12001885), // and w5,w4,#0x7f
    ifZero(5, "reap"), // cbz w5: dropped
    word(0x510004a5), // sub w5,w5,#1
    set(6, 1), // mov w6,#1
    word(0x9ac520c6), // lsl x6,x6,x5
    loadLong(7, PAGE_BASE, PAGE.sent), // ldr x7,sent
    word(0xaa0600e7), // orr x7,x7,x6
    storeLong(7, PAGE_BASE, PAGE.sent), // str x7,sent
    { label: "send" },
    word(0x12001881), // and w1,w4,#0x7f
    ifClear(4, 7, "to it"), // tbz w4,#7: TO_GROUP
    word(0x4b0003e0), // neg w0,w0
    { label: "to it" },
    ifZero(1, "reap"), // cbz w1: dropped
    armKernel("kill"),
    branch(B, "reap"),

    { label: "nothing came" },
    word(0x3100001f | EAGAIN << 10), // cmn w0,#11
    near(B_NE, "reap"), // EINTR
    load(0, PAGE_BASE, PAGE.helper), // ldr w0,helper
    ifZero(0, "not forked again"), // cbz w0
    set(1, SIGKILL), // mov w1,#9: it hangs
    armKernel("kill"),
    branch(B, "reap"),
    { label: "not forked again" },
    branch(BL, "failed"),
    branch(B, "reap"),
  ];
}

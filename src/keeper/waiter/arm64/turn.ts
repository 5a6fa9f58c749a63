/** How a waiter starts a turn, in the instructions of arm64: waiter.ts. */
import { B, B_NE, BL, branch, near, set } from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { AT_EMPTY_PATH, EAGAIN, LOCK_EX, LOCK_NB, SIG_SETMASK } from "../../../libc/abi.ts";
import { END_RECORD, PAGE, WAITER_FD } from "../page_layout.ts";
import { FRAME, PAUSE, TURN_MASK } from "../parts.ts";
import {
  add,
  armKernel,
  BUSY,
  ifSet,
  ifZero,
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

export function armTurn(): CodeItem[] {
  return [
    { label: "start turn" },
    set(1, LOCK_EX | LOCK_NB), // mov w1,#6
    branch(BL, "flock"),
    word(0x3100001f | EAGAIN << 10), // cmn w0,#11
    near(B_NE, "taken"), // also where locks cannot be had
    word(0x11000739), // add w25,w25,#1
    ifSet(BUSY, Math.log2(PAUSE.busyTries), "taken"), // tbnz w25,#9
    set(0, PAUSE.busy), // mov w0,#10
    branch(BL, "hold"),
    branch(B, "reaped"),

    { label: "taken" },
    set(BUSY, 0), // mov w25,#0
    storeLong(ZERO, PAGE_BASE, PAGE.leave), // str xzr,leave: and pair
    store(ZERO, PAGE_BASE, PAGE.done), // str wzr,done
    add(2, PAGE_BASE, PAGE.turn), // add x2,x19,#turn
    branch(BL, "fork"),
    ifZero(0, "turn"), // cbz w0
    ifSet(0, 31, "not forked"), // tbnz w0,#31
    store(0, PAGE_BASE, PAGE.turn), // str w0,turn: an emulator leaves it to the child
    branch(B, "reap"),
    { label: "not forked" },
    store(0, STACK, FRAME.record + END_RECORD.status), // str w0,status: -EAGAIN
    branch(B, "turn ended"),

    { label: "turn" },
    set(0, TURN_MASK), // mov w0,#512
    storeLong(0, STACK, FRAME.record), // str x0,[sp]
    set(0, SIG_SETMASK), // mov w0,#2
    add(1, STACK, FRAME.record), // mov x1,sp
    set(2, 0), // mov w2,#0
    set(3, 8), // mov w3,#8: of bytes
    armKernel("rt_sigprocmask"),
    loadLong(2, WORDS, 0), // ldr x2,argc
    add(1, WORDS, 16), // add x1,x20,#16: argv + 1
    word(0x8b020c22), // add x2,x1,x2,lsl #3: the environment
    load(0, PAGE_BASE, PAGE.failures), // ldr w0,failures
    ifSet(0, 0, "by descriptor"), // tbnz w0,#0: the last one failed, maybe since the file is not what it was
    loadLong(0, 1, 0), // ldr x0,[x1]
    armKernel("execve"),
    // With an empty path: the lowest byte of the mask is 0.
    { label: "by descriptor" },
    moveLong(3, 2), // mov x3,x2
    moveLong(2, 1), // mov x2,x1
    add(1, STACK, FRAME.record), // mov x1,sp
    set(0, WAITER_FD.imp), // mov w0,#6
    set(4, AT_EMPTY_PATH), // mov w4,#4096
    armKernel("execveat"),
    set(0, 127), // mov w0,#127
    { label: "exit" },
    armKernel("exit_group"),
    { label: "exit 0" },
    set(0, 0), // mov w0,#0
    branch(B, "exit"),
  ];
}

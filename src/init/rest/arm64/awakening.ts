/**
 * What an init at rest does when the program has ended, and how it becomes imp again, in arm64 instructions: rest.ts.
 */
import {
  B,
  B_EQ,
  B_HS,
  B_LS,
  B_NE,
  BL,
  branch,
  near,
  RET,
  set,
} from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import {
  add,
  addressNear,
  armKernel,
  compareWith,
  ifClear,
  ifSet,
  ifZero,
  load,
  PAGE_BASE,
  STACK,
  store,
  storeLong,
  ZERO,
} from "../../../keeper/waiter/arm64/operands.ts";
import {
  AT_EMPTY_PATH,
  ECHILD,
  SIGCHLD,
  SIGCONT,
  SIGINT,
  SIGKILL,
  SIGTERM,
} from "../../../libc/abi.ts";
import {
  AWAKE_TRIES,
  END_RULE,
  NO_PAGE_STATUS,
  REST_FRAME,
  REST_PAGE as PAGE,
} from "../rest_page.ts";

const ENVIRONMENT = 21, WAITED = 22;
const bit = (rule: keyof typeof END_RULE) => Math.log2(END_RULE[rule]);

export function armAwakening(): CodeItem[] {
  return [...over(), ...wake(), ...functions()];
}

/** The program has ended. */
function over(): CodeItem[] {
  return [
    { label: "over" },
    load(1, PAGE_BASE, PAGE.rule), // ldr w1,rule
    ifClear(1, bit("ask"), "not to ask"), // tbz
    load(0, PAGE_BASE, PAGE.askTo), // ldr w0,askTo
    set(1, SIGTERM), // mov w1,#15
    armKernel("kill"),
    branch(B, "exit"),
    { label: "not to ask" },
    ifSet(1, bit("leave"), "exit"), // tbnz
    word(0x3100001f | ECHILD << 10 | WAITED << 5), // cmn w22,#10
    near(B_NE, "wake"),
    ifClear(1, bit("alone"), "wake"), // tbz
    ifClear(1, bit("thinkOfInterrupt"), "exit"), // tbz
    load(2, PAGE_BASE, PAGE.status), // ldr w2,status
    word(0x12001842), // and w2,w2,#0x7f: WTERMSIG
    compareWith(2, SIGINT), // cmp w2,#2
    near(B_EQ, "wake"),

    { label: "exit" },
    load(1, PAGE_BASE, PAGE.status), // ldr w1,status
    word(0x12001820), // and w0,w1,#0x7f
    ifZero(0, "exited"), // cbz w0
    add(0, 0, 128), // add x0,x0,#128
    branch(B, "as status"),
    { label: "exited" },
    word(0x53083c20), // ubfx w0,w1,#8,#8: WEXITSTATUS
    { label: "as status" },
    word(0x53057c02), // lsr w2,w0,#5
    add(3, PAGE_BASE, PAGE.expected), // add x3,x19,#expected
    word(0xb8627862), // ldr w2,[x3,x2,lsl #2]
    word(0x1ac02442), // lsr w2,w2,w0
    ifClear(2, 0, "exit with"), // tbz w2,#0
    set(0, 0), // mov w0,#0
    { label: "exit with" },
    armKernel("exit_group"),
    { label: "lost" },
    set(0, NO_PAGE_STATUS), // mov w0,#125
    branch(B, "exit with"),
  ];
}

/** Starts a helper, and becomes imp once it has proven that this works. */
function wake(): CodeItem[] {
  return [
    { label: "wake" },
    set(0, SIGCHLD), // mov w0,#17
    set(1, 0), // mov w1,#0
    armKernel("clone"),
    ifZero(0, "helper"), // cbz w0
    ifSet(0, 31, "not forked"), // tbnz w0,#31
    store(0, PAGE_BASE, PAGE.helper), // str w0,helper
    branch(B, "look"),

    { label: "not forked" },
    add(2, PAGE_BASE, PAGE.retry), // add x2,x19,#retry
    add(0, PAGE_BASE, PAGE.awaited), // add x0,x19,#awaited
    load(1, PAGE_BASE, PAGE.signal), // ldr w1,signal
    load(3, PAGE_BASE, PAGE.ended), // ldr w3,ended
    word(0x2a030021), // orr w1,w1,w3
    ifZero(1, "sleep"), // cbz w1
    add(0, PAGE_BASE, PAGE.childOnly), // add x0,x19,#childOnly
    branch(B, "sleep"),

    // After failures it sleeps first, so that init needs no timer.
    { label: "helper" },
    load(1, PAGE_BASE, PAGE.failures), // ldr w1,failures
    ifZero(1, "start imp"), // cbz w1
    word(0x51000421), // sub w1,w1,#1
    compareWith(1, AWAKE_TRIES.doublings), // cmp w1,#9
    near(B_LS, "doubled"),
    set(1, AWAKE_TRIES.doublings), // mov w1,#9
    { label: "doubled" },
    set(0, AWAKE_TRIES.pause), // mov w0,#100
    word(0x1ac12000), // lsl w0,w0,w1
    set(1, 1000), // mov w1,#1000
    word(0x1ac10802), // udiv w2,w0,w1
    word(0x1b018040), // msub w0,w2,w1,w0
    storeLong(2, STACK, REST_FRAME.information), // str x2,[sp]: struct timespec
    set(1, 1_000_000), // mov; movk
    word(0x1b017c00), // mul w0,w0,w1
    storeLong(0, STACK, REST_FRAME.information + 8), // str x0,[sp,#8]
    add(0, STACK, REST_FRAME.information), // mov x0,sp
    set(1, 0), // mov w1,#0
    armKernel("nanosleep"),
    { label: "start imp" },
    branch(BL, "execute"),
    set(0, 127), // mov w0,#127
    branch(B, "exit with"),

    // Until now nobody could write to the file, since it was being executed: execve(2), ETXTBSY. The helper's share of
    // a limit on processes is needed.
    { label: "become imp" },
    store(ZERO, PAGE_BASE, PAGE.proven), // str wzr,proven
    load(0, PAGE_BASE, PAGE.helper), // ldr w0,helper
    set(1, SIGKILL), // mov w1,#9
    armKernel("kill"),
    load(0, PAGE_BASE, PAGE.helper), // ldr w0,helper
    set(1, 0), // mov w1,#0
    set(2, 0), // mov w2,#0: until it has ended
    set(3, 0), // mov w3,#0
    armKernel("wait4"),
    store(ZERO, PAGE_BASE, PAGE.helper), // str wzr,helper
    branch(BL, "execute"),
    branch(B, "helper ended"),
  ];
}

function functions(): CodeItem[] {
  return [
    // By the descriptor: it is the imp that rests here, wherever its path leads by now.
    { label: "execute" },
    load(0, PAGE_BASE, PAGE.imp), // ldr w0,imp
    addressNear(1, "no path"), // adr x1
    add(2, STACK, REST_FRAME.words), // add x2,sp,#words
    add(3, ENVIRONMENT, 8), // add x3,x21,#8: the environment as it was
    set(4, AT_EMPTY_PATH), // mov w4,#4096
    armKernel("execveat"),
    RET,

    { label: "failed" },
    load(1, PAGE_BASE, PAGE.failures), // ldr w1,failures
    add(1, 1, 1), // add x1,x1,#1
    store(1, PAGE_BASE, PAGE.failures), // str w1,failures
    load(2, PAGE_BASE, PAGE.ended), // ldr w2,ended
    ifZero(2, "done"), // cbz w2
    compareWith(1, AWAKE_TRIES.whenEnded), // cmp w1,#6
    near(B_HS, "exit"),
    compareWith(1, 1), // cmp w1,#1
    near(B_NE, "done"),
    load(0, PAGE_BASE, PAGE.askTo), // ldr w0,askTo
    ifZero(0, "done"), // cbz w0
    set(1, SIGTERM), // mov w1,#15
    armKernel("kill"),
    load(0, PAGE_BASE, PAGE.askTo), // ldr w0,askTo
    set(1, SIGCONT), // mov w1,#18
    armKernel("kill"),
    { label: "done" },
    RET,
  ];
}

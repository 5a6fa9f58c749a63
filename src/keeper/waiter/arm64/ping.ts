/** How a waiter takes a ping of sd_notify(3), in the instructions of arm64: waiter.ts. */
import { B, B_HI, B_NE, branch, near, set } from "../../../base/machine_code/arm64.ts";
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { MSG_DONTWAIT, MSG_PEEK } from "../../../libc/abi.ts";
import { MSGHDR } from "../../../libc/structs.ts";
import { PAGE, WAITER_FD } from "../page_layout.ts";
import { FRAME, PING, PING_FRAME } from "../parts.ts";
import {
  add,
  addressNear,
  armKernel,
  compareTo,
  compareWith,
  ifZero,
  load,
  PAGE_BASE,
  STACK,
  store,
  storePair,
  ZERO,
} from "./operands.ts";

const SHORTEST = PING.length - 1;
const { record } = FRAME;
const TEXT = record + PING_FRAME.text,
  HEADER = record + PING_FRAME.header,
  VECTOR = record + PING_FRAME.vector;

/** The first watched descriptor is readable. A plain ping of the program is taken; anything else is left to a turn. */
export function armPing(): CodeItem[] {
  return [
    { label: "ping" },
    load(0, PAGE_BASE, PAGE.pings), // ldr w0,pings
    ifZero(0, "no ping"), // cbz w0
    storePair(ZERO, ZERO, STACK, HEADER + MSGHDR.msg_name), // stp xzr,xzr,msg_name: and msg_namelen
    add(0, STACK, VECTOR), // add x0,sp,#vector
    set(1, 1), // mov w1,#1
    storePair(0, 1, STACK, HEADER + MSGHDR.msg_iov), // stp x0,x1,msg_iov: and msg_iovlen
    add(0, STACK, record + PING_FRAME.control), // add x0,sp,#control
    set(1, PING_FRAME.controlBytes), // mov w1,#32
    storePair(0, 1, STACK, HEADER + MSGHDR.msg_control), // stp x0,x1,msg_control: and msg_controllen
    add(0, STACK, TEXT), // add x0,sp,#text
    set(1, PING_FRAME.textBytes), // mov w1,#16
    storePair(0, 1, STACK, VECTOR), // stp x0,x1,iov_base: and iov_len
    set(0, WAITER_FD.watched), // mov w0,#9
    add(1, STACK, HEADER), // add x1,sp,#header
    set(2, MSG_PEEK | MSG_DONTWAIT), // mov w2,#66
    armKernel("recvmsg"),
    word(0x51000001 | SHORTEST << 10), // sub w1,w0,#10
    compareWith(1, 1), // cmp w1,#1
    near(B_HI, "no ping"), // too short, too long, -errno
    add(1, STACK, TEXT), // add x1,sp,#text
    addressNear(2, "ping text"), // adr x2,text
    { label: "compare text" },
    word(0x38401423), // ldrb w3,[x1],#1
    word(0x38401444), // ldrb w4,[x2],#1
    compareTo(3, 4), // cmp w3,w4
    near(B_NE, "no ping"),
    word(0x71000400), // subs w0,w0,#1
    near(B_NE, "compare text"),
    load(0, STACK, record + PING_FRAME.pid), // ldr w0,pid
    load(1, PAGE_BASE, PAGE.program), // ldr w1,program
    compareTo(0, 1), // cmp w0,w1
    near(B_NE, "no ping"),
    set(0, WAITER_FD.watched), // mov w0,#9
    add(1, STACK, record), // add x1,sp,#record
    set(2, PING_FRAME.textBytes), // mov w2,#16
    armKernel("read"),
    load(0, PAGE_BASE, PAGE.pings), // ldr w0,pings
    set(1, 0), // mov w1,#0: after that time
    add(2, PAGE_BASE, PAGE.pingTimer), // add x2,x19,#pingTimer
    set(3, 0), // mov w3,#0
    armKernel("timerfd_settime"),
    load(0, PAGE_BASE, PAGE.pinged), // ldr w0,pinged
    add(0, 0, 1), // add x0,x0,#1
    store(0, PAGE_BASE, PAGE.pinged), // str w0,pinged
    branch(B, "take watched"),

    { label: "no ping" },
    set(1, 0), // mov w1,#0: its number
    branch(B, "told"),
  ];
}

/**
 * The gate (gate.ts) in arm64 instructions, each with its meaning. Addresses are below 4 GiB: the executable is not
 * relocated.
 */
import { GATE_MARK } from "../../src/libc/structs.ts";
import {
  address,
  B,
  B_EQ,
  B_HI,
  B_LO,
  B_LS,
  B_LT,
  B_NE,
  BL,
  branch,
  call,
  differs,
  ifErrno,
  near,
  RET,
  set,
  setQuad,
  through,
} from "../../src/base/machine_code/arm64.ts";
import { type CodeItem, codeText, eightBytes, word } from "../../src/base/machine_code/assemble.ts";
import { ENGINE_SIGNAL, type GatePlaces, HANDLED, IGNORED, PROBED, SENTENCES } from "./parts.ts";

const SYS = {
  getcwd: 17,
  eventfd2: 19,
  epollCreate1: 20,
  openat: 56,
  write: 64,
  exitGroup: 94,
  sigaction: 134,
  sigprocmask: 135,
  clone: 220,
  prlimit64: 261,
};

export function gateArm64(places: GatePlaces): CodeItem[] {
  return [
    ...entry(places),
    ...getcwd(places),
    ...signal(places),
    ...sigaction(places),
    ...descriptor("eventfd", SYS.eventfd2),
    ...descriptor("epoll_create1", SYS.epollCreate1),
    ...abort(),
    ...say(),
  ];
}

/** In: x0 is the dynamic linker's exit function, needed by the runtime's own entry. */
function entry({ header, payload, size, trailer, magic }: GatePlaces): CodeItem[] {
  return [
    { label: "entry" },
    word(0xaa0003e9), // mov x9,x0: kept by system calls
    ...differs(header, BigInt(payload), "bare"), // the header was blanked
    set(1, payload),
    branch(BL, "probe"),
    set(1, trailer),
    branch(BL, "probe"),
    ...differs(payload, BigInt(size), "bare"),
    ...differs(trailer, magic, "bare"),
    word(0xaa0903e0), // mov x0,x9
    branch(B, "start"), // into the runtime

    // Touching a page that the file no longer has would raise SIGBUS; a system call that reads it returns EFAULT.
    { label: "probe" },
    word(0x12800000), // mov w0,#-1: no such way to change the mask, EINVAL
    set(2, 0),
    set(3, 8),
    call(SYS.sigprocmask),
    ...ifErrno(EFAULT, "bare"),
    RET,
  ];
}

/** char *getcwd(char *x0, size_t x1) */
function getcwd({ slots }: GatePlaces): CodeItem[] {
  return [
    { label: "getcwd" },
    near(0xb4000000, "real getcwd"), // cbz x0: it allocates
    word(0xaa0003e2), // mov x2,x0
    word(0xaa0103e3), // mov x3,x1
    call(SYS.getcwd),
    word(0xf100001f), // cmp x0,#0
    near(B_LT, "no name"),
    word(0x39400044), // ldrb w4,[x2]
    word(0x7100bc9f), // cmp w4,#'/'
    near(B_NE, "through proc"), // "(unreachable)/…"
    word(0xaa0203e0), // mov x0,x2
    RET,

    { label: "no name" },
    ...ifErrno(ENOENT, "through proc"),
    ...ifErrno(ENAMETOOLONG, "through proc"),
    branch(B, "as called"), // it sets errno

    { label: "through proc" },
    word(0xf100407f), // cmp x3,#16
    near(B_LO, "as called"), // no room
    ...setQuad(4, eightBytes("/proc/se")),
    word(0xf9000044), // str x4,[x2]
    ...setQuad(4, eightBytes("lf/cwd")),
    word(0xf9000444), // str x4,[x2,#8]
    word(0xaa0203e0), // mov x0,x2
    RET,

    { label: "as called" },
    word(0xaa0203e0), // mov x0,x2
    word(0xaa0303e1), // mov x1,x3
    { label: "real getcwd" },
    ...through(slots.getcwd),
    word(0xd61f0220), // br x17
  ];
}

/** sighandler_t signal(int w0, sighandler_t x1) */
function signal({ slots }: GatePlaces): CodeItem[] {
  return [
    { label: "signal" },
    word(0x7100341f), // cmp w0,#SIGPIPE
    near(B_EQ, "ignores"),
    word(0x7100641f), // cmp w0,#SIGXFSZ
    near(B_NE, "real signal"),
    { label: "ignores" },
    word(0xf100043f), // cmp x1,#SIG_IGN
    near(B_NE, "real signal"),
    word(0xa9bf03fe), // stp x30,x0,[sp,#-16]!
    ...through(slots.signal),
    word(0xd63f0220), // blr x17
    word(0xa8c113fe), // ldp x30,x4,[sp],#16
    word(0xf100041f), // cmp x0,#SIG_IGN
    near(B_NE, "done"), // the caller did not ignore it
    word(0x2a0403e0), // mov w0,w4
    address(1, "ignored"), // as exec leaves it
    set(2, 0),
    set(3, 8),
    call(SYS.sigaction),
    set(0, 1), // SIG_IGN
    { label: "done" },
    RET,
    { label: "real signal" },
    ...through(slots.signal),
    word(0xd61f0220), // br x17
  ];
}

/**
 * int sigaction(int w0, const struct sigaction *x1, struct sigaction *x2); the handler is the structure's first word.
 */
function sigaction({ slots }: GatePlaces): CodeItem[] {
  return [
    { label: "sigaction" },
    near(0xb4000001, "asks"), // cbz x1
    word(0xf9400023), // ldr x3,[x1]
    word(0xf100047f), // cmp x3,#SIG_IGN
    near(B_LS, "real sigaction"), // no handler
    word(0x71007c1f), // cmp w0,#31
    near(B_HI, "real sigaction"),
    set(3, HANDLED),
    word(0x1ac02463), // lsr w3,w3,w0
    word(0x12000063), // and w3,w3,#1
    near(0x34000003, "real sigaction"), // cbz w3
    word(0x2a0003e9), // mov w9,w0
    word(0xaa0103ea), // mov x10,x1
    word(0xaa0203eb), // mov x11,x2
    word(0xd10083ff), // sub sp,sp,#32: the kernel's struct sigaction
    set(1, 0),
    word(0x910003e2), // mov x2,sp
    set(3, 8),
    call(SYS.sigaction),
    word(0xf94003e4), // ldr x4,[sp]
    word(0x910083ff), // add sp,sp,#32
    word(0x2a0903e0), // mov w0,w9
    word(0xaa0a03e1), // mov x1,x10
    word(0xaa0b03e2), // mov x2,x11
    word(0xf100049f), // cmp x4,#SIG_IGN
    near(B_NE, "real sigaction"),
    word(0x7100001f | ENGINE_SIGNAL << 10), // cmp w0,#ENGINE_SIGNAL
    near(B_EQ, "mark"),
    set(1, 0), // it stays ignored, and only the old action is told
    branch(B, "real sigaction"),
    { label: "mark" },
    word(0x39400024 | GATE_MARK.byte << 10), // ldrb w4,[x1,#byte]
    word(0x32190084), // orr w4,w4,#0x80
    word(0x39000024 | GATE_MARK.byte << 10), // strb w4,[x1,#byte]
    branch(B, "real sigaction"),

    { label: "asks" },
    word(0x7100001f | ENGINE_SIGNAL << 10), // cmp w0,#ENGINE_SIGNAL
    near(B_NE, "real sigaction"),
    word(0xa9bf0bfe), // stp x30,x2,[sp,#-16]!
    ...through(slots.sigaction),
    word(0xd63f0220), // blr x17
    word(0xa8c10bfe), // ldp x30,x2,[sp],#16
    near(0xb4000002, "told"), // cbz x2
    word(0xf9400043), // ldr x3,[x2]
    word(0xf100047f), // cmp x3,#SIG_IGN
    near(B_NE, "told"),
    word(0xf900005f), // str xzr,[x2]: SIG_DFL
    { label: "told" },
    RET,
    { label: "real sigaction" },
    ...through(slots.sigaction),
    word(0xd61f0220), // br x17
  ];
}

/** A function with the arguments of a system call that returns a descriptor; it does not return without one. */
function descriptor(label: string, number: number): CodeItem[] {
  return [
    { label },
    call(number),
    word(0x7100001f), // cmp w0,#0
    near(B_LT, "abort"),
    RET,
  ];
}

/** void abort(void): finds out why, without allocating memory. */
function abort(): CodeItem[] {
  return [
    { label: "abort" },
    word(0xd10103ff), // sub sp,sp,#64
    word(0x12800c60), // mov w0,#AT_FDCWD
    address(1, "path"),
    set(2, 0x80000), // O_CLOEXEC
    call(SYS.openat),
    ...ifErrno(ENOENT, "no proc"),
    ...ifErrno(EMFILE, "no files"),
    ...ifErrno(ENFILE, "no files"),
    word(0x92800000), // mov x0,#RLIM_INFINITY
    word(0xf90003e0), // str x0,[sp]
    set(0, 0), // of this process
    set(1, 9), // RLIMIT_AS
    set(2, 0), // no new limit
    word(0x910003e3), // mov x3,sp
    call(SYS.prlimit64),
    word(0xf94003e0), // ldr x0,[sp]
    word(0xb100041f), // cmn x0,#1: RLIM_INFINITY?
    near(B_NE, "no memory"),
    set(0, 0x4111), // CLONE_VFORK | CLONE_VM | SIGCHLD
    set(1, 0), // on this stack
    set(2, 0),
    set(3, 0),
    set(4, 0),
    call(SYS.clone),
    near(0x34000000, "child"), // cbz w0
    ...ifErrno(EAGAIN, "no threads"),
    branch(B, "no reason"),

    { label: "child" }, // it only shows that one can be made
    set(0, 0),
    call(SYS.exitGroup),
  ];
}

function say(): CodeItem[] {
  return [
    ...Object.entries(SENTENCES).flatMap(([reason, sentence]): CodeItem[] => [
      { label: reason },
      address(1, `text: ${reason}`),
      set(2, sentence.length),
      branch(B, "say"),
    ]),
    { label: "say" },
    set(0, 2), // stderr
    call(SYS.write),
    set(0, 125),
    call(SYS.exitGroup),
    { label: "ignored" },
    IGNORED,
    { label: "path" },
    codeText(PROBED),
    ...Object.entries(SENTENCES).flatMap(([reason, sentence]): CodeItem[] => [
      { label: `text: ${reason}` },
      codeText(sentence),
    ]),
  ];
}

const ENOENT = 2, EAGAIN = 11, EFAULT = 14, ENFILE = 23, EMFILE = 24, ENAMETOOLONG = 36;

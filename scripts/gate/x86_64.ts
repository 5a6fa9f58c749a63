/**
 * The gate (gate.ts) in x86-64 instructions, each with its meaning. Addresses are below 2 GiB: the executable is not
 * relocated.
 */
import { GATE_MARK } from "../../src/libc/structs.ts";
import {
  type CodeItem,
  codeText,
  eightBytes,
  quad,
  word,
} from "../../src/base/machine_code/assemble.ts";
import { far, withAddress } from "../../src/base/machine_code/x86_64.ts";
import { ENGINE_SIGNAL, type GatePlaces, HANDLED, IGNORED, PROBED, SENTENCES } from "./parts.ts";

const SYS = {
  write: 1,
  sigaction: 13,
  sigprocmask: 14,
  vfork: 58,
  getcwd: 79,
  exitGroup: 231,
  openat: 257,
  eventfd2: 290,
  epollCreate1: 291,
  prlimit64: 302,
};

export function gateX86(places: GatePlaces): CodeItem[] {
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

/** In: %rdx is the dynamic linker's exit function, needed by the runtime's own entry. */
function entry({ header, payload, size, trailer, magic }: GatePlaces): CodeItem[] {
  return [
    { label: "entry" },
    [0x49, 0x89, 0xd0], // mov %rdx,%r8: kept by system calls
    [0x48, 0x81, 0x3c, 0x25, ...word(header), ...word(payload)], // cmpq $payload,header
    far([0x0f, 0x85], "bare"), // jne: the header was blanked
    [0xbe, ...word(payload)], // mov $payload,%esi
    far([0xe8], "probe"), // call
    [0xbe, ...word(trailer)], // mov $trailer,%esi
    far([0xe8], "probe"), // call
    [0x48, 0x81, 0x3c, 0x25, ...word(payload), ...word(size)], // cmpq $size,payload
    far([0x0f, 0x85], "bare"), // jne
    [0x48, 0xb8, ...quad(magic)], // movabs $magic,%rax
    [0x48, 0x39, 0x04, 0x25, ...word(trailer)], // cmp %rax,trailer
    far([0x0f, 0x85], "bare"), // jne
    [0x4c, 0x89, 0xc2], // mov %r8,%rdx
    far([0xe9], "start"), // jmp: into the runtime

    // Touching a page that the file no longer has would raise SIGBUS; a system call that reads it returns EFAULT.
    { label: "probe" },
    number(SYS.sigprocmask),
    [0x83, 0xcf, 0xff], // or $-1,%edi: no such way to change the mask, EINVAL
    [0x31, 0xd2], // xor %edx,%edx
    [0x41, 0xba, ...word(8)], // mov $8,%r10d
    SYSCALL,
    ...ifErrno(EFAULT, "bare"),
    [0xc3], // ret
  ];
}

/** char *getcwd(char *%rdi, size_t %rsi) */
function getcwd({ slots }: GatePlaces): CodeItem[] {
  return [
    { label: "getcwd" },
    [0x48, 0x85, 0xff], // test %rdi,%rdi
    far([0x0f, 0x84], "real getcwd"), // je: it allocates
    number(SYS.getcwd),
    SYSCALL,
    [0x48, 0x85, 0xc0], // test %rax,%rax
    far([0x0f, 0x88], "no name"), // js
    [0x80, 0x3f, 0x2f], // cmpb $'/',(%rdi)
    far([0x0f, 0x85], "through proc"), // jne: "(unreachable)/…"
    [0x48, 0x89, 0xf8], // mov %rdi,%rax
    [0xc3], // ret

    { label: "no name" },
    ...ifErrno(ENOENT, "through proc"),
    [0x83, 0xf8, 0x100 - ENAMETOOLONG], // cmp $-ENAMETOOLONG,%eax
    far([0x0f, 0x85], "real getcwd"), // jne: it sets errno

    { label: "through proc" },
    [0x48, 0x83, 0xfe, 16], // cmp $16,%rsi
    far([0x0f, 0x82], "real getcwd"), // jb: no room
    [0x48, 0xb8, ...quad(eightBytes("/proc/se"))], // movabs $"/proc/se",%rax
    [0x48, 0x89, 0x07], // mov %rax,(%rdi)
    [0x48, 0xb8, ...quad(eightBytes("lf/cwd"))], // movabs $"lf/cwd",%rax
    [0x48, 0x89, 0x47, 8], // mov %rax,8(%rdi)
    [0x48, 0x89, 0xf8], // mov %rdi,%rax
    [0xc3], // ret

    { label: "real getcwd" },
    [0xff, 0x24, 0x25, ...word(slots.getcwd)], // jmp *slot
  ];
}

/** sighandler_t signal(int %edi, sighandler_t %rsi) */
function signal({ slots }: GatePlaces): CodeItem[] {
  return [
    { label: "signal" },
    [0x83, 0xff, SIGPIPE], // cmp $SIGPIPE,%edi
    far([0x0f, 0x84], "ignores"), // je
    [0x83, 0xff, SIGXFSZ], // cmp $SIGXFSZ,%edi
    far([0x0f, 0x85], "real signal"), // jne
    { label: "ignores" },
    [0x48, 0x83, 0xfe, SIG_IGN], // cmp $SIG_IGN,%rsi
    far([0x0f, 0x85], "real signal"), // jne
    [0x57], // push %rdi
    [0xff, 0x14, 0x25, ...word(slots.signal)], // call *slot
    [0x5f], // pop %rdi
    [0x48, 0x83, 0xf8, SIG_IGN], // cmp $SIG_IGN,%rax
    far([0x0f, 0x85], "done"), // jne: the caller did not ignore it
    number(SYS.sigaction),
    withAddress([0xbe], "ignored"), // mov $ignored,%esi: as exec leaves it
    [0x31, 0xd2], // xor %edx,%edx
    [0x41, 0xba, ...word(8)], // mov $8,%r10d
    SYSCALL,
    [0xb8, ...word(SIG_IGN)], // mov $SIG_IGN,%eax
    { label: "done" },
    [0xc3], // ret
    { label: "real signal" },
    [0xff, 0x24, 0x25, ...word(slots.signal)], // jmp *slot
  ];
}

/**
 * int sigaction(int %edi, const struct sigaction *%rsi, struct sigaction *%rdx); the handler is the structure's first
 * word.
 */
function sigaction({ slots }: GatePlaces): CodeItem[] {
  return [
    { label: "sigaction" },
    [0x48, 0x85, 0xf6], // test %rsi,%rsi
    far([0x0f, 0x84], "asks"), // je
    [0x48, 0x83, 0x3e, SIG_IGN], // cmpq $SIG_IGN,(%rsi)
    far([0x0f, 0x86], "real sigaction"), // jbe: no handler
    [0x83, 0xff, 31], // cmp $31,%edi
    far([0x0f, 0x87], "real sigaction"), // ja
    [0xb8, ...word(HANDLED)], // mov $HANDLED,%eax
    [0x0f, 0xa3, 0xf8], // bt %edi,%eax
    far([0x0f, 0x83], "real sigaction"), // jnc
    [0x52, 0x56], // push %rdx; push %rsi
    [0x48, 0x83, 0xec, 32], // sub $32,%rsp: the kernel's struct sigaction
    number(SYS.sigaction),
    [0x31, 0xf6], // xor %esi,%esi
    [0x48, 0x89, 0xe2], // mov %rsp,%rdx
    [0x41, 0xba, ...word(8)], // mov $8,%r10d
    SYSCALL,
    [0x48, 0x8b, 0x04, 0x24], // mov (%rsp),%rax
    [0x48, 0x83, 0xc4, 32], // add $32,%rsp
    [0x5e, 0x5a], // pop %rsi; pop %rdx
    [0x48, 0x83, 0xf8, SIG_IGN], // cmp $SIG_IGN,%rax
    far([0x0f, 0x85], "real sigaction"), // jne
    [0x83, 0xff, ENGINE_SIGNAL], // cmp $ENGINE_SIGNAL,%edi
    far([0x0f, 0x84], "mark"), // je
    [0x31, 0xf6], // xor %esi,%esi: it stays ignored, and only the old action is told
    far([0xe9], "real sigaction"), // jmp
    { label: "mark" },
    [0x80, 0x4e, GATE_MARK.byte, GATE_MARK.bit], // orb $bit,byte(%rsi)
    far([0xe9], "real sigaction"), // jmp

    { label: "asks" },
    [0x83, 0xff, ENGINE_SIGNAL], // cmp $ENGINE_SIGNAL,%edi
    far([0x0f, 0x85], "real sigaction"), // jne
    [0x52], // push %rdx
    [0xff, 0x14, 0x25, ...word(slots.sigaction)], // call *slot
    [0x5a], // pop %rdx
    [0x48, 0x85, 0xd2], // test %rdx,%rdx
    far([0x0f, 0x84], "told"), // je
    [0x48, 0x83, 0x3a, SIG_IGN], // cmpq $SIG_IGN,(%rdx)
    far([0x0f, 0x85], "told"), // jne
    [0x48, 0xc7, 0x02, ...word(0)], // movq $SIG_DFL,(%rdx)
    { label: "told" },
    [0xc3], // ret
    { label: "real sigaction" },
    [0xff, 0x24, 0x25, ...word(slots.sigaction)], // jmp *slot
  ];
}

/** A function with the arguments of a system call that returns a descriptor; it does not return without one. */
function descriptor(label: string, call: number): CodeItem[] {
  return [
    { label },
    number(call),
    SYSCALL,
    [0x85, 0xc0], // test %eax,%eax
    far([0x0f, 0x88], "abort"), // js
    [0xc3], // ret
  ];
}

/** void abort(void): finds out why, without allocating memory. */
function abort(): CodeItem[] {
  return [
    { label: "abort" },
    [0x48, 0x83, 0xec, 64], // sub $64,%rsp
    number(SYS.openat),
    [0xbf, ...word(-100)], // mov $AT_FDCWD,%edi
    withAddress([0xbe], "path"), // mov $path,%esi
    [0xba, ...word(0x80000)], // mov $O_CLOEXEC,%edx
    SYSCALL,
    ...ifErrno(ENOENT, "no proc"),
    ...ifErrno(EMFILE, "no files"),
    ...ifErrno(ENFILE, "no files"),
    [0x48, 0xc7, 0x04, 0x24, ...word(-1)], // movq $RLIM_INFINITY,(%rsp)
    number(SYS.prlimit64),
    [0x31, 0xff], // xor %edi,%edi: of this process
    [0xbe, ...word(9)], // mov $RLIMIT_AS,%esi
    [0x31, 0xd2], // xor %edx,%edx: no new limit
    [0x49, 0x89, 0xe2], // mov %rsp,%r10
    SYSCALL,
    [0x48, 0x83, 0x3c, 0x24, 0xff], // cmpq $RLIM_INFINITY,(%rsp)
    far([0x0f, 0x85], "no memory"), // jne
    number(SYS.vfork),
    SYSCALL,
    [0x85, 0xc0], // test %eax,%eax
    far([0x0f, 0x84], "child"), // je
    ...ifErrno(EAGAIN, "no threads"),
    far([0xe9], "no reason"), // jmp

    { label: "child" }, // of vfork: it only shows that one can be made
    [0x31, 0xff], // xor %edi,%edi
    number(SYS.exitGroup),
    SYSCALL,
  ];
}

function say(): CodeItem[] {
  return [
    ...Object.entries(SENTENCES).flatMap(([reason, sentence]): CodeItem[] => [
      { label: reason },
      withAddress([0xbe], `text: ${reason}`), // mov $text,%esi
      [0xba, ...word(sentence.length)], // mov $length,%edx
      far([0xe9], "say"), // jmp
    ]),
    { label: "say" },
    [0xbf, ...word(2)], // mov $2,%edi: stderr
    number(SYS.write),
    SYSCALL,
    [0xbf, ...word(125)], // mov $125,%edi
    number(SYS.exitGroup),
    SYSCALL,
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

const SIGPIPE = 13, SIGXFSZ = 25, SIG_IGN = 1;

const SYSCALL = [0x0f, 0x05];

/** mov $call,%eax */
function number(call: number): number[] {
  return [0xb8, ...word(call)];
}

/** cmp $-errno,%eax; je label */
function ifErrno(errno: number, label: string): CodeItem[] {
  return [[0x83, 0xf8, 0x100 - errno], far([0x0f, 0x84], label)];
}

/**
 * A waiter (behaviour.ts) in the instructions of x86-64, each with what it does. The addresses of texts are below 2 GiB: the image
 * is not relocated.
 *
 * %rbx: the page, 128 bytes from its beginning, so that most of it is one byte of distance away. %rbp: the frame, 128 bytes from its
 * beginning. %r12d: how many descriptors poll(2) looks at. %r13d: how often no turn could be taken. %r14d: PID of the keeper that it
 * guards; 0 when it acts itself. %r15d: HOLD and ALARM.
 */
import { absolute, far, short } from "../../base/machine_code/x86_64.ts";
import { type CodeItem, word } from "../../base/machine_code/assemble.ts";
import {
  __WALL,
  AT_EMPTY_PATH,
  CLONE_PARENT_SETTID,
  EAGAIN,
  LOCK_EX,
  LOCK_NB,
  LOCK_UN,
  PR_SET_CHILD_SUBREAPER,
  PR_SET_NAME,
  PR_SET_PDEATHSIG,
  SIG_SETMASK,
  SIGALRM,
  SIGCHLD,
  SIGUSR1,
  SIGUSR2,
  WNOHANG,
} from "../../libc/abi.ts";
import { SIGNALFD_SIGINFO } from "../../libc/structs.ts";
import { END_RECORD, PAGE, WAITER_EVENT, WAITER_FD } from "../page_layout.ts";
import {
  ALARM,
  assembledNumber,
  type AssembledSyscall,
  FRAME,
  HOLD,
  NAME_BYTES,
  nameText,
  PAUSE,
  TURN_MASK,
} from "./parts.ts";

export function waiterX86(): CodeItem[] {
  return [
    ...start(),
    ...pair(),
    ...reap(),
    ...turnEnded(),
    ...keeperEnded(),
    ...reaped(),
    ...poll(),
    ...takeSignals(),
    ...takeWatched(),
    ...startTurn(),
    ...functions(),
    { label: "keeper name" },
    nameText("keeper"),
    { label: "guard name" },
    nameText("guard"),
  ];
}

/** On the stack: argc, argv, NULL, environment, NULL. */
function start(): CodeItem[] {
  return [
    { label: "start" },
    [0x48, 0x8d, 0x6c, 0x24, byte(-ARGC)], // lea -ARGC(%rsp),%rbp
    [0x48, 0x8d, 0x65, byte(-128)], // lea -128(%rbp),%rsp
    [0x31, 0xff], // xor %edi,%edi
    [0xbe, ...word(PAGE.bytes)], // mov $4096,%esi
    push(3, POP.rdx), // PROT_READ | PROT_WRITE
    push(1, POP.r10), // MAP_SHARED
    push(WAITER_FD.page, POP.r8),
    [0x45, 0x31, 0xc9], // xor %r9d,%r9d
    ...call("mmap"),
    [0x48, 0x93], // xchg %rax,%rbx
    [0x48, 0x83, 0xeb, byte(-128)], // sub $-128,%rbx
    far([0x0f, 0x88], "exit"), // js: -errno; there is no page
    [0x6a, 0x2f, 0x48, 0x89, 0xe7], // push $'/'; mov %rsp,%rdi
    ...call("chdir"),
    [0x58], // pop %rax
    [0x45, 0x31, 0xed], // xor %r13d,%r13d
    [0x45, 0x31, 0xf6], // xor %r14d,%r14d
    [0x45, 0x31, 0xff], // xor %r15d,%r15d
    push(PR_SET_CHILD_SUBREAPER, POP.rdi),
    push(1, POP.rsi),
    far([0xe8], "prctl"), // call
  ];
}

/** Becomes the guard of a keeper that it forks; where that fails it acts itself. */
function pair(): CodeItem[] {
  return [
    { label: "pair" },
    raise("begin"),
    ...call("getpid"),
    [0x89, ...page(EAX, PAGE.guard)], // mov %eax,guard
    absolute([0xbe], "guard name"), // mov $name,%esi
    far([0xe8], "name"), // call
    [0x48, 0x8d, ...page(EDX, PAGE.keeper)], // lea keeper,%rdx
    far([0xe8], "fork"), // call
    short(JE, "keeper begins"),
    short(JS, "act alone"),
    [0x41, 0x89, 0xc6], // mov %eax,%r14d
    short(JMP, "reap"),

    { label: "act alone" },
    far([0xe8], "alone"), // call
    short(JMP, "reap"),

    { label: "keeper begins" },
    ...call("setsid"),
    push(PR_SET_CHILD_SUBREAPER, POP.rdi),
    push(1, POP.rsi),
    far([0xe8], "prctl"), // call
    push(PR_SET_PDEATHSIG, POP.rdi),
    push(SIGUSR2, POP.rsi),
    far([0xe8], "prctl"), // call
    absolute([0xbe], "keeper name"), // mov $name,%esi
    far([0xe8], "name"), // call
    far([0xe8], "look at guard"), // call: it may have ended before the signal was wanted
  ];
}

/** Takes the end of every child that has ended. */
function reap(): CodeItem[] {
  return [
    { label: "reap" },
    [0x83, 0xcf, 0xff], // or $-1,%edi
    [0x48, 0x8d, ...frame(ESI, RECORD + END_RECORD.status)], // lea status,%rsi
    [0xba, ...word(WNOHANG | __WALL)], // mov $…,%edx
    [0x4c, 0x8d, ...frame(R10, RECORD + END_RECORD.usage)], // lea usage,%r10
    ...call("wait4"),
    [0x85, 0xc0], // test %eax,%eax
    far([0x0f, 0x8e], "reaped"), // jle
    [0x89, ...frame(EAX, RECORD + END_RECORD.pid)], // mov %eax,pid
    [0x3b, ...page(EAX, PAGE.turn)], // cmp turn,%eax
    short(JE, "turn ended"),
    [0x41, 0x39, 0xc6], // cmp %eax,%r14d
    far([0x0f, 0x84], "keeper ended"), // je
    [0x31, 0xff], // xor %edi,%edi: CLOCK_REALTIME
    [0x48, 0x8d, ...frame(ESI, RECORD + END_RECORD.at)], // lea at,%rsi
    ...call("clock_gettime"),
    [0x8b, ...frame(EAX, RECORD + END_RECORD.pid)], // mov pid,%eax
    [0x48, 0x8d, ...page(EDI, PAGE.other)], // lea other,%rdi
    [0x31, 0xc9], // xor %ecx,%ecx
    [0xf0, 0x0f, 0xb1, ...page(ECX, PAGE.program)], // lock cmpxchg %ecx,program: 0 if it was that PID
    [0x0f, 0x94, 0xc2], // sete %dl
    short(JNE, "record"),
    [0x48, 0x8d, ...page(EDI, PAGE.ended)], // lea ended,%rdi
    { label: "record" },
    [0x48, 0x8d, ...frame(ESI, RECORD)], // lea record,%rsi
    push(END_RECORD.bytes / 4, POP.rcx),
    [0xf3, 0xa5], // rep movsl
    [0x84, 0xd2], // test %dl,%dl
    short(JE, "reap"),
    raise("ended"), // after the record is whole
    [0x44, 0x89, 0xf7], // mov %r14d,%edi: a keeper that did not start it does not know
    far([0xe8], "wake"), // call
    far([0xe8], "wake turn"), // call
    short(JMP, "reap"),
  ];
}

function turnEnded(): CodeItem[] {
  return [
    { label: "turn ended" },
    [0x8b, ...frame(EAX, RECORD + END_RECORD.status)], // mov status,%eax
    [0x89, ...page(EAX, PAGE.turnStatus)], // mov %eax,turnStatus
    [0x50], // push %rax
    [0x83, ...page(AND, PAGE.turn), 0], // andl $0,turn
    push(LOCK_UN, POP.rsi),
    far([0xe8], "flock"), // call
    [0x58], // pop %rax
    [0x85, 0xc0], // test %eax,%eax
    short(JNE, "failed"),
    [0x39, ...page(EAX, PAGE.done)], // cmp %eax,done
    short(JE, "failed"), // what has exited with 0 was no turn
    [0x89, ...page(EAX, PAGE.failures)], // mov %eax,failures
    [0x39, ...page(EAX, PAGE.leave)], // cmp %eax,leave
    far([0x0f, 0x85], "exit 0"), // jne
    [0x39, ...page(EAX, PAGE.pair)], // cmp %eax,pair
    short(JE, "on"),
    [0x39, ...page(EAX, PAGE.guard)], // cmp %eax,guard
    far([0x0f, 0x84], "pair"), // je: it has no partner
    { label: "on" },
    far([0xe9], "reap"), // jmp

    { label: "failed" },
    [0x8b, ...page(ECX, PAGE.failures)], // mov failures,%ecx
    [0xff, ...page(INC, PAGE.failures)], // incl failures
    [0x83, 0xf9, PAUSE.doublings], // cmp $9,%ecx
    short(JBE, "doubled"),
    push(PAUSE.doublings, POP.rcx),
    { label: "doubled" },
    push(PAUSE.failed, POP.rax),
    [0xd3, 0xe0], // shl %cl,%eax
    far([0xe8], "hold"), // call
    short(JMP, "on"),
  ];
}

function keeperEnded(): CodeItem[] {
  return [
    { label: "keeper ended" },
    [0x83, ...frame(CMP, RECORD + END_RECORD.status), 0], // cmpl $0,status
    short(JNE, "take over"),
    [0x83, ...page(CMP, PAGE.leave), 0], // cmpl $0,leave
    far([0x0f, 0x85], "exit 0"), // jne: it was told to
    { label: "take over" },
    raise("partner"),
    far([0xe8], "alone"), // call
    far([0xe9], "reap"), // jmp
  ];
}

/** Nobody else has ended. Is there anything to do, and may it be done now? */
function reaped(): CodeItem[] {
  return [
    { label: "reaped" },
    push(1, POP.r12), // the signalfd alone
    [0x45, 0x85, 0xf6], // test %r14d,%r14d
    short(JNE, "poll"), // a keeper does it
    [0x41, 0xf6, 0xc7, HOLD], // test $HOLD,%r15b
    short(JNE, "poll"),
    [0x83, ...page(CMP, PAGE.turn), 0], // cmpl $0,turn
    short(JNE, "poll"),
    [0x48, 0x8d, ...page(ESI, PAGE.raised)], // lea raised,%rsi
    [0x48, 0x8d, ...page(EDI, PAGE.seen)], // lea seen,%rdi
    push(Object.keys(WAITER_EVENT).length, POP.rcx),
    [0xf3, 0xa7], // repe cmpsl
    far([0x0f, 0x85], "start turn"), // jne
    [0x44, 0x8b, ...page(R12, PAGE.polledCount)], // mov polledCount,%r12d
  ];
}

function poll(): CodeItem[] {
  return [
    { label: "poll" },
    [0x48, 0x8d, ...page(EDI, PAGE.polled)], // lea polled,%rdi
    [0x44, 0x89, 0xe6], // mov %r12d,%esi
    [0x31, 0xd2], // xor %edx,%edx: for ever
    [0x45, 0x85, 0xff], // test %r15d,%r15d
    short(JE, "sleep"),
    [0x48, 0x8d, ...frame(EDX, FRAME.pause)], // lea pause,%rdx: the kernel leaves there what is left of it
    { label: "sleep" },
    [0x45, 0x31, 0xd2], // xor %r10d,%r10d
    ...call("ppoll"),
    [0x85, 0xc0], // test %eax,%eax
    short(JG, "take signals"),
    push(1, POP.r12), // nothing has been written to what is watched
    short(JS, "take signals"), // EINTR
    [0x44, 0x89, 0xf8], // mov %r15d,%eax
    [0x45, 0x31, 0xff], // xor %r15d,%r15d
    [0xa8, ALARM], // test $ALARM,%al
    short(JE, "take signals"),
    far([0xe8], "raise wake"), // call
  ];
}

function takeSignals(): CodeItem[] {
  return [
    { label: "take signals" },
    push(WAITER_FD.signals, POP.rdi),
    [0x48, 0x8d, ...frame(ESI, FRAME.record)], // lea record,%rsi
    [0xba, ...word(SIGNALFD_SIGINFO.bytes)], // mov $128,%edx
    ...call("read"),
    [0x85, 0xc0], // test %eax,%eax
    short(JLE, "take watched"),
    [0x8b, ...frame(ESI, FRAME.record + SIGNALFD_SIGINFO.ssi_signo)], // mov ssi_signo,%esi
    [0x83, 0xfe, SIGCHLD], // cmp $SIGCHLD,%esi
    short(JE, "take signals"),
    [0x83, 0xfe, SIGUSR2], // cmp $SIGUSR2,%esi
    short(JNE, "not of guard"),
    far([0xe8], "look at guard"), // call
    short(JMP, "take signals"),

    { label: "not of guard" },
    [0x44, 0x89, 0xf7], // mov %r14d,%edi
    [0x85, 0xff], // test %edi,%edi
    short(JE, "own"),
    far([0xe8], "kill"), // call: passed on
    short(JMP, "take signals"),

    { label: "own" },
    [0x83, 0xfe, SIGALRM], // cmp $SIGALRM,%esi
    short(JE, "alarm"),
    [0x83, 0xfe, SIGUSR1], // cmp $SIGUSR1,%esi
    short(JNE, "asked"),
    far([0xe8], "raise wake"), // call
    short(JMP, "take signals"),

    { label: "asked" },
    [0x89, ...page(ESI, PAGE.signal)], // mov %esi,signal
    raise("asked"),
    far([0xe8], "wake turn"), // call
    short(JMP, "take signals"),

    { label: "alarm" },
    [0x41, 0x80, 0xcf, ALARM], // or $ALARM,%r15b
    [0x41, 0xf6, 0xc7, HOLD], // test $HOLD,%r15b
    short(JNE, "take signals"), // at the end of that pause
    [0xb8, ...word(PAUSE.alarm)], // mov $3000,%eax
    far([0xe8], "set pause"), // call
    short(JMP, "take signals"),
  ];
}

/** From the last one that poll(2) has looked at down to the timer, which is the second. */
function takeWatched(): CodeItem[] {
  return [
    { label: "take watched" },
    [0x41, 0xff, 0xcc], // dec %r12d
    far([0x0f, 0x84], "reap"), // je
    [0x4a, 0x8d, 0xbc, 0xe3, ...word(PAGE.polled - 128)], // lea polled(,%r12,8),%rdi
    [0x0f, 0xb7, 0x47, 6], // movzwl revents(%rdi),%eax
    [0x85, 0xc0], // test %eax,%eax
    short(JE, "take watched"),
    [0xa8, 1], // test $POLLIN,%al
    short(JNE, "readable"),
    [0x83, 0x0f, byte(-1)], // orl $-1,(%rdi): POLLERR, POLLHUP, POLLNVAL would come again at once
    { label: "readable" },
    [0x44, 0x89, 0xe1], // mov %r12d,%ecx
    [0x83, 0xe9, 2], // sub $2,%ecx
    short(JS, "timer"),
    [0x0f, 0xab, ...page(ECX, PAGE.ready)], // bts %ecx,ready
    raise("watched"),
    short(JMP, "take watched"),
    { label: "timer" },
    raise("timer"),
    short(JMP, "take watched"),
  ];
}

function startTurn(): CodeItem[] {
  return [
    { label: "start turn" },
    push(LOCK_EX | LOCK_NB, POP.rsi),
    far([0xe8], "flock"), // call
    [0x83, 0xf8, byte(-EAGAIN)], // cmp $-EAGAIN,%eax
    short(JNE, "taken"), // also where locks cannot be had
    [0x41, 0xff, 0xc5], // inc %r13d
    [0x41, 0x0f, 0xba, 0xe5, Math.log2(PAUSE.busyTries)], // bt $9,%r13d
    short(JC, "taken"),
    push(PAUSE.busy, POP.rax),
    far([0xe8], "hold"), // call
    far([0xe9], "poll"), // jmp

    { label: "taken" },
    [0x45, 0x31, 0xed], // xor %r13d,%r13d
    [0x31, 0xc0], // xor %eax,%eax
    [0x48, 0x89, ...page(EAX, PAGE.leave)], // mov %rax,leave: and pair
    [0x89, ...page(EAX, PAGE.done)], // mov %eax,done
    [0x48, 0x8d, ...page(EDX, PAGE.turn)], // lea turn,%rdx
    far([0xe8], "fork"), // call
    short(JE, "turn"),
    far([0x0f, 0x89], "reap"), // jns
    [0x89, ...frame(EAX, RECORD + END_RECORD.status)], // mov %eax,status: -EAGAIN
    far([0xe9], "turn ended"), // jmp

    { label: "turn" },
    [0x68, ...word(TURN_MASK)], // push $mask
    push(SIG_SETMASK, POP.rdi),
    [0x48, 0x89, 0xe6], // mov %rsp,%rsi
    [0x31, 0xd2], // xor %edx,%edx
    push(8, POP.r10), // of bytes
    ...call("rt_sigprocmask"),
    [0x8b, ...frame(ECX, ARGC + 128)], // mov argc,%ecx
    [0x48, 0x8d, 0x54, 0xcd, ARGV1], // lea 8+argv(%rbp,%rcx,8),%rdx: the environment
    [0x48, 0x8d, 0x75, ARGV1], // lea argv1,%rsi
    [0x48, 0x8b, 0x3e], // mov (%rsi),%rdi
    ...call("execve"),
    // Its file is gone, or cannot be executed: by the descriptor, with an empty path. The lowest byte of the mask is 0.
    [0x49, 0x89, 0xd2], // mov %rdx,%r10
    [0x48, 0x89, 0xf2], // mov %rsi,%rdx
    [0x48, 0x89, 0xe6], // mov %rsp,%rsi
    push(WAITER_FD.imp, POP.rdi),
    [0x41, 0xb8, ...word(AT_EMPTY_PATH)], // mov $AT_EMPTY_PATH,%r8d
    ...call("execveat"),
    push(127, POP.rbx),
    { label: "exit" },
    [0x89, 0xdf], // mov %ebx,%edi
    ...call("exit_group"),
    { label: "exit 0" },
    [0x31, 0xdb], // xor %ebx,%ebx
    short(JMP, "exit"),
  ];
}

function functions(): CodeItem[] {
  return [
    // Clones this process, whose PID the kernel writes to (%rdx) before it runs. Flags tell the child, ZF, and a failure, SF.
    { label: "fork" },
    [0xbf, ...word(CLONE_PARENT_SETTID | SIGCHLD)], // mov $flags,%edi
    [0x31, 0xf6], // xor %esi,%esi
    ...call("clone"),
    [0x85, 0xc0], // test %eax,%eax
    RET,

    { label: "flock" }, // %esi: the operation
    push(WAITER_FD.turns, POP.rdi),
    ...call("flock"),
    RET,

    // The keeper asks whether its guard has ended.
    { label: "look at guard" },
    [0x45, 0x85, 0xf6], // test %r14d,%r14d
    short(JNE, "done"), // it is a guard itself
    ...call("getppid"),
    [0x8b, ...page(ECX, PAGE.guard)], // mov guard,%ecx
    [0x85, 0xc9], // test %ecx,%ecx
    short(JE, "done"),
    [0x39, 0xc8], // cmp %ecx,%eax
    short(JE, "done"),
    [0x83, ...page(AND, PAGE.guard), 0], // andl $0,guard
    raise("partner"),
    RET,

    // Raises wake; wakes the turn that runs; sends SIGUSR1 to %edi; sends %esi to %edi. Not to 0, its own group.
    { label: "raise wake" },
    raise("wake"),
    { label: "wake turn" },
    [0x8b, ...page(EDI, PAGE.turn)], // mov turn,%edi
    { label: "wake" },
    push(SIGUSR1, POP.rsi),
    { label: "kill" },
    [0x85, 0xff], // test %edi,%edi
    short(JE, "done"),
    ...call("kill"),
    { label: "done" },
    RET,

    // No turn for %eax milliseconds; poll(2) ends after %eax milliseconds.
    { label: "hold" },
    [0x41, 0x80, 0xcf, HOLD], // or $HOLD,%r15b
    { label: "set pause" },
    [0x99], // cltd: %edx is 0
    [0xb9, ...word(1000)], // mov $1000,%ecx
    [0xf7, 0xf1], // div %ecx
    [0x48, 0x89, ...frame(EAX, FRAME.pause)], // mov %rax,tv_sec
    [0x69, 0xd2, ...word(1_000_000)], // imul $1000000,%edx,%edx
    [0x48, 0x89, ...frame(EDX, FRAME.pause + 8)], // mov %rdx,tv_nsec
    RET,

    // It acts, and has no partner.
    { label: "alone" },
    [0x45, 0x31, 0xf6], // xor %r14d,%r14d
    ...call("getpid"),
    [0x48, 0xc1, 0xe0, 32], // shl $32,%rax
    [0x48, 0x89, ...page(EAX, PAGE.guard)], // mov %rax,guard: 0, and keeper
    absolute([0xbe], "keeper name"), // mov $name,%esi
    // It is called %rsi.
    { label: "name" },
    [0x48, 0x8b, 0x7d, ARGV1 - 8], // mov argv0,%rdi
    [0x57], // push %rdi
    push(NAME_BYTES, POP.rcx),
    [0xf3, 0xa4], // rep movsb
    [0x5e], // pop %rsi
    push(PR_SET_NAME, POP.rdi),
    { label: "prctl" }, // %edi, %rsi
    ...call("prctl"),
    RET,
  ];
}

const EAX = 0, ECX = 1, EDX = 2, ESI = 6, EDI = 7;
/** The lower bits of their numbers; a prefix has the rest. */
const R10 = 2, R12 = 4;
/** Operations of one operand, in the place of a register. */
const INC = 0, AND = 4, CMP = 7;
const JC = 0x72, JE = 0x74, JNE = 0x75, JBE = 0x76, JS = 0x78, JLE = 0x7e, JG = 0x7f, JMP = 0xeb;
const RET = [0xc3];
const POP = {
  rax: [0x58],
  rcx: [0x59],
  rdx: [0x5a],
  rbx: [0x5b],
  rsi: [0x5e],
  rdi: [0x5f],
  r8: [0x41, 0x58],
  r10: [0x41, 0x5a],
  r12: [0x41, 0x5c],
};

/** Where they lie from %rbp on: the frame ends below argc. */
const ARGC = FRAME.bytes - 128, ARGV1 = ARGC + 16;
const RECORD = FRAME.record;

/** push $value; pop: three bytes in place of five. */
function push(value: number, pop: number[]): number[] {
  if (value > 127) throw new RangeError(`${value} is no signed byte`);
  return [0x6a, value, ...pop];
}

/** push; pop, or mov, to %eax; syscall */
function call(name: AssembledSyscall): CodeItem[] {
  const number = assembledNumber(name, false);
  return [number > 127 ? [0xb8, ...word(number)] : push(number, POP.rax), [0x0f, 0x05]];
}

/** incl raised */
function raise(event: keyof typeof WAITER_EVENT): number[] {
  return [0xff, ...page(INC, PAGE.raised + 4 * WAITER_EVENT[event])];
}

/** A register, or operation, and a word of the page. */
function page(register: number, at: number): number[] {
  const distance = at - 128;
  return distance < 128
    ? [0x43 | register << 3, byte(distance)]
    : [0x83 | register << 3, ...word(distance)];
}

/** The same with a word of the frame. */
function frame(register: number, at: number): number[] {
  return [0x45 | register << 3, byte(at - 128)];
}

function byte(value: number): number {
  if (value < -128 || value > 127) throw new RangeError(`${value} is no signed byte`);
  return value & 255;
}

/**
 * What an init at rest does when the program has ended, and how it becomes imp again, in x86-64 instructions: rest.ts.
 */
import { type CodeItem, word } from "../../../base/machine_code/assemble.ts";
import { far, short, withAddress } from "../../../base/machine_code/x86_64.ts";
import {
  AND,
  CMP,
  EAX,
  ECX,
  EDI,
  EDX,
  INC,
  JAE,
  JBE,
  JE,
  JMP,
  JNE,
  JS,
  kernel,
  pageWord,
  POP,
  pushPop,
  RETURN,
  signedByte,
  TEST,
} from "../../../keeper/waiter/x86_64/operands.ts";
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

/** Distance from %rbp. */
const WORDS = REST_FRAME.words - REST_FRAME.bytes;
/** In a wait status: the signal that ended it, or 0x7f if it was stopped. */
export const LOWER_SEVEN = 0x7f;

export function x86Awakening(): CodeItem[] {
  return [...over(), ...wake(), ...functions()];
}

/** The program has ended. */
function over(): CodeItem[] {
  return [
    { label: "over" },
    [0xf6, ...pageWord(TEST, PAGE.rule), END_RULE.ask], // testb $ask,rule
    short(JE, "not to ask"),
    [0x8b, ...pageWord(EDI, PAGE.askTo)], // mov askTo,%edi
    pushPop(SIGTERM, POP.rsi),
    ...kernel("kill"),
    short(JMP, "exit"),
    { label: "not to ask" },
    [0xf6, ...pageWord(TEST, PAGE.rule), END_RULE.leave], // testb $leave,rule
    short(JNE, "exit"),
    [0x41, 0x83, 0xfc, signedByte(-ECHILD)], // cmp $-ECHILD,%r12d
    short(JNE, "wake"),
    [0xf6, ...pageWord(TEST, PAGE.rule), END_RULE.alone], // testb $alone,rule
    short(JE, "wake"),
    [0xf6, ...pageWord(TEST, PAGE.rule), END_RULE.thinkOfInterrupt], // testb $…,rule
    short(JE, "exit"),
    [0x8b, ...pageWord(EAX, PAGE.status)], // mov status,%eax
    [0x83, 0xe0, LOWER_SEVEN], // and $0x7f,%eax: WTERMSIG
    [0x83, 0xf8, SIGINT], // cmp $SIGINT,%eax
    short(JE, "wake"),

    { label: "exit" },
    [0x8b, ...pageWord(ECX, PAGE.status)], // mov status,%ecx
    [0x89, 0xcf], // mov %ecx,%edi
    [0x83, 0xe7, LOWER_SEVEN], // and $0x7f,%edi
    short(JE, "exited"),
    [0x81, 0xc7, ...word(128)], // add $128,%edi
    short(JMP, "as status"),
    { label: "exited" },
    [0x0f, 0xb6, 0xfd], // movzbl %ch,%edi: WEXITSTATUS
    { label: "as status" },
    [0x0f, 0xa3, ...pageWord(EDI, PAGE.expected)], // bt %edi,expected
    short(JAE, "exit with"),
    [0x31, 0xff], // xor %edi,%edi
    { label: "exit with" },
    ...kernel("exit_group"),
    { label: "lost" },
    pushPop(NO_PAGE_STATUS, POP.rdi),
    short(JMP, "exit with"),
  ];
}

/** Starts a helper, and becomes imp once it has proven that this works. */
function wake(): CodeItem[] {
  return [
    { label: "wake" },
    [0xbf, ...word(SIGCHLD)], // mov $SIGCHLD,%edi
    [0x31, 0xf6], // xor %esi,%esi
    ...kernel("clone"),
    [0x85, 0xc0], // test %eax,%eax
    short(JE, "helper"),
    short(JS, "not forked"),
    [0x89, ...pageWord(EAX, PAGE.helper)], // mov %eax,helper
    far([0xe9], "look"), // jmp

    { label: "not forked" },
    [0x48, 0x8d, ...pageWord(EDI, PAGE.awaited)], // lea awaited,%rdi
    [0x48, 0x8d, ...pageWord(EDX, PAGE.retry)], // lea retry,%rdx
    [0x8b, ...pageWord(EAX, PAGE.signal)], // mov signal,%eax
    [0x0b, ...pageWord(EAX, PAGE.ended)], // or ended,%eax
    far([0x0f, 0x84], "sleep"), // je
    [0x48, 0x8d, ...pageWord(EDI, PAGE.childOnly)], // lea childOnly,%rdi
    far([0xe9], "sleep"), // jmp

    // After failures it sleeps first, so that init needs no timer.
    { label: "helper" },
    [0x8b, ...pageWord(ECX, PAGE.failures)], // mov failures,%ecx
    [0x85, 0xc9], // test %ecx,%ecx
    short(JE, "start imp"),
    [0xff, 0xc9], // dec %ecx
    [0x83, 0xf9, AWAKE_TRIES.doublings], // cmp $9,%ecx
    short(JBE, "doubled"),
    pushPop(AWAKE_TRIES.doublings, POP.rcx),
    { label: "doubled" },
    pushPop(AWAKE_TRIES.pause, POP.rax),
    [0xd3, 0xe0], // shl %cl,%eax
    [0x99], // cltd: %edx is 0
    [0xb9, ...word(1000)], // mov $1000,%ecx
    [0xf7, 0xf1], // div %ecx
    [0x69, 0xd2, ...word(1_000_000)], // imul $1000000,%edx,%edx
    [0x52, 0x50], // push %rdx; push %rax: struct timespec
    [0x48, 0x89, 0xe7], // mov %rsp,%rdi
    [0x31, 0xf6], // xor %esi,%esi
    ...kernel("nanosleep"),
    { label: "start imp" },
    far([0xe8], "execute"), // call
    pushPop(127, POP.rdi),
    short(JMP, "exit with"),

    // Until now nobody could write to the file, since it was being executed: execve(2), ETXTBSY. The helper's share of
    // a limit on processes is needed.
    { label: "become imp" },
    [0x83, ...pageWord(AND, PAGE.proven), 0], // andl $0,proven
    [0x8b, ...pageWord(EDI, PAGE.helper)], // mov helper,%edi
    pushPop(SIGKILL, POP.rsi),
    ...kernel("kill"),
    [0x8b, ...pageWord(EDI, PAGE.helper)], // mov helper,%edi
    [0x31, 0xf6], // xor %esi,%esi
    [0x31, 0xd2], // xor %edx,%edx: until it has ended
    [0x45, 0x31, 0xd2], // xor %r10d,%r10d
    ...kernel("wait4"),
    [0x83, ...pageWord(AND, PAGE.helper), 0], // andl $0,helper
    far([0xe8], "execute"), // call
    far([0xe9], "helper ended"), // jmp
  ];
}

function functions(): CodeItem[] {
  return [
    // By the descriptor: it is the imp that rests here, wherever its path leads by now.
    { label: "execute" },
    [0x8b, ...pageWord(EDI, PAGE.imp)], // mov imp,%edi
    withAddress([0xbe], "no path"), // mov $…,%esi
    [0x48, 0x8d, 0x55, signedByte(WORDS)], // lea words,%rdx
    [0x4d, 0x8d, 0x55, 8], // lea 8(%r13),%r10: the environment as it was
    [0x41, 0xb8, ...word(AT_EMPTY_PATH)], // mov $AT_EMPTY_PATH,%r8d
    ...kernel("execveat"),
    RETURN,

    { label: "failed" },
    [0xff, ...pageWord(INC, PAGE.failures)], // incl failures
    [0x83, ...pageWord(CMP, PAGE.ended), 0], // cmpl $0,ended
    short(JE, "done"),
    [0x83, ...pageWord(CMP, PAGE.failures), AWAKE_TRIES.whenEnded], // cmpl $6,failures
    far([0x0f, 0x83], "exit"), // jae
    [0x83, ...pageWord(CMP, PAGE.failures), 1], // cmpl $1,failures
    short(JNE, "done"),
    [0x8b, ...pageWord(EDI, PAGE.askTo)], // mov askTo,%edi
    [0x85, 0xff], // test %edi,%edi
    short(JE, "done"),
    pushPop(SIGTERM, POP.rsi),
    ...kernel("kill"),
    pushPop(SIGCONT, POP.rsi),
    ...kernel("kill"),
    { label: "done" },
    RETURN,
    { label: "no path" },
    [0],
  ];
}

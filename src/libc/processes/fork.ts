import { pollOne } from "../descriptors/poll_one.ts";
import {
  AT_SYSINFO_EHDR,
  EACCES,
  ECHILD,
  EINTR,
  ENOENT,
  ENOTDIR,
  MADV_DOFORK,
  O_CLOEXEC,
  POLLIN,
  SIG_SETMASK,
  SIGKILL,
} from "../abi.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { runtime } from "../../runtime/mod.ts";
import { copyOwnStat, writeOwnPid, writePidVariable } from "./child_record.ts";
import { type ChildStep, compileSteps, OP, WIDTH } from "./child_program.ts";
import { follow, raiseLoopback, writeNamedFile } from "./child_steps.ts";
import { errno, PROCESS_LIMIT_HINT, systemError } from "../calling/errno.ts";
import { closeFile, moveUp } from "../descriptors/files.ts";
import { libc } from "../calling/load.ts";
import { allocate, scratch } from "../calling/memory.ts";
import { sendSignal, signalSet } from "./signals.ts";
import { describeEnding, waitFor } from "./wait.ts";

const c = libc(
  "fork",
  "_exit",
  "sigprocmask",
  "getpid",
  "pipe2",
  "poll",
  "read",
  "write",
  "madvise",
  "getauxval",
);

/** Outcome of {@link forkAndExecute}: the PID of the program, or which step failed with which errno. */
export type Forked =
  | { readonly pid: number }
  | { readonly failed: ChildStep; readonly code: number };

// A collector thread that holds a lock at the moment of fork can hang the child before its first statement (seen under
// heavy allocation, about once in a thousand forks). Such a child has executed nothing yet, so it is killed and another
// one forked. One that merely gets no CPU looks the same, so patience grows with each attempt.
const PATIENCE_MS = [250, 1000, 2000, 4000, 8000];
const ATTEMPTS = 10;

/** Hints for errors of fork(2). */
const FORK_HINTS: Record<number, { hint: string }> = {
  11: { hint: PROCESS_LIMIT_HINT },
  12: { hint: "the machine, or this control group, has no memory left" },
};
const MESSAGE_BYTES = 12;

// Allocated once: the child may only read and write what exists already.
const ends = allocate(8);
const message = allocate(MESSAGE_BYTES);
const report = new Int32Array(message.bytes.buffer, message.bytes.byteOffset, 3);
const allSignals = signalSet("all").address;
const savedMask = allocate(128).address;

/**
 * Forks a child that follows `steps`, the last of which executes a program. Returns once exec has succeeded or a step
 * has failed; then no child remains.
 * @throws ImpError when fork itself fails (EAGAIN: a limit on processes is reached)
 */
export function forkAndExecute(steps: readonly ChildStep[]): Forked {
  return scratch(() => forkUntilAlive(steps, compileSteps(steps)));
}

function forkUntilAlive(steps: readonly ChildStep[], program: Float64Array): Forked {
  warmUp(steps);
  // Without a second fork the child itself becomes the program and must not be waited for.
  const leavesMiddle = steps.some((step) => step.do === "fork");
  let how = "";
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const patience = PATIENCE_MS[Math.min(attempt, PATIENCE_MS.length) - 1];
    const outcome = attemptOnce(steps, program, leavesMiddle, patience);
    if (!("died" in outcome)) {
      return outcome.pid > 0 ? outcome : { failed: steps[outcome.step], code: outcome.code };
    }
    how = outcome.died;
    letCollectorFinish(attempt);
  }
  throw systemError(ECHILD, "start", "a child process", {
    why: `${ATTEMPTS} forked children died before exec, the last one: ${how}`,
    exit: EXIT.failed,
  });
}

/** Code that runs for the first time is compiled first, which may not be possible in the child. */
function warmUp(steps: readonly ChildStep[]): void {
  for (const { do: what } of steps) {
    if (what === "own-stat") copyOwnStat(-1, 0);
    else if (what === "own-pid") writeOwnPid(-1, 0, 0);
    else if (what === "own-pid-variable") writePidVariable();
    else if (what === "write-file") writeNamedFile(0, 0, 0);
    else if (what === "loopback-up") raiseLoopback(0);
  }
}

interface Told {
  readonly pid: number;
  readonly step: number;
  readonly code: number;
}

/** A child that died before its last step. */
interface Died {
  readonly died: string;
}

function attemptOnce(
  steps: readonly ChildStep[],
  program: Float64Array,
  leavesMiddle: boolean,
  patience: number,
): Told | Died {
  const [readEnd, writeEnd] = makePipe(steps);
  inheritMappings();
  // No handler of the runtime may run in the child before its dispositions are reset.
  c.sigprocmask(SIG_SETMASK, allSignals, savedMask);
  const child = c.fork();
  if (child === 0) followSteps(program, steps.length, writeEnd);
  const code = errno();
  c.sigprocmask(SIG_SETMASK, savedMask, 0);
  closeFile(writeEnd);
  if (child < 0) {
    closeFile(readEnd);
    throw systemError(code, "fork", undefined, { exit: EXIT.failed, ...FORK_HINTS[code] });
  }
  const told = listen(readEnd, child, patience);
  closeFile(readEnd);
  if (told !== "died" && told.pid > 0 && !leavesMiddle) return told;
  const reaped = waitFor(child);
  if (told !== "died") return told;
  return { died: reaped ? describeEnding(reaped.ending) : "gone" };
}

/** The child reports its progress through this pipe; none of its redirections may close it before exec does. */
function makePipe(steps: readonly ChildStep[]): [readEnd: number, writeEnd: number] {
  if (c.pipe2(ends.address, O_CLOEXEC) < 0) {
    throw systemError(errno(), "make", "a pipe", { exit: EXIT.failed });
  }
  const targets = steps.map((step) => step.do === "dup2" ? step.to : 2);
  const writeEnd = moveUp(ends.view.getInt32(4, true), Math.max(...targets) + 1);
  return [ends.view.getInt32(0, true), writeEnd];
}

/**
 * A garbage collection in progress on another thread would be in progress in the next child too, and never end there.
 * JavaScriptCore's waits for this thread to allocate, which it does not between forks, so a full one is requested here.
 * V8's ends when this thread returns from C to JavaScript again and again; longer with each attempt, since the other
 * thread hardly advances on a busy machine.
 */
function letCollectorFinish(attempt: number): void {
  const SLICES = 50;
  runtime.collectGarbage();
  for (let slice = 0; slice < SLICES * attempt; slice++) c.poll(0, 0, 1);
}

/** Runs in the child: only prepared numbers and libc calls from here on. */
function followSteps(program: Float64Array, steps: number, writeEnd: number): void {
  let forbidden = -1;
  for (let i = 0; i < steps; i++) {
    const at = i * WIDTH;
    const a = program[at + 1], b = program[at + 2], d = program[at + 3];
    if (program[at] === OP.execute && (i === 0 || program[at - WIDTH] !== OP.execute)) {
      tell(writeEnd, c.getpid(), 0, 0);
    }
    if (follow(program[at], a, b, d) >= 0) continue;
    const code = errno();
    const missing = code === ENOENT || code === ENOTDIR;
    if (program[at] === OP.execute && (missing || code === EACCES)) {
      if (code === EACCES) forbidden = i;
      if (i + 1 < steps) continue;
    }
    // A candidate that exists but may not be executed says more than a last one that is missing.
    if (missing && forbidden >= 0) tell(writeEnd, 0, forbidden, EACCES);
    else tell(writeEnd, 0, i, code);
    c._exit(127);
  }
}

function tell(writeEnd: number, pid: number, step: number, code: number): void {
  report[0] = pid;
  report[1] = step;
  report[2] = code;
  // If the parent did not learn this, it would start another child: this one must not become the program.
  if (c.write(writeEnd, message.address, MESSAGE_BYTES) !== MESSAGE_BYTES) c._exit(127);
}

/** Reads the child's reports until exec, or its end, closes the pipe. */
function listen(readEnd: number, child: number, patience: number): Told | "died" {
  let told: Told | "died" = "died";
  for (;;) {
    if (told === "died" && !readableWithin(readEnd, patience)) {
      // It hangs before the first step. Its group exists once it has made its session.
      sendSignal(-child, SIGKILL);
      sendSignal(child, SIGKILL);
      return "died";
    }
    const n = c.read(readEnd, message.address, MESSAGE_BYTES);
    if (n < 0 && errno() === EINTR) continue;
    if (n < MESSAGE_BYTES) return told;
    told = { pid: report[0], step: report[1], code: report[2] };
  }
}

function readableWithin(fd: number, ms: number): boolean {
  const deadline = runtime.now() + ms;
  for (;;) {
    const ready = pollOne(fd, POLLIN, deadline - runtime.now());
    if (ready > 0) return true;
    if (ready === 0) return false;
  }
}

/**
 * Bun maps its memory for machine code MADV_DONTFORK: a child would crash at its first compiled function. This clears
 * the mark on all mappings; the ranges leave out the kernel's own pages (vdso), for which madvise(2) fails.
 */
function inheritMappings(): void {
  const LOWEST = 0x10000, MARGIN = 0x10000;
  const top = runtime.arch === "arm64" ? 0xffff_ffff_0000 : 0x7fff_ffff_0000;
  const vdso = c.getauxval(AT_SYSINFO_EHDR);
  if (vdso === 0) {
    c.madvise(LOWEST, top - LOWEST, MADV_DOFORK);
    return;
  }
  c.madvise(LOWEST, vdso - MARGIN - LOWEST, MADV_DOFORK);
  c.madvise(vdso + MARGIN, top - vdso - MARGIN, MADV_DOFORK);
}

import { O_APPEND, O_CREAT, O_NOCTTY, O_RDWR, O_WRONLY } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { runtime } from "../runtime/mod.ts";
import { errnoName } from "../libc/calling/errno.ts";
import { closeFile, readLink, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import { libc } from "../libc/calling/load.ts";
import { ownPid, parentPid, setUmask } from "../libc/processes/process.ts";
import {
  ignoreSignal,
  resetSignal,
  sendSignal,
  signalName,
  signalNumber,
} from "../libc/processes/signals.ts";
import { readStatus } from "../procfs/status.ts";
import { Unreadable } from "../procfs/read.ts";
import type { RecordEntry } from "./record.ts";

const TICK_MS = 50;
/** Nobody needs it longer: the end of a probe whose comparison and guard were both killed. */
const LIFETIME_MS = 120_000;

/** The default action of these is to do nothing: signal(7). */
const HARMLESS = ["CHLD", "CONT", "URG", "WINCH"];
/** These stop it. */
const STOPPING = ["TSTP", "TTIN", "TTOU"];
/** These end it. Left out: faults, and STKFLT, with which the runtime's collector stops its threads. */
const ENDING = "HUP INT QUIT PIPE ALRM TERM USR1 USR2 XCPU XFSZ VTALRM PROF IO PWR".split(" ");

/**
 * The program being compared: records what it is, then every signal it gets, and the result of each line it writes to
 * standard output. Signals still have their default effect. It ends when its record can no longer be written, that is,
 * when the comparison's directory is gone.
 * @param record the file for {@link RecordEntry} lines
 */
export async function probe(record: string): Promise<void> {
  const note = (entry: RecordEntry) => append(record, entry);
  const ignored = ignoredSignals();
  for (const name of [...HARMLESS, ...STOPPING, ...ENDING]) {
    if (!ignored.includes(name)) observe(name, note);
  }
  // Once Deno listens for any signal, it makes HUP end the process, whatever nohup(1) asked for.
  for (const name of ignored) ignoreSignal(signalNumber(name)!);
  let going = note(start(ignored));
  const end = runtime.now() + LIFETIME_MS;
  for (let line = 1; going && runtime.now() < end; line++) {
    going = note({ event: "write", line, result: print(`probe line ${line}\n`) });
    await runtime.sleep(TICK_MS);
  }
}

function start(ignored: readonly string[]): RecordEntry {
  const c = libc("getpgid", "getsid", "isatty");
  const umask = setUmask(0);
  setUmask(umask);
  return {
    event: "start",
    pid: ownPid(),
    ppid: parentPid(),
    pgid: c.getpgid(0),
    sid: c.getsid(0),
    devTty: openControllingTerminal(),
    isatty: [0, 1, 2].map((fd) => c.isatty(fd) === 1),
    cwd: readLink("/proc/self/cwd") ?? null,
    umask,
    ignored,
  };
}

/** Records each arrival of a signal, then lets it take its default effect. */
function observe(name: string, note: (entry: RecordEntry) => boolean): void {
  const number = signalNumber(name);
  if (number === undefined) return;
  const listen = (): () => void => {
    const stopListening = runtime.onSignal(`SIG${name}`, () => {
      note({ event: "signal", name });
      if (HARMLESS.includes(name)) return;
      if (ENDING.includes(name)) note({ event: "end", by: name });
      stopListening();
      resetSignal(number);
      sendSignal(ownPid(), number);
      // It was stopped, and continues.
      if (STOPPING.includes(name)) listen();
    });
    return stopListening;
  };
  try {
    listen();
  } catch {
    // The runtime reserves this one.
  }
}

/**
 * The signals ignored at its start. Some are unknown: the runtime changes them before any of our code runs, two of them
 * only on a terminal.
 */
function ignoredSignals(): string[] {
  const CHANGED_BY_RUNTIME = ["INT", "TERM", "PIPE", "XFSZ"];
  const status = readStatus(ownPid());
  const numbers = status instanceof Unreadable ? [] : status.signals.ignored;
  return numbers.map(signalName).filter((name) => !CHANGED_BY_RUNTIME.includes(name));
}

/** Opening /dev/tty succeeds exactly if there is a controlling terminal; tty(4). */
function openControllingTerminal(): string {
  const fd = tryOpen("/dev/tty", O_RDWR | O_NOCTTY);
  if (fd < 0) return errnoName(-fd);
  closeFile(fd);
  return "ok";
}

/** @returns `ok` or the errno name */
function print(text: string): string {
  try {
    writeAll(1, text);
    return "ok";
  } catch (error) {
    if (error instanceof ImpError && error.errno) return error.errno;
    throw error;
  }
}

/** Opened anew for each entry, so that the probe has only the descriptors it was given. */
function append(record: string, entry: RecordEntry): boolean {
  const fd = tryOpen(record, O_WRONLY | O_APPEND | O_CREAT, 0o600);
  if (fd < 0) return false;
  try {
    writeAll(fd, `${JSON.stringify(entry)}\n`, record);
    return true;
  } catch (error) {
    if (error instanceof ImpError) return false;
    throw error;
  } finally {
    closeFile(fd);
  }
}

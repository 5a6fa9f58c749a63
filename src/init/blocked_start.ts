import { SIGPWR } from "../libc/abi.ts";
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { runtime } from "../runtime/mod.ts";
import { callersDescriptors, keepOverExec } from "../libc/descriptors/descriptors.ts";
import { isCaught } from "../libc/processes/dispositions.ts";
import { systemError } from "../libc/calling/errno.ts";
import { execute, threadCount } from "../libc/processes/process.ts";
import { ownFile } from "../libc/processes/own_file.ts";
import { callersWords, rawEnvironment, rawWords } from "../libc/processes/process_image.ts";
import { areBlocked, blockSignals } from "../libc/processes/signalfd.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { ENGINE_SIGNAL } from "../libc/abi_signals.ts";
import { awaitedSignals } from "./forwarding.ts";

/**
 * For a runtime not built with imp (scripts/signals.ts), which reads these before imp's first statement: the signal
 * that the JavaScript engine reserves, and returning memory at once instead of by a thread, which would unblock the
 * signals of faults. They come first, so they override the caller's, and are removed again.
 */
const RUNTIME_WORDS = [`JSC_SIGNAL_FOR_GC=${ENGINE_SIGNAL}`, "MIMALLOC_PURGE_DELAY=0"];

/**
 * Makes sure that every thread of this process has the awaited signals blocked; otherwise a thread of the runtime would
 * take them, and they would be lost. Threads inherit the mask of their creator. The executable has a single thread at
 * this time, so blocking suffices. Otherwise this process executes itself again with the signals blocked: exec keeps
 * pending ones. The second time, the mask is already set.
 * @returns the environment for the program
 */
export function startBlocked(): Bytes[] {
  const environment = rawEnvironment();
  const again = RUNTIME_WORDS.every((word, i) => textOf(environment[i]) === word);
  if (areBlocked(awaitedSignals())) return withoutOurs(environment);
  if (again) {
    throw new ImpError({
      action: "block",
      object: "signals",
      why: "the runtime has unblocked them",
      exit: EXIT.failed,
    });
  }
  if (isAlone()) {
    blockSignals(awaitedSignals());
    return environment;
  }
  for (const fd of callersDescriptors()) keepOverExec(fd);
  blockSignals(awaitedSignals());
  throw executeSelf([...RUNTIME_WORDS, ...environment]);
}

/** Whether this is the process' only thread, and the engine does not stop threads by a signal meant for the program. */
function isAlone(): boolean {
  return threadCount() === 1 && !isCaught(SIGPWR);
}

/** Removes the first of each: they may not come first if the environment could not be read from /proc. */
function withoutOurs(environment: readonly Bytes[]): Bytes[] {
  const ours = RUNTIME_WORDS.map((word) => environment.findIndex((one) => textOf(one) === word));
  return environment.filter((_, i) => !ours.includes(i));
}

function executeSelf(environment: readonly Bytes[]): ImpError {
  const self = runtime.selfCommand();
  const name = runtime.name === "bun" && self.length === 1 ? [runtime.invokedAs()] : self;
  const argv = [...name, ...rawWords(callersWords())];
  const code = execute(ownFile(), argv, environment);
  return systemError(code, "execute", `${self[0]} again`, { exit: EXIT.failed });
}

function textOf(word: Bytes | undefined): string | undefined {
  return word instanceof Uint8Array ? new TextDecoder().decode(word) : word;
}

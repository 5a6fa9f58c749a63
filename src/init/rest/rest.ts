import { nap } from "../../libc/time.ts";
import {
  AT_EMPTY_PATH,
  EAGAIN,
  EBADF,
  ETXTBSY,
  O_PATH,
  WCONTINUED,
  WNOHANG,
  WUNTRACED,
} from "../../libc/abi.ts";
import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { keeperHome } from "../../keeper/home.ts";
import {
  assembledImage,
  installedWaiter,
  type SmallExecutable,
  stateWaiter,
} from "../../keeper/waiter/place.ts";
import { errno } from "../../libc/calling/errno.ts";
import { syscall } from "../../libc/calling/load.ts";
import { allocate, cString, cStrings, scratch } from "../../libc/calling/memory.ts";
import { keepOverExec } from "../../libc/descriptors/descriptors.ts";
import { closeFile, moveUp, openFile, writeAll } from "../../libc/descriptors/files.ts";
import { createSharedMemory } from "../../libc/descriptors/mapping.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { whileIgnored } from "../../libc/processes/dispositions.ts";
import { callersWords, rawWords } from "../../libc/processes/process_image.ts";
import { execute, isInit, ownPid } from "../../libc/processes/process.ts";
import { releaseProgramText } from "../../libc/processes/program_text.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { openSignalfd } from "../../libc/processes/signalfd.ts";
import { runtime } from "../../runtime/mod.ts";
import { ENGINE_SIGNAL } from "../../libc/abi_signals.ts";
import { awaitedSignals } from "../forwarding.ts";
import type { Supervised, Supervisor } from "../supervisor.ts";
import { restImage } from "./image.ts";
import {
  AWAKE_TRIES,
  GROUP_PLANS,
  PAGE_VARIABLE,
  REST_MAGIC,
  REST_NAME,
  REST_PAGE,
  REST_VERSION,
} from "./rest_page.ts";
import {
  askedAtEnd,
  CHILD_ONLY,
  endRule,
  forwardingTable,
  type RestSituation,
  setOfSignals,
  thoughtSignals,
} from "./tables.ts";

/** An init that only waits. */
export interface Resting extends Pick<Supervised, "settings" | "control" | "program"> {
  readonly supervisor: Supervisor;
  /** Those that imp was started with. */
  readonly env: readonly Bytes[];
  /** The caller's from 3 on, which this process holds until it ends. */
  readonly descriptors: readonly number[];
  /** This init's original words, if they differ from this process'. */
  readonly words?: readonly Bytes[];
}

/** The executable that init rests in, in base64, from scripts/build. */
declare const IMP_REST: string | undefined;

const EXECUTABLE: SmallExecutable = {
  name: REST_NAME,
  image: () => typeof IMP_REST === "undefined" ? restImage(runtime.arch) : assembledImage(IMP_REST),
};
/** A process being started right now may have inherited the descriptor that wrote the file. */
const BUSY_TRIES = 50;

/**
 * Executes, in place of imp, a kilobyte of machine code that forwards signals and reaps orphans; for anything else it
 * becomes imp again (awake.ts). Parent, children, blocked and pending signals are unchanged. Returns if that is not
 * possible: then this process frees what memory it can.
 */
export function restInPlace(resting: Resting): void {
  try {
    if (runtime.compiled && resting.supervisor.mayRest && kernelAllows()) becomeSmall(resting);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    debug("init", "cannot rest", { why: error.message });
  }
  releaseProgramText();
}

function becomeSmall(resting: Resting): void {
  const { env, descriptors, words } = resting;
  const path = installedWaiter(EXECUTABLE) ?? stateWaiter(keeperHome(), EXECUTABLE);
  const imp = moveUp(openFile("/proc/self/exe", O_PATH), FLOOR.standard);
  const signals = openSignalfd(awaitedSignals(), true);
  const page = moveUp(createSharedMemory(REST_PAGE.bytes, REST_NAME), FLOOR.standard);
  try {
    writeAll(page, pageOf(resting, imp, signals), "the page of init");
    for (const fd of [page, imp, signals, ...descriptors]) keepOverExec(fd);
    const argv = words ?? [runtime.invokedAs(), ...rawWords(callersWords())];
    const all = [`${PAGE_VARIABLE}${page}`, ...env];
    // exec would reset a caught signal to its default action.
    const code = whileIgnored(ENGINE_SIGNAL, () => executeWhenFree(path, argv, all));
    debug("init", "cannot rest", { path, errno: code });
  } finally {
    closeFile(page);
    closeFile(imp);
    closeFile(signals);
  }
}

function executeWhenFree(path: string, argv: readonly Bytes[], env: readonly Bytes[]): number {
  for (let tries = 1;; tries++) {
    const code = execute(path, argv, env);
    if (code !== ETXTBSY || tries === BUSY_TRIES) return code;
    nap(1);
  }
}

/** A system call filter may refuse what the machine code needs. */
function kernelAllows(): boolean {
  return scratch(() => {
    const none = allocate(32);
    const waits = syscall("rt_sigtimedwait", none.address, 0, none.address + 8, 8);
    if (waits >= 0 || errno() !== EAGAIN) return false;
    const words = cStrings(["imp"]);
    syscall("execveat", -1, cString(""), words, words, AT_EMPTY_PATH);
    return errno() === EBADF;
  });
}

function pageOf(
  { settings, control, program, supervisor }: Resting,
  imp: number,
  signals: number,
): Uint8Array {
  const { plan, leadsSession, terminal } = control;
  const hasTerminal = terminal !== undefined;
  const isFirst = isInit();
  const situation: RestSituation = { settings, plan, leadsSession, hasTerminal, isFirst };
  const bytes = new Uint8Array(REST_PAGE.bytes);
  const view = new DataView(bytes.buffer);
  const put = (word: keyof typeof REST_PAGE, value: number) =>
    view.setInt32(REST_PAGE[word], value, true);
  const putLong = (word: keyof typeof REST_PAGE, value: bigint) =>
    view.setBigUint64(REST_PAGE[word], value, true);
  put("magic", REST_MAGIC);
  put("version", REST_VERSION);
  put("pid", ownPid());
  put("program", program);
  put("running", program);
  put("imp", imp);
  put("signals", signals);
  put("rule", endRule(situation));
  // Without a terminal a stopped program is left as it is.
  put("options", hasTerminal ? WNOHANG | WUNTRACED | WCONTINUED : WNOHANG);
  put("askTo", askedAtEnd(situation, program));
  put("plan", GROUP_PLANS.indexOf(plan));
  putLong("sent", setOfSignals(supervisor.sentSignals));
  putLong("thought", setOfSignals(thoughtSignals(situation)));
  putLong("awaited", setOfSignals(awaitedSignals()));
  putLong("childOnly", CHILD_ONLY);
  putLong("patience", BigInt(AWAKE_TRIES.patience));
  putLong("retry", BigInt(AWAKE_TRIES.retry));
  for (const status of settings.expected) {
    bytes[REST_PAGE.expected + (status >> 3)] |= 1 << (status & 7);
  }
  bytes.set(forwardingTable(situation, false), REST_PAGE.byProcess);
  bytes.set(forwardingTable(situation, true), REST_PAGE.byKernel);
  return bytes;
}

import { nap } from "../../libc/time.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import {
  EACCES,
  EAGAIN,
  EMFILE,
  ENOEXEC,
  EPERM,
  ETXTBSY,
  O_CREAT,
  O_PATH,
  O_RDWR,
} from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { PROCESS_LIMIT_HINT, systemError } from "../../libc/calling/errno.ts";
import { closeFile, duplicate, moveUp, openFile, tryOpen } from "../../libc/descriptors/files.ts";
import { createSharedMemory } from "../../libc/descriptors/mapping.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openTimer } from "../../libc/descriptors/timer.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { nameOf, rawEnvironment, wordText } from "../../libc/processes/process_image.ts";
import { closeOnExecFrom } from "../../libc/processes/process.ts";
import { openSignalfd } from "../../libc/processes/signalfd.ts";
import { type Bytes, spawn } from "../../libc/processes/spawn.ts";
import { tryWait } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { identityOf, type ProcessIdentity } from "../../termination/identity.ts";
import { type KeptPlace, makeOwnDirectory, turnSlot } from "../home.ts";
import { KEPT_TAG } from "../tree/kept_marks.ts";
import { createKeeperPage, type KeeperPage } from "./keeper_page.ts";
import { MOST_HELD, MOST_WATCHED, WAITER_FD, WAITER_SIGNALS } from "./page_layout.ts";
import { STAY_COMMAND, WAITER_NAME } from "./parts.ts";
import { waiterMask } from "./mask.ts";
import { installedWaiter, memoryWaiter, stateWaiter } from "./place.ts";

/** Where the code of waiters is: in a file, in memory only, or in imp itself, which stays. */
export type WaiterKind = "file" | "memfd" | "resident";

export interface RaiseOptions {
  /** Only this kind; undefined: the first that this host allows: a file, else imp itself. */
  readonly waiter?: WaiterKind;
  /** The main process of an already running program. It is not a child: a pidfd among `watched` reports its end. */
  readonly adopt?: number;
  /** The locked file `kept`; waiters inherit it. */
  readonly kept?: number;
  /** Descriptors that wake a turn when they are readable, in the order of their indexes. This process keeps its own. */
  readonly watched?: readonly number[];
  /** Descriptors that are kept open for the program, and not polled. This process keeps its own too. */
  readonly held?: readonly number[];
  /** What a waiter executes as a turn, from the path on; undefined: imp itself with `keeper-turn DIRECTORY`. */
  readonly words?: readonly Bytes[];
  /**
   * Words `K=V` for waiters and turns, readable by all of this user's processes; undefined: the harmless part of imp's
   * own.
   */
  readonly environment?: readonly Bytes[];
}

export type WaiterPlace = Pick<KeptPlace, "home" | "directory">;

/** Starts an executable as waiter, with words before those of the turn. @returns the PID, or -errno */
type StartWaiter = (path: string, before?: readonly string[]) => number;

interface StartedWaiter {
  readonly pid: number;
  readonly kind: WaiterKind;
}

/** The waiters of a daemon. */
export interface Waiters {
  readonly kind: WaiterKind;
  /** Undefined if no process could be started for it. */
  readonly guard?: ProcessIdentity;
  readonly keeper: ProcessIdentity;
}

/** Usually at most this many turns of a user run at a time. */
const TURN_SLOTS = 4;
/** A waiter needs less than a millisecond; a machine without memory for a page may need long. */
const PATIENCE_MS = 30_000;
/** A process that is just being started may have inherited the descriptor with which the file was written. */
const BUSY_TRIES = 50;
/**
 * Starts the waiters of a daemon, which start a turn at once (event `begin`). The daemon must not be kept yet.
 * @throws ImpError if none can be started
 */
export function raiseKeeper(place: WaiterPlace, options: RaiseOptions = {}): Waiters {
  return raiseBy(
    place,
    options,
    (start, own) => startWaiter(place.home, options.waiter, own, start),
  );
}

/** {@link raiseKeeper} with what `begin` starts. */
export function raiseBy(
  { home, directory }: WaiterPlace,
  options: RaiseOptions,
  begin: (start: StartWaiter, own: (fd: number) => number) => StartedWaiter,
): Waiters {
  const { adopt = 0, watched = [], held = [], kept } = options;
  if (watched.length > MOST_WATCHED) throw new RangeError(`${watched.length} are watched`);
  if (held.length > MOST_HELD) throw new RangeError(`${held.length} are held`);
  const end = held.length > 0 ? WAITER_FD.held + held.length : WAITER_FD.watched + watched.length;
  const words = options.words ?? [...runtime.selfCommand(), "keeper-turn", directory];
  const opened: number[] = [];
  const own = (fd: number): number => {
    opened.push(moveUp(fd, Math.max(FLOOR.job, end)));
    return opened[opened.length - 1];
  };
  try {
    const { page, fd: pageFd } = createKeeperPage();
    const fd = {
      null: own(openFile("/dev/null", O_RDWR)),
      page: own(pageFd),
      signals: own(openSignalfd(WAITER_SIGNALS)),
      timer: own(openTimer()),
      imp: own(openFile(options.words ? wordText(words[0]) : "/proc/self/exe", O_PATH)),
      turns: own(openSlot(home, directory)),
      kept: kept === undefined ? undefined : own(duplicate(kept)),
      watched: watched.map((one) => own(duplicate(one))),
      held: held.map((one) => own(duplicate(one))),
    };
    // The limit on open files leaves no number above those of a waiter.
    if (opened.some((one) => one < end)) {
      throw systemError(EMFILE, "start", "the keeper", { exit: EXIT.failed });
    }
    page.begin(adopt, watched.length, held.length);
    closeOnExecFrom(FLOOR.standard);
    const descriptors: [number, number][] = [
      [fd.null, 0],
      [fd.null, 1],
      [fd.null, 2],
      [fd.signals, WAITER_FD.signals],
      [fd.timer, WAITER_FD.timer],
      [fd.page, WAITER_FD.page],
      [fd.imp, WAITER_FD.imp],
      [fd.turns, WAITER_FD.turns],
      [fd.kept ?? fd.null, WAITER_FD.kept],
      ...fd.watched.map((one, i): [number, number] => [one, WAITER_FD.watched + i]),
      ...fd.held.map((one, i): [number, number] => [one, WAITER_FD.held + i]),
    ];
    const env = options.environment ?? waiterEnvironment();
    const { pid, kind } = begin((path, before = []) =>
      spawn({
        path,
        argv: [WAITER_NAME.keeper, ...before, ...words],
        env,
        newSession: true,
        blocked: waiterMask(),
        descriptors,
      }), own);
    return waitersOf(page, pid, kind);
  } finally {
    for (const one of opened) closeFile(one);
  }
}

/**
 * The part of imp's environment that waiters and turns need to find the same files and use the same language. Programs
 * get theirs from the snapshot.
 */
export function waiterEnvironment(): Bytes[] {
  return rawEnvironment().filter((word) => {
    const name = nameOf(word) ?? "";
    // Called from within a kept daemon: this one's waiters and turns do not belong to that one.
    return HARMLESS.test(name) && name !== KEPT_TAG;
  });
}

const HARMLESS = RegExp(
  "^(?:PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\\w+|TZ|TMPDIR|NO_COLOR|XDG_STATE_HOME|IMP_\\w+" +
    // When run from source, the runtime needs its own variables.
    (runtime.compiled ? ")$" : "|DENO_\\w+|BUN_\\w+)$"),
);

/** @param own takes a descriptor that is needed until it has started */
function startWaiter(
  home: string,
  wanted: WaiterKind | undefined,
  own: (fd: number) => number,
  start: StartWaiter,
): StartedWaiter {
  let refused: ImpError | undefined;
  if (wanted === "file" || wanted === undefined) {
    for (const find of [installedWaiter, () => stateWaiter(home)]) {
      try {
        const path = find();
        if (path === undefined) continue;
        const pid = startFile(path, start);
        if (pid > 0) return { pid, kind: "file" };
        refused = notStarted(-pid, path);
      } catch (error) {
        if (!(error instanceof ImpError)) throw error;
        refused = error;
      }
    }
    if (wanted === "file") throw refused;
  }
  if (wanted === "memfd") {
    const fd = memoryWaiter();
    const pid = fd < 0 ? fd : start(`/proc/self/fd/${own(fd)}`);
    if (pid > 0) return { pid, kind: "memfd" };
    throw notStarted(-pid, "a waiter in memory");
  }
  const [, ...words] = runtime.selfCommand();
  const path = ownFile();
  const pid = start(path, [...words, STAY_COMMAND, "guard", "--"]);
  if (pid > 0) return { pid, kind: "resident" };
  throw notStarted(-pid, path);
}

/**
 * @returns the PID, or -errno if another place may work: the file system is mounted noexec, or a security module
 * refuses
 */
function startFile(path: string, start: StartWaiter): number {
  for (let tries = 1;; tries++) {
    const pid = start(path);
    if (pid > 0 || [EACCES, EPERM, ENOEXEC].includes(-pid)) return pid;
    if (pid !== -ETXTBSY || tries === BUSY_TRIES) throw notStarted(-pid, path);
    nap(1);
  }
}

function notStarted(code: number, object: string): ImpError {
  const hint = code === EAGAIN
    ? PROCESS_LIMIT_HINT
    : code === EACCES
    ? "its file system may be mounted noexec; imp itself can stay resident instead: --waiter resident"
    : undefined;
  return systemError(code, "start", object, { hint, exit: EXIT.failed });
}

/** A file whose lock limits how many turns run at a time. If it cannot be opened, nothing limits them. */
function openSlot(home: string, directory: string): number {
  try {
    makeOwnDirectory(home);
    makeOwnDirectory(`${home}/turns`, true);
    let sum = 0;
    for (let i = 0; i < directory.length; i++) sum = (31 * sum + directory.charCodeAt(i)) >>> 0;
    const fd = tryOpen(turnSlot(home, sum % TURN_SLOTS), O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    if (fd >= 0) return fd;
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
  }
  return createSharedMemory(1, "imp-turns");
}

/** Waits until they have recorded their PIDs. */
function waitersOf(page: KeeperPage, pid: number, kind: WaiterKind): Waiters {
  for (let waited = 0; page.keeper === 0; waited++) {
    const state = tryWait(pid);
    if (state !== "running" || waited > PATIENCE_MS) {
      throw new ImpError({
        action: "start",
        object: "the keeper",
        why: state === "running"
          ? "it does not answer"
          : "it has ended at once; a security module may have ended it",
        hint: kind === "resident" ? undefined : "try --waiter resident",
        exit: EXIT.failed,
      });
    }
    nap(1);
  }
  const keeper = identityOf(page.keeper) ?? identityOf(page.guard);
  if (keeper === undefined) {
    throw new ImpError({
      action: "start",
      object: "the keeper",
      why: "it was killed at once",
      exit: EXIT.failed,
    });
  }
  const guard = page.guard === 0 ? undefined : identityOf(page.guard);
  return { kind, keeper, ...(guard ? { guard } : {}) };
}

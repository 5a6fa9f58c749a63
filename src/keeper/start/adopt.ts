// Daemons whose keeper and guard were killed: they get new ones, and never a second copy.
import { ESRCH } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openPidfd } from "../../libc/processes/pidfd.ts";
import { readVariable } from "../../procfs/cmdline.ts";
import { readStat } from "../../procfs/stat.ts";
import { cgroupMembers } from "../../termination/cgroup.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import { openForKeeper } from "../../logs/watch/kept_pipes.ts";
import { isProbedOften } from "../health/kept_health.ts";
import { fileEventsOf, loadFileEvents } from "../events/for_waiters.ts";
import { fetchKeptTerminal } from "../../logs/terminal/handed_terminal.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptClaim } from "../records/kept_claim.ts";
import { withKeptClaim } from "../records/kept_claim_wait.ts";
import { directoryOfTag, KEPT_TAG } from "../tree/kept_marks.ts";
import { observeKept } from "../observe/observe.ts";
import { isUnkept, type ObservedDaemon } from "../observe/observed.ts";
import { raiseKeeper } from "../waiter/raise.ts";
import { openNotified } from "../ready/watchdog.ts";
import { NO_SOCKETS } from "../sockets/given_sockets.ts";
import { socketsToHandOver } from "../sockets/hand_over.ts";
import type { HandedOver } from "../sockets/handed_over.ts";
import { writeKeptState } from "../records/kept_records.ts";
import { readStateRecord } from "../records/reading.ts";
import { runtime } from "../../runtime/mod.ts";

/** A turn is an imp that starts; on a full disk it records nothing, ms. */
const RECORD_PATIENCE_MS = 5000, LONGEST_PAUSE_MS = 20;

/** What proves that a process is the program that was started for a daemon. */
export interface AdoptionProof {
  /** PID, start time and boot are those of the record; without them nothing is adopted. */
  readonly identity: boolean;
  /**
   * Its environment has the daemon's tag; `unreadable`: the kernel does not show it, or the program has overwritten it.
   */
  readonly tag: "shown" | "unreadable" | "another";
  /** It is in the daemon's control group. */
  readonly group: boolean;
}

/** What {@link adoptUnkept} does; loaded only if needed. */
export async function adoptNow(place: KeptPlace): Promise<string[]> {
  const before = observeKept(place);
  const handed = await socketsToHandOver(before.settings);
  await loadFileEvents(before.settings);
  const notes = await withKeptClaim(
    place,
    (observed, claim) => claim && isUnkept(observed) ? adopt(place, observed, claim, handed) : [],
  );
  if (notes.length > 0) await untilKeepersRecorded(place);
  return notes;
}

/** The first turn of new keepers records who they are: whoever reads that after the command must find it. */
export async function untilKeepersRecorded({ directory }: KeptPlace): Promise<void> {
  const deadline = runtime.now() + RECORD_PATIENCE_MS;
  for (let pause = 1; runtime.now() < deadline; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    const state = readStateRecord(directory);
    if (state.is !== "read" || state.value.keeper) return;
    await runtime.sleep(pause);
  }
}

/**
 * Under the lock of the name, with what was observed under it.
 * @param claim a free one
 * @param handed for one with sockets
 * @throws ImpError
 */
export function adopt(
  place: KeptPlace,
  observed: ObservedDaemon,
  claim: KeptClaim,
  handed: HandedOver | undefined,
): string[] {
  const { program, state, settings } = observed;
  if (!program || !state) return [];
  const { home, directory } = place;
  const watched: number[] = [], terminal: number[] = [];
  const { held, watched: forHeld } = settings && handed?.ofProgram(program, settings) ||
    NO_SOCKETS;
  try {
    if (settings) watched.push(...openNotified(settings, program.pid));
    watched.push(openPidfdOf(program));
    if (settings) {
      watched.push(
        ...openForKeeper(home, { directory, log: settings.log }, isProbedOften(settings.health)),
        ...forHeld,
        ...fileEventsOf(place, settings),
      );
      terminal.push(...fetchKeptTerminal(place, settings.log));
    }
    // If that cannot be recorded, nothing is started. Once they run, the record is theirs alone: what their first turn
    // has found must not be overwritten.
    writeKeptState(place, { ...state, guard: undefined, keeper: undefined, adopted: true });
    const { keeper } = raiseKeeper({ home, directory }, {
      waiter: settings?.waiter,
      adopt: program.pid,
      kept: claim.descriptor,
      ...{ watched, held: [...held, ...terminal] },
    });
    return [
      `its keepers had been killed: keeper ${keeper.pid} keeps it from now on`,
      ...doubt(proofOf(program, directory, state.cgroup)),
      ...held.length < (settings?.sockets?.length ?? 0) ? [UNHELD] : [],
    ];
  } finally {
    for (const fd of new Set([...watched, ...held, ...forHeld, ...terminal])) closeFile(fd);
  }
}

const UNHELD = "its sockets are the program's alone, and are opened anew when it is started next";

/** What /proc shows of it now. */
function proofOf(
  program: ProcessIdentity,
  directory: string,
  cgroup: string | undefined,
): AdoptionProof {
  const identity = readStat(program.pid)?.startTicks === program.startTicks;
  const tag = readVariable(program.pid, KEPT_TAG);
  return {
    identity,
    group: cgroup !== undefined && cgroupMembers(cgroup).includes(program.pid),
    tag: tag === undefined ? "unreadable" : directoryOfTag(tag) === directory ? "shown" : "another",
  };
}

/** Pure: what is unknown about an adopted process, in sentences. */
export function doubt({ tag, group }: AdoptionProof): string[] {
  if (group) return [];
  switch (tag) {
    case "shown":
      return [];
    case "unreadable":
      return [
        "imp knows it by its PID and start time; its environment does not show which daemon it is",
      ];
    case "another":
      return ["it is known by its PID and start time; its environment names another daemon"];
  }
}

/** Compared only afterwards, as in signalProcess: the PID may have been reused before. */
function openPidfdOf({ pid, startTicks }: ProcessIdentity): number {
  const fd = openPidfd(pid);
  const code = fd < 0 ? -fd : readStat(pid)?.startTicks === startTicks ? 0 : ESRCH;
  if (code === 0) return moveUp(fd, FLOOR.job);
  if (fd >= 0) closeFile(fd);
  throw systemError(code, "open a pidfd of", `pid ${pid}`);
}

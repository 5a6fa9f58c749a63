// A turn's work on its waiters' sockets.
import { POLLIN } from "../../libc/abi.ts";
import { formatDuration } from "../../base/duration.ts";
import { closeFile, readLink } from "../../libc/descriptors/files.ts";
import { listenAgain, makeBlocking } from "../../libc/descriptors/listening.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { readSocketUse, type SocketUse } from "../../procfs/connections.ts";
import { processCpuMs } from "../../procfs/usage.ts";
import type { KeptEvent } from "../policy/kept_event.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { Callers } from "../records/kept_state.ts";
import type { TurnRecords } from "../turn/turn_records.ts";
import { uptimeMs } from "../turn/turn_looks.ts";
import type { KeeperPage } from "../waiter/keeper_page.ts";
import { WAITER_FD } from "../waiter/page_layout.ts";
import { freeze, thaw, treeNow } from "./freeze.ts";
import { afterIdleLook, isIdleLongEnough, untilIdleLook } from "./idle.ts";
import { openSockets } from "./open_sockets.ts";
import { socketFilesOf } from "./socket_file.ts";

/** SD_LISTEN_FDS_START. */
const FIRST_FD = 3;
/** How many callers are compared by name; the count also shows which were accepted. */
const MOST_CALLERS = 16;
/** Timers fire late, not early; a due look is not postponed by less, ms. */
const SLACK_MS = 20;

/** What a run's program gets. */
export interface SocketsOfRun {
  /** Words `K=V` for its environment; the process itself completes LISTEN_PID. */
  readonly words: readonly string[];
  readonly descriptors: readonly (readonly [from: number, to: number])[];
  /** Closes what was opened only for this run. */
  close(): void;
}

/** Sockets for a program about to start: the waiters', or, if they have none, new ones. @throws ImpError */
export function socketsOfRun(settings: KeptSettings): SocketsOfRun {
  const { sockets = [] } = settings;
  const held = new Map<number, number>();
  sockets.forEach((_, i) => {
    const fd = WAITER_FD.held + i;
    if (readLink(`/proc/self/fd/${fd}`)?.startsWith("socket:")) held.set(i, fd);
  });
  const fds = openSockets(settings, held);
  fds.forEach((fd, i) => {
    // Undoes what an earlier program did to the shared socket itself.
    if (sockets[i].kind !== "udp") listenAgain(fd);
    makeBlocking(fd);
  });
  return {
    words: [
      `LISTEN_FDS=${fds.length}`,
      `LISTEN_FDNAMES=${sockets.map(({ name }) => name).join(":")}`,
      // The process itself adds the number.
      "LISTEN_PID=",
    ],
    descriptors: fds.map((fd, i) => [fd, FIRST_FD + i] as const),
    close: () => fds.filter((_, i) => !held.has(i)).forEach(closeFile),
  };
}

/** Its sockets' files are known as long as nobody else can have made them: from the first turn on. */
export function noteFiles(records: TurnRecords): void {
  const { settings, state } = records;
  if (state.socketFiles !== undefined) return;
  records.state = { ...state, socketFiles: socketFilesOf(settings) };
}

/** @param slot of the epoll instance among the watched descriptors */
export function socketEvents(records: TurnRecords, page: KeeperPage, slot: number): KeptEvent[] {
  if (records.state.frozen) thaw(records, page);
  switch (records.state.phase) {
    case "listening":
      if (!isReady(slot)) return [];
      return [{ type: "called", callers: callersOf(usesNow(records.settings)) }];
    case "running":
      return idleEvents(records, page);
    default:
      return [];
  }
}

/** Whether any of those was accepted. @param callers for whom it was started */
export function hasServed(
  { settings }: Pick<TurnRecords, "settings">,
  callers: Callers,
  slot: number,
): boolean {
  if (!isReady(slot)) return true;
  const now = usesNow(settings);
  return now.waiting < callers.count || !callers.some.every((one) => now.callers.includes(one));
}

function isReady(slot: number): boolean {
  const polled = new PollSet(1);
  polled.watch(0, WAITER_FD.watched + slot, POLLIN);
  return polled.wait(0) > 0;
}

function usesNow({ sockets = [] }: Pick<KeptSettings, "sockets">): SocketUse {
  return readSocketUse(sockets);
}

function callersOf({ waiting, callers }: SocketUse): Callers {
  return { count: waiting, some: callers.slice(0, MOST_CALLERS) };
}

function idleEvents(records: TurnRecords, page: KeeperPage): KeptEvent[] {
  const { settings, state } = records;
  const now = uptimeMs();
  const { idleMs } = settings.onDemand ?? {};
  if (idleMs === undefined || now === undefined) return [];
  if (state.idle && untilIdleLook(state, settings, now) > SLACK_MS) return [];
  const look = () => {
    const { open, waiting } = usesNow(settings);
    return open + waiting;
  };
  const cpuMs = treeNow(records, page).reduce((sum, { pid }) => sum + (processCpuMs(pid) ?? 0), 0);
  const idle = afterIdleLook(state.idle, { now, connections: look(), cpuMs });
  records.state = { ...state, idle };
  if (!isIdleLongEnough(idle, idleMs)) return [];
  // Nothing is accepted between the last look and the signal that ends it: later connections wait for the next start.
  freeze(records, page);
  if (look() > 0) {
    thaw(records, page);
    records.state = { ...records.state, idle: { ...idle, since: now } };
    return [];
  }
  // Processes that the ending signal does not reach are continued: if a command ends the program, and all except its
  // main process.
  if (settings.hooks.stop || settings.killMode === "main") thaw(records, page);
  const by = `imp keeper: --idle-stop ${formatDuration(idleMs)}`;
  return [{ type: "idle", by }];
}

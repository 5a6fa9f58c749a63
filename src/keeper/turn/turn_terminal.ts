// A turn's work on the terminal of a daemon with --tty; loaded when it has one.
import { nap } from "../../libc/time.ts";
import { POLLIN } from "../../libc/abi.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { moveUp, readLink } from "../../libc/descriptors/files.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openPeer, peerPath, setTerminalModes, terminalModes } from "../../libc/descriptors/tty.ts";
import { freshModes } from "../../libc/descriptors/tty_modes.ts";
import type { Credentials } from "../../libc/users/credentials.ts";
import { terminalPath } from "../../logs/book.ts";
import { openKeptTerminal } from "../../logs/terminal/kept_terminal.ts";
import { handOver } from "../../logs/terminal/handed_terminal.ts";
import { type KeptPlace, placeOfDirectory } from "../home.ts";
import { MOST_HELD, WAITER_FD } from "../waiter/page_layout.ts";

/** As long as its reader may need for a program's last output. */
const SETTLE_MS = 1000;

/** The master of a terminal that this turn had to make, since its keepers have none. */
let made: number | undefined;
let isGiven = false;

/**
 * The program's end, with fresh modes, whatever the previous program has set.
 * @throws ImpError
 */
export function openTurnTerminal({ directory }: KeptPlace, user?: Credentials): number {
  const master = masterOfTurn() ?? newMaster(directory);
  const opened = openPeer(master);
  if (opened < 0) {
    throw systemError(-opened, "open", "the terminal of the daemon", { exit: EXIT.failed });
  }
  const fd = moveUp(opened, FLOOR.daemon);
  const modes = terminalModes(fd);
  if (modes) setTerminalModes(fd, freshModes(modes));
  // A program may open it by name, which takes rights.
  if (user) libc("fchown").fchown(fd, user.uid, -1 >>> 0);
  return fd;
}

/** Its server may hold one that the keepers have lost; only that process holds one made now. */
function newMaster(directory: string): number {
  const { home, name } = placeOfDirectory(directory);
  [made] = openKeptTerminal(directory, { terminal: true, keep: 0, format: "raw", target: "file" });
  isGiven = handOver(home, name, made);
  return made;
}

/**
 * Has the process that serves terminals serve this one; once per turn.
 * @param isNew that process has just been started: the one that got it in this turn was killed
 */
export function handOverTerminal(home: string, directory: string, isNew: boolean): void {
  if (isNew) isGiven = false;
  if (isGiven || terminalPath(directory) === undefined) return;
  const master = masterOfTurn();
  if (master !== undefined) isGiven = handOver(home, placeOfDirectory(directory).name, master);
}

/** Waits briefly until a program's last output was read. */
export function settleTerminal(): void {
  const master = masterOfTurn();
  if (master === undefined) return;
  const poll = new PollSet(1);
  poll.watch(0, master, POLLIN);
  for (let waited = 0; waited < SETTLE_MS; waited += 5) {
    poll.wait(0);
    if (!(poll.ready(0) & POLLIN)) return;
    nap(5);
  }
}

/** Among the keeper's held descriptors. */
function masterOfTurn(): number | undefined {
  if (made !== undefined) return made;
  for (let i = 0; i < MOST_HELD; i++) {
    const fd = WAITER_FD.held + i;
    if (readLink(`/proc/self/fd/${fd}`)?.endsWith("/ptmx") && peerPath(fd)) return fd;
  }
}

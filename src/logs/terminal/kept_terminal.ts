import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { openTerminal } from "../../libc/descriptors/tty.ts";
import { noteTerminal } from "../book.ts";
import type { LogSettings } from "../settings.ts";

/** Until somebody attaches. */
const FIRST_SIZE = { rows: 24, columns: 80 };

/**
 * Makes the terminal for a daemon that does not run yet: its keepers hold the master, so that it is not hung up when
 * the process that serves it ends. None for daemons without a terminal.
 * @throws ImpError
 */
export function openKeptTerminal(directory: string, { terminal }: LogSettings): number[] {
  noteTerminal(directory, undefined);
  if (!terminal) return [];
  const { master, path } = openTerminal(FIRST_SIZE);
  try {
    noteTerminal(directory, path);
    return [moveUp(master, FLOOR.job)];
  } catch (error) {
    closeFile(master);
    throw error;
  }
}

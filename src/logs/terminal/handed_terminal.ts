// Daemons' terminals, to and from the process that serves them.
import { connectLocal } from "../../libc/descriptors/local_socket.ts";
import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { receivePacket, sendPacket } from "../../libc/descriptors/socket.ts";
import { waitReadable } from "../../libc/processes/signalfd.ts";
import type { LogSettings } from "../settings.ts";
import { messageOf, packetOf, TERMINAL_SOCKET } from "./protocol.ts";

/** The process that serves terminals has other work, too. */
const ANSWER_MS = 2000;

/**
 * The terminal of a running daemon whose keepers were killed, from the process that serves it; none if that was killed
 * too.
 */
export function fetchKeptTerminal(
  { home, name }: { readonly home: string; readonly name: string },
  { terminal }: LogSettings,
): number[] {
  if (!terminal) return [];
  const connection = connectLocal(home, TERMINAL_SOCKET);
  if (connection < 0) return [];
  try {
    sendPacket(connection, packetOf({ is: "want", text: name }));
    if (!waitReadable(connection, ANSWER_MS)) return [];
    const packet = receivePacket(connection);
    if (typeof packet !== "object") return [];
    const [master, ...more] = packet.fds;
    for (const fd of more) closeFile(fd);
    if (master === undefined || messageOf(packet.bytes)?.is !== "given") return [];
    return [moveUp(master, FLOOR.job)];
  } finally {
    closeFile(connection);
  }
}

/**
 * Gives a terminal to the process that serves it. @returns false if there is none at the moment: it asks for it when it
 * starts
 */
export function handOver(home: string, name: string, master: number): boolean {
  const connection = connectLocal(home, TERMINAL_SOCKET);
  if (connection < 0) return false;
  const code = sendPacket(connection, packetOf({ is: "here", text: name }), [master]);
  closeFile(connection);
  return code === 0;
}

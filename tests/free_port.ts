import { EADDRINUSE } from "../src/libc/abi.ts";
import { systemError } from "../src/libc/calling/errno.ts";
import { closeFile, readTextOrNothing } from "../src/libc/descriptors/files.ts";
import { resolve } from "../src/libc/descriptors/inet.ts";
import { openInetSocket } from "../src/libc/descriptors/listening.ts";
import { ownPid } from "../src/libc/processes/process.ts";

const LOWEST = 10_000;
/** Of each block, the first port belongs to who claimed it; the others are given out. */
const BLOCK = 100;

let next = 0;
/** The first port that is not of the block. */
let end = 0;

/**
 * A TCP port that nobody has, followed by `more` that nobody has. No port is given twice: each process of tests takes
 * blocks of its own, each held by a socket that listens on its first port until the process ends. They lie below those
 * that the kernel chooses from.
 */
export function freePort(more = 0): number {
  for (;;) {
    if (next + more >= end) claim();
    const first = next;
    next += more + 1;
    if (Array.from({ length: more + 1 }, (_, n) => first + n).every(isFree)) return first;
  }
}

function claim(): void {
  const blocks = Math.floor((endOfRoom() - LOWEST) / BLOCK);
  for (let turn = 0; turn < blocks; turn++) {
    const first = LOWEST + BLOCK * ((ownPid() + turn) % blocks);
    if (listenOn(first) === undefined) continue;
    next = first + 1;
    end = first + BLOCK;
    return;
  }
  throw new Error(`all ${blocks} blocks of ports from ${LOWEST} on are taken`);
}

/** Where the kernel's own choice of ports begins. */
function endOfRoom(): number {
  const range = readTextOrNothing("/proc/sys/net/ipv4/ip_local_port_range") ?? "";
  return Math.max(parseInt(range) || 0, 2 * LOWEST);
}

function isFree(port: number): boolean {
  const socket = listenOn(port);
  if (socket === undefined) return false;
  closeFile(socket);
  return true;
}

/** @returns the socket; undefined if somebody has the port */
function listenOn(port: number): number | undefined {
  const [address] = resolve("127.0.0.1", port);
  const socket = openInetSocket("stream", address, false);
  if (socket >= 0) return socket;
  if (socket === -EADDRINUSE) return undefined;
  throw systemError(-socket, "listen on", `port ${port}`);
}

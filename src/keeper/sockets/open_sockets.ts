import { basename } from "@std/path/basename";
import { EXIT } from "../../base/exit_codes.ts";
import { EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { resolve } from "../../libc/descriptors/inet.ts";
import { openInetSocket } from "../../libc/descriptors/listening.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { portHolder } from "../../procfs/sockets.ts";
import { baseOf } from "../selection.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { waiterDirectoryOf } from "../tree/kept_marks.ts";
import { type KeptSocket, socketText } from "./kept_socket.ts";
import { openSocketFile } from "./socket_file.ts";

type InetSocket = Extract<KeptSocket, { kind: "tcp" | "udp" }>;

/** Lower ports are root's: net.ipv4.ip_unprivileged_port_start. */
const FIRST_COMMON_PORT = 1024;

/**
 * Opens all sockets of a daemon, or none: in order, close-on-exec.
 * @param open those already open, by index; they become part of the result
 * @throws ImpError
 */
export function openSockets(
  { sockets = [], user }: Pick<KeptSettings, "sockets" | "user">,
  open: ReadonlyMap<number, number>,
): number[] {
  const opened: number[] = [];
  try {
    return sockets.map((socket, i) => {
      const have = open.get(i);
      if (have !== undefined) return have;
      const fd = socket.kind === "unix" ? openSocketFile(socket, user) : openInet(socket);
      opened.push(moveUp(fd, FLOOR.job));
      return opened[opened.length - 1];
    });
  } catch (error) {
    for (const fd of opened) closeFile(fd);
    throw error;
  }
}

function openInet(socket: InetSocket): number {
  const { kind, host, port } = socket;
  const open = (address: string) =>
    openInetSocket(kind === "tcp" ? "stream" : "datagrams", resolve(address, port)[0], true);
  let fd = open(host === "*" ? "::" : host);
  // A machine without IPv6.
  if (host === "*" && (fd === -EAFNOSUPPORT || fd === -EADDRNOTAVAIL)) fd = open("0.0.0.0");
  if (fd >= 0) return fd;
  throw systemError(-fd, "open", `socket ${socketText(socket)}`, {
    hint: inetHint(socket, -fd),
    exit: EXIT.no,
  });
}

function inetHint({ kind, host, port }: InetSocket, code: number): string | undefined {
  switch (code) {
    case EADDRINUSE:
      return kind === "tcp" ? holderText(port) : undefined;
    case EACCES:
      return port < FIRST_COMMON_PORT
        ? `ports below ${FIRST_COMMON_PORT} are root's: start it as root, with -u USER for the program`
        : undefined;
    case EADDRNOTAVAIL:
      return `no interface of this machine has the address ${host}: ip addr shows them`;
    case EAFNOSUPPORT:
      return "this machine has no IPv6: use an address of IPv4";
  }
  return undefined;
}

function holderText(port: number): string | undefined {
  const holder = portHolder(port);
  if (!holder) return "its owner cannot be seen: it may be another user's";
  const directory = waiterDirectoryOf(holder.pid);
  const name = directory && basename(directory);
  return name === undefined
    ? `pid ${holder.pid} (${holder.comm}) has it`
    : `the daemon '${baseOf(name)}' has it: imp status ${name}`;
}

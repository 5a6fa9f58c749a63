// Pure: a socket that a daemon's waiters hold for its program.
import { formatDuration } from "../../base/duration.ts";

/** One `--socket`, as recorded. */
export type KeptSocket =
  | {
    readonly kind: "tcp" | "udp";
    /** For LISTEN_FDNAMES. */
    readonly name: string;
    /** An IPv4 or IPv6 address without brackets; `*`: all of this machine. */
    readonly host: string;
    readonly port: number;
  }
  | {
    readonly kind: "unix";
    readonly name: string;
    /** Absolute, as recorded. */
    readonly path: string;
    /** Permission bits of its file. */
    readonly mode: number;
  };

/** The program's descriptors have no room for more: WAITER_FD.held. */
export const MOST_SOCKETS = 16;

/** `tcp:127.0.0.1:8080`, `udp:[::1]:53`, `unix:/run/web.sock`. */
export function socketText(socket: KeptSocket): string {
  if (socket.kind === "unix") return `unix:${socket.path}`;
  const { kind, host, port } = socket;
  return `${kind}:${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** Several of them: `tcp:127.0.0.1:8080 and unix:/run/web.sock`. */
export function socketTexts(sockets: readonly KeptSocket[]): string {
  return sockets.map(socketText).join(" and ");
}

/** Including what the program does not see, for comparing settings. */
export function socketSetting(socket: KeptSocket): string {
  const mode = socket.kind === "unix" ? `,mode=${socket.mode.toString(8).padStart(4, "0")}` : "";
  return `${socket.name}=${socketText(socket)}${mode}`;
}

/** `yes`, `yes, stopped after 5m 00s without a connection`. */
export function onDemandText({ idleMs }: { readonly idleMs?: number }): string {
  return idleMs === undefined
    ? "yes"
    : `yes, stopped after ${formatDuration(idleMs)} without a connection`;
}

// Who is connected to a listening socket, according to /proc/net.
import { readProcText, Unreadable } from "./read.ts";
import { inetAddress } from "./sockets.ts";

/** Where a socket listens. */
export type ListeningPlace =
  | { readonly kind: "tcp" | "udp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** What the kernel shows about a listening socket's connections. */
export interface SocketUse {
  /** Connections not accepted yet; for UDP, 1 if datagrams are waiting. */
  readonly waiting: number;
  /** Connections held by a process. */
  readonly open: number;
  /** The remote ends of those waiting, if they have names: TCP. */
  readonly callers: readonly string[];
}

const NOBODY: SocketUse = { waiting: 0, open: 0, callers: [] };
const ALL_ADDRESSES = ["*", "::", "0.0.0.0"];
/**
 * From enum tcp_states: established, and closed by the other end. What was closed at this end no longer belongs to
 * anybody.
 */
const CONNECTED = ["01", "08"];
/** From `socket_state`: a connection not yet accepted, and an accepted one. */
const CONNECTING = "02", UNIX_CONNECTED = "03";
const UNIX_STREAM = "0001";

/** The tables of this process' network namespace, each read once: for one look at many sockets. */
export class SocketTables {
  private readonly texts = new Map<string, string>();

  text(name: string): string {
    const known = this.texts.get(name);
    if (known !== undefined) return known;
    const read = readProcText(`/proc/self/net/${name}`);
    const text = read instanceof Unreadable ? "" : read;
    this.texts.set(name, text);
    return text;
  }
}

/** Sums them up, as of now or as of when `tables` was begun. */
export function readSocketUse(
  places: readonly ListeningPlace[],
  tables: SocketTables = new SocketTables(),
): SocketUse {
  return places.map((place) => {
    if (place.kind === "unix") return unixUse(tables.text("unix"), place.path);
    return [place.kind, `${place.kind}6`].map((name) => inetUse(tables.text(name), place))
      .reduce(sum);
  }).reduce(sum, NOBODY);
}

/** Pure. Lines as for parseInet of sockets.ts. */
export function inetUse(
  text: string,
  { kind, host, port }: Extract<ListeningPlace, { kind: "tcp" | "udp" }>,
): SocketUse {
  let waiting = 0, open = 0;
  const callers: string[] = [];
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const wanted = new Set([`${host.includes(":") ? `[${host}]` : host}:${port}`]);
  for (const line of text.split("\n").slice(1)) {
    // Most lines of a large table are not about this socket.
    if (!line.includes(`${end} `)) continue;
    const [, local, remote, state, queues, , , , , inode] = line.trim().split(/\s+/);
    if (inode === undefined || !local.endsWith(end)) continue;
    if (!ALL_ADDRESSES.includes(host) && !wanted.has(inetAddress(local))) continue;
    if (kind === "udp") {
      if (parseInt(queues.split(":")[1], 16) > 0) waiting = 1;
    } else if (CONNECTED.includes(state)) {
      if (inode !== "0") open++;
      else {
        waiting++;
        callers.push(remote);
      }
    }
  }
  return { waiting, open, callers };
}

/** Pure. Lines `num: refcount protocol flags type state inode path`. Accepted sockets have the listener's path. */
export function unixUse(text: string, path: string): SocketUse {
  let waiting = 0, open = 0;
  for (const line of text.split("\n").slice(1)) {
    if (!line.endsWith(` ${path}`)) continue;
    const [, , , , type, state, inode] = line.trim().split(/\s+/);
    if (type !== UNIX_STREAM) continue;
    if (state === CONNECTING) waiting++;
    if (state === UNIX_CONNECTED && inode !== "0") open++;
  }
  return { waiting, open, callers: [] };
}

function sum(one: SocketUse, other: SocketUse): SocketUse {
  return {
    waiting: one.waiting + other.waiting,
    open: one.open + other.open,
    callers: [...one.callers, ...other.callers],
  };
}

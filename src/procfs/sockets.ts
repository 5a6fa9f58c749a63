import { __SO_ACCEPTCON } from "../libc/abi_files.ts";
import { readProcLink, readProcText, Unreadable } from "./read.ts";
import { listDirectory } from "../libc/descriptors/stat.ts";
import { listPids } from "./processes.ts";
import { readStat } from "./stat.ts";

/** A socket at which others can reach a process. */
export interface ListeningSocket {
  /** The number in `socket:[inode]`. */
  readonly inode: string;
  readonly protocol: "tcp" | "udp" | "unix";
  /** `0.0.0.0:80`, `[::1]:53`, a path, `@abstract`. */
  readonly address: string;
}

/**
 * The sockets of a process' network namespace that listen (tcp, unix) or are bound (udp), by inode.
 * @param pid whose namespace
 */
export function readListeners(pid: number | "self"): Map<string, ListeningSocket> {
  const all: ListeningSocket[] = [];
  for (const name of INET_TABLES) {
    const text = readProcText(`/proc/${pid}/net/${name}`);
    if (!(text instanceof Unreadable)) all.push(...parseInet(text, name));
  }
  const unix = readProcText(`/proc/${pid}/net/unix`);
  if (!(unix instanceof Unreadable)) all.push(...parseUnix(unix));
  return new Map(all.map((listener) => [listener.inode, listener]));
}

const INET_TABLES = ["tcp", "tcp6", "udp", "udp6"] as const;
const TCP_LISTEN = "0A";
/** A UDP socket without a peer; one with a peer is a client. */
const UDP_UNCONNECTED = "07";

/** Lines `sl local remote state tx:rx tr:when retransmits uid timeout inode …` of proc_net(5). */
export function parseInet(text: string, table: InetTable): ListeningSocket[] {
  return inetRows(text, table).map(({ inode, protocol, address }) => ({
    inode,
    protocol,
    address,
  }));
}

type InetTable = typeof INET_TABLES[number];

function inetRows(text: string, table: InetTable): PortSocket[] {
  const protocol = table.startsWith("tcp") ? "tcp" : "udp";
  const wanted = protocol === "tcp" ? TCP_LISTEN : UDP_UNCONNECTED;
  const found: PortSocket[] = [];
  for (const line of text.split("\n").slice(1)) {
    const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/);
    if (state !== wanted || inode === undefined) continue;
    found.push({ inode, protocol, address: inetAddress(local), uid: Number(uid) });
  }
  return found;
}

/** Lines `num refcount protocol flags type state inode path`; the path is missing for sockets without a name. */
export function parseUnix(text: string): ListeningSocket[] {
  const found: ListeningSocket[] = [];
  for (const line of text.split("\n").slice(1)) {
    const match = /^\s*[0-9a-f]+: \S+ \S+ ([0-9A-F]+) \S+ \S+ +(\d+) (.+)$/i.exec(line);
    if (!match || !(parseInt(match[1], 16) & __SO_ACCEPTCON)) continue;
    found.push({ inode: match[2], protocol: "unix", address: match[3] });
  }
  return found;
}

/** `0100007F:1F90` is 127.0.0.1:8080: each 32-bit word of the address is in the machine's byte order. */
export function inetAddress(text: string): string {
  const [hex, port] = text.split(":");
  const bytes: number[] = [];
  for (let word = 0; word < hex.length; word += 8) {
    for (let at = word + 6; at >= word; at -= 2) bytes.push(parseInt(hex.slice(at, at + 2), 16));
  }
  const number = parseInt(port, 16);
  return bytes.length === 4 ? `${bytes.join(".")}:${number}` : `[${ipv6(bytes)}]:${number}`;
}

/** With the longest run of zero groups as `::`, RFC 5952. */
function ipv6(bytes: readonly number[]): string {
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(((bytes[i] << 8) | bytes[i + 1]).toString(16));
  if (groups.slice(0, 5).every((group) => group === "0") && groups[5] === "ffff") {
    return `::ffff:${bytes.slice(12).join(".")}`;
  }
  let best = { at: -1, length: 1 };
  for (let at = 0; at < 8; at++) {
    let length = 0;
    while (groups[at + length] === "0") length++;
    if (length > best.length) best = { at, length };
  }
  if (best.at < 0) return groups.join(":");
  return `${groups.slice(0, best.at).join(":")}::${groups.slice(best.at + best.length).join(":")}`;
}

/** A process that holds a listening socket. */
export interface PortHolder {
  readonly pid: number;
  readonly comm: string;
}

/** A socket bound to a port. */
export interface PortSocket extends ListeningSocket {
  /** The user whose process made it. */
  readonly uid: number;
}

/** Sockets of this network namespace listening at a port or bound to it (udp), whoever holds them. */
export function socketsAtPort(port: number, tables: readonly InetTable[]): PortSocket[] {
  return tables.flatMap((table) => {
    const text = readProcText(`/proc/self/net/${table}`);
    return text instanceof Unreadable ? [] : inetRows(text, table);
  }).filter(({ address }) => address.endsWith(`:${port}`));
}

/**
 * Which process accepts TCP connections at a port of this network namespace: the lowest PID that holds the socket.
 * @returns undefined if there is none or it is hidden: another user's descriptors are not shown
 */
export function portHolder(port: number): PortHolder | undefined {
  const links = linksTo(socketsAtPort(port, ["tcp", "tcp6"]));
  if (links.size === 0) return undefined;
  const pid = listPids().find((pid) => holds(pid, links));
  return pid === undefined ? undefined : { pid, comm: readStat(pid)?.comm ?? "?" };
}

/** Every process that holds one of these sockets, ascending, except those whose descriptors are hidden. */
export function holdersOf(sockets: readonly ListeningSocket[]): number[] {
  const links = linksTo(sockets);
  return links.size === 0 ? [] : listPids().filter((pid) => holds(pid, links));
}

/** The sockets at which others can reach a process, in order of address. */
export function socketsListening(pid: number): ListeningSocket[] | Unreadable {
  const directory = `/proc/${pid}/fd`;
  const names = listDirectory(directory);
  if (typeof names === "string") return new Unreadable(names);
  let listeners: Map<string, ListeningSocket> | undefined;
  const found = new Map<string, ListeningSocket>();
  for (const name of names) {
    const target = readProcLink(`${directory}/${name}`);
    if (target instanceof Unreadable || !target.startsWith("socket:[")) continue;
    // Only processes with sockets need the network tables.
    listeners ??= readListeners(pid);
    const listener = listeners.get(target.slice("socket:[".length, -1));
    if (listener) found.set(listener.inode, listener);
  }
  return [...found.values()].sort((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
}

function nameOf({ protocol, address }: ListeningSocket): string {
  return `${protocol} ${address}`;
}

function linksTo(sockets: readonly ListeningSocket[]): Set<string> {
  return new Set(sockets.map(({ inode }) => `socket:[${inode}]`));
}

function holds(pid: number, links: ReadonlySet<string>): boolean {
  const directory = `/proc/${pid}/fd`;
  const names = listDirectory(directory);
  if (typeof names === "string") return false;
  return names.some((name) => {
    const target = readProcLink(`${directory}/${name}`);
    return typeof target === "string" && links.has(target);
  });
}

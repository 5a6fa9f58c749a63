import { POLLIN } from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { libc } from "../../libc/calling/load.ts";
import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { acceptLocal, listenLocal, peerUser } from "../../libc/descriptors/local_socket.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { type Packet, receivePacket, sendPacket } from "../../libc/descriptors/socket.ts";
import { peerPath } from "../../libc/descriptors/tty.ts";
import { terminalPath } from "../book.ts";
import type { WatchedDaemon } from "../watch/watched_daemon.ts";
import { type AttachWish, messageOf, packetOf, TERMINAL_SOCKET } from "./protocol.ts";
import type { ServedClient } from "./served_client.ts";
import { ServedTerminal } from "./served_terminal.ts";

/** A descriptor to wait for, and the reaction. */
export interface WaitedFor {
  readonly fd: number;
  readonly events: number;
  ready(): void;
}

/** How often a keeper is asked at most to hand over a terminal, ms. */
const WAKE_MS = 2000;
/** Maximum clients that have not said what they want; more wait in the kernel. */
const MOST_STRANGERS = 64;

/** The terminals of this user's daemons, and their clients. */
export class TerminalServer {
  private listening = -1;
  private readonly terminals = new Map<string, ServedTerminal>();
  private daemons = new Map<string, WatchedDaemon>();
  /** Connections that have not said yet what they want, or wait for their terminal. */
  private readonly strangers = new Map<number, AttachWish | undefined>();
  private wakeAt = Infinity;

  constructor(private readonly home: string) {}

  /** Updates the set of terminals. @returns whether any of them needs this process */
  update(all: readonly WatchedDaemon[], now: number): boolean {
    this.daemons = new Map(
      all.filter(({ place: { log } }) => log.terminal).map((one) => [one.place.name, one]),
    );
    for (const [name, terminal] of this.terminals) {
      const daemon = this.daemons.get(name);
      terminal.isEnding = !daemon?.runs;
      if (daemon?.story) terminal.tell(daemon.story);
    }
    if (this.daemons.size > 0 && this.listening < 0) this.listen();
    this.wakeAt = now;
    this.work(now);
    return this.terminals.size > 0 || [...this.daemons.values()].some(({ runs }) => runs);
  }

  /** Does what is due. @returns false if a terminal was closed: what needs this process must be re-examined */
  work(now: number): boolean {
    if (now >= this.wakeAt) this.askForTerminals(now);
    let same = true;
    for (const [name, terminal] of this.terminals) {
      if (now >= terminal.due) terminal.due = 0;
      if (terminal.isEnding && terminal.due === 0) terminal.read(now);
      for (const client of terminal.clients) if (client.isGone) terminal.detach(client);
      if (!terminal.isDrained) continue;
      terminal.close(true);
      this.terminals.delete(name);
      same = false;
    }
    return same;
  }

  /** When to call {@link work} next. */
  get nextDue(): number {
    let due = this.wakeAt;
    for (const terminal of this.terminals.values()) {
      if (terminal.isEnding && terminal.due === 0) return 0;
      if (terminal.due > 0) due = Math.min(due, terminal.due);
    }
    return due;
  }

  waitedFor(): WaitedFor[] {
    const found: WaitedFor[] = [];
    if (this.listening >= 0 && this.strangers.size < MOST_STRANGERS) {
      found.push({ fd: this.listening, events: POLLIN, ready: () => this.accept() });
    }
    for (const fd of this.strangers.keys()) {
      found.push({ fd, events: POLLIN, ready: () => this.listenTo(fd) });
    }
    for (const terminal of this.terminals.values()) {
      const { master, events } = terminal;
      // Even without events it would report a hang-up, again and again.
      if (events !== 0) found.push({ fd: master, events, ready: () => this.serve(terminal) });
      for (const client of terminal.clients) {
        const ready = () => this.serveClient(terminal, client);
        found.push({ fd: client.fd, events: client.events, ready });
      }
    }
    return found;
  }

  close(): void {
    for (const terminal of this.terminals.values()) terminal.close(false);
    for (const fd of this.strangers.keys()) closeFile(fd);
    if (this.listening >= 0) closeFile(this.listening);
  }

  private listen(): void {
    const fd = listenLocal(this.home, TERMINAL_SOCKET);
    if (fd >= 0) this.listening = moveUp(fd, FLOOR.job);
  }

  /** When this process starts, terminals are with keepers. */
  private askForTerminals(now: number): void {
    this.wakeAt = Infinity;
    for (const [name, daemon] of this.daemons) {
      if (!daemon.runs || this.terminals.has(name)) continue;
      daemon.wakeKeeper();
      this.wakeAt = now + WAKE_MS;
    }
  }

  private accept(): void {
    const fd = acceptLocal(this.listening);
    if (fd < 0) return;
    const user = peerUser(fd);
    // The directory keeps others out; this is for one that somebody has opened.
    if (user === 0 || user === libc("geteuid").geteuid()) {
      this.strangers.set(moveUp(fd, FLOOR.job), undefined);
    } else closeFile(fd);
  }

  private listenTo(fd: number): void {
    const packet = receivePacket(fd);
    if (typeof packet === "object") return this.hear(fd, packet);
    this.strangers.delete(fd);
    closeFile(fd);
  }

  private hear(fd: number, { bytes, fds }: Packet): void {
    const message = messageOf(bytes);
    const [master, ...more] = fds;
    for (const one of more) closeFile(one);
    if (message?.is === "attach" && master === undefined) return this.attach(fd, message.wish);
    if (message?.is === "here" && master !== undefined) this.take(message.text, master);
    else if (master !== undefined) closeFile(master);
    if (message?.is === "want") this.give(fd, message.text);
    this.strangers.delete(fd);
    closeFile(fd);
  }

  private attach(fd: number, wish: AttachWish): void {
    const terminal = this.terminals.get(wish.name);
    if (terminal && !terminal.isEnding) {
      this.strangers.delete(fd);
      return terminal.attach(fd, wish, Date.now());
    }
    // Its keeper is asked; the client waits as long as it likes.
    this.strangers.set(fd, wish);
    this.wakeAt = Math.min(this.wakeAt, Date.now());
  }

  /** @param fd of a master, which becomes ours */
  private take(name: string, fd: number): void {
    const daemon = this.daemons.get(name);
    const path = peerPath(fd);
    const old = this.terminals.get(name);
    const isMeant = daemon?.story && path !== undefined &&
      path === terminalPath(daemon.place.directory);
    if (!isMeant || old?.path === path) return closeFile(fd);
    old?.close(false);
    this.terminals.delete(name);
    try {
      const terminal = new ServedTerminal(moveUp(fd, FLOOR.job), daemon.place, daemon.story!);
      this.terminals.set(name, terminal);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      return closeFile(fd);
    }
    for (const [waiting, wish] of [...this.strangers]) {
      if (wish?.name === name) this.attach(waiting, wish);
    }
  }

  private give(fd: number, name: string): void {
    const terminal = this.terminals.get(name);
    if (terminal) sendPacket(fd, packetOf({ is: "given" }), [terminal.master]);
  }

  private serve(terminal: ServedTerminal): void {
    if (terminal.due === 0) terminal.read(Date.now());
    for (const client of terminal.clients) {
      if (client.input !== undefined) terminal.type(client);
    }
  }

  private serveClient(terminal: ServedTerminal, client: ServedClient): void {
    terminal.feed(client, Date.now());
    if (client.input !== undefined || client.isGone) return;
    const packet = receivePacket(client.fd);
    if (typeof packet === "number") return;
    if (packet === "end") return void (client.isGone = true);
    for (const fd of packet.fds) closeFile(fd);
    const message = messageOf(packet.bytes);
    switch (message?.is) {
      case "input":
        if (client.wish.readOnly) return;
        client.input = message.bytes;
        return terminal.type(client);
      case "size":
        client.wish = { ...client.wish, size: message.size };
        return terminal.resize(false);
      case "leave":
        client.isLeaving = true;
        return terminal.type(client);
    }
  }
}

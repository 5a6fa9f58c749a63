import { nap } from "../../libc/time.ts";
import {
  EAGAIN,
  EIO,
  EPIPE,
  O_NOCTTY,
  O_NONBLOCK,
  O_WRONLY,
  POLLERR,
  POLLHUP,
  POLLIN,
  POLLOUT,
  SIGCONT,
  SIGHUP,
  SIGINT,
  SIGQUIT,
  SIGTERM,
  SIGWINCH,
} from "../../libc/abi.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { formatSize } from "../../base/size.ts";
import { isTerminal, warn } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import type { KeptPlace } from "../../keeper/home.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp, readSome, tryOpen } from "../../libc/descriptors/files.ts";
import { connectLocal } from "../../libc/descriptors/local_socket.ts";
import { writeParts } from "../../libc/descriptors/pipe.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { receivePacket, sendPacket } from "../../libc/descriptors/socket.ts";
import { setTerminalModes, terminalModes, windowSize } from "../../libc/descriptors/tty.ts";
import { rawModes } from "../../libc/descriptors/tty_modes.ts";
import { openSignalfd, readSignals } from "../../libc/processes/signalfd.ts";
import {
  messageOf,
  packetOf,
  PART_BYTES,
  TERMINAL_SOCKET,
  type TerminalMessage,
} from "../../logs/terminal/protocol.ts";
import { ScreenState } from "../../logs/terminal/screen_state.ts";
import { DetachKeys } from "./detach_keys.ts";
import type { AttachRequest } from "./request.ts";

/** How an attachment has ended. */
export type AttachmentEnd =
  | { readonly by: "detached" | "terminal" }
  | { readonly by: "over"; readonly text: string }
  | { readonly by: "signal"; readonly number: number };

/** How long the process that serves terminals may need to begin, and a keeper to hand over its terminal, ms. */
const BEGIN_MS = 10_000, TRY_MS = 20;
/** A terminal that accepts nothing makes the output wait at its source: no more than this is held in memory. */
const MOST_SHOWN = 1 << 16;
const SIGNALS = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH, SIGCONT];
const [INPUT, OUTPUT, SOCKET, SIGNAL] = [0, 1, 2, 3];

/** A terminal, or what stands in for it, connected to a daemon's terminal. */
export class AttachedClient {
  private readonly onTerminal = isTerminal(0);
  private readonly before = this.onTerminal ? terminalModes(0) : undefined;
  private readonly output = ownOutput();
  private readonly signals = openSignalfd(SIGNALS);
  private readonly poll = new PollSet(4);
  private readonly screen = new ScreenState();
  private readonly keys: DetachKeys;
  private socket = -1;
  private end: AttachmentEnd | undefined;
  /** Output that the terminal has not accepted yet, and its size. */
  private shown: Uint8Array[] = [];
  private size = 0;
  /** What the server has not accepted yet. */
  private typed: Uint8Array | undefined;
  private isWelcome = false;
  /** Nothing more is typed: the end of the input. */
  private isLeaving = false;
  private hasTakenLeave = false;

  constructor(private readonly place: KeptPlace, private readonly request: AttachRequest) {
    this.keys = new DetachKeys(this.onTerminal ? request.detachKeys : new Uint8Array(0));
  }

  /** Until it is detached, or ended. Then the terminal is as it was before. @throws ImpError */
  run(): AttachmentEnd {
    try {
      this.begin();
      while (!this.end || this.end.by === "over" && this.size > 0) this.step();
      return this.end;
    } finally {
      this.restore();
      if (this.socket >= 0) closeFile(this.socket);
    }
  }

  private begin(): void {
    const deadline = Date.now() + BEGIN_MS;
    while (!this.isWelcome && !this.end) {
      if (Date.now() >= deadline) {
        throw this.failure("the process that serves its terminal does not answer");
      }
      if (this.socket < 0) this.connect();
      if (this.socket < 0) nap(TRY_MS);
      else this.step(TRY_MS);
    }
  }

  private connect(): void {
    this.socket = connectLocal(this.place.home, TERMINAL_SOCKET);
    if (this.socket < 0) return;
    this.socket = moveUp(this.socket, FLOOR.job);
    const { name, readOnly } = this.request;
    const size = this.onTerminal ? windowSize(0) ?? { rows: 24, columns: 80 } : undefined;
    this.send({ is: "attach", wish: { name, readOnly, size } });
  }

  private step(most = -1): void {
    const { poll, typed, isLeaving, size, socket, isWelcome } = this;
    const reads = isWelcome && typed === undefined && !isLeaving;
    poll.watch(INPUT, reads ? 0 : -1, POLLIN);
    poll.watch(OUTPUT, size > 0 ? this.output : -1, POLLOUT);
    const takes = size < MOST_SHOWN ? POLLIN : 0;
    const sends = typed !== undefined || isLeaving && !this.hasTakenLeave;
    poll.watch(SOCKET, socket, takes | (sends ? POLLOUT : 0));
    poll.watch(SIGNAL, this.signals, POLLIN);
    poll.wait(most);
    if (poll.ready(SIGNAL)) this.takeSignals();
    if (poll.ready(OUTPUT)) this.show();
    if (poll.ready(SOCKET) & (POLLIN | POLLHUP | POLLERR)) this.receive();
    if (poll.ready(SOCKET) & POLLOUT) this.goOn();
    if (reads && poll.ready(INPUT)) this.read();
  }

  private takeSignals(): void {
    for (const { number } of readSignals(this.signals)) {
      if (number === SIGWINCH || number === SIGCONT) {
        // Whoever had the terminal meanwhile may have changed its modes.
        if (number === SIGCONT && this.isWelcome) this.makeRaw();
        const size = windowSize(0);
        if (this.onTerminal && size && this.isWelcome) this.send({ is: "size", size });
      } else this.end ??= { by: "signal", number };
    }
  }

  private receive(): void {
    const packet = receivePacket(this.socket);
    if (packet === -EAGAIN) return;
    if (typeof packet !== "object") return this.lost();
    for (const fd of packet.fds) closeFile(fd);
    const message = messageOf(packet.bytes);
    switch (message?.is) {
      case "welcome":
        this.isWelcome = true;
        return this.welcome();
      case "output":
        this.screen.take(message.bytes);
        return this.put(message.bytes.slice());
      case "missed":
        return this.note(`${formatSize(message.count)} of output were too fast; the log has them`);
      case "story":
        return this.note(message.text);
      case "over":
        this.end ??= this.isLeaving && message.text === ""
          ? { by: "detached" }
          : { by: "over", text: `${this.request.name} is no longer running` };
    }
  }

  /** The process that serves terminals was killed: its keeper starts another one. */
  private lost(): void {
    closeFile(this.socket);
    this.socket = -1;
    if (!this.isWelcome) return;
    this.isWelcome = false;
    this.begin();
    this.hasTakenLeave = false;
  }

  private welcome(): void {
    if (!this.onTerminal) return;
    this.makeRaw();
    const { keyWords, readOnly, detachKeys } = this.request;
    const how = detachKeys.length === 0 ? "close the terminal" : keyWords.replaceAll(",", " ");
    this.note(`attached to ${this.request.name}${readOnly ? ", read-only" : ""}; ${how} detaches`);
  }

  private read(): void {
    const bytes = readSome(0);
    if (bytes === -EAGAIN) return;
    if (typeof bytes === "number" && bytes !== -EIO) {
      throw this.failure("standard input cannot be read");
    }
    if (typeof bytes === "number" || bytes.length === 0) {
      // The terminal was closed.
      if (this.onTerminal) this.end ??= { by: "terminal" };
      else {
        this.isLeaving = true;
        this.goOn();
      }
      return;
    }
    const { send, detach } = this.keys.take(bytes);
    if (!this.request.readOnly && send.length > 0) this.type(send);
    if (detach) this.end ??= { by: "detached" };
  }

  private goOn(): void {
    if (this.typed) this.type(this.typed);
    else if (this.isLeaving) this.hasTakenLeave ||= this.send({ is: "leave" });
  }

  private type(bytes: Uint8Array): void {
    this.typed = undefined;
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      if (this.send({ is: "input", bytes: bytes.subarray(at, at + PART_BYTES) })) continue;
      this.typed = bytes.slice(at);
      return;
    }
  }

  /** @returns false if it should be tried again */
  private send(message: TerminalMessage): boolean {
    return this.socket < 0 || sendPacket(this.socket, packetOf(message)) !== -EAGAIN;
  }

  private put(bytes: Uint8Array): void {
    this.shown.push(bytes);
    this.size += bytes.length;
    this.show();
  }

  private show(): void {
    while (this.shown.length > 0) {
      const n = writeParts(this.output, this.shown, 0);
      if (n === -EAGAIN) return;
      if (n < 0) {
        this.shown = [];
        this.size = 0;
        if (n !== -EIO && n !== -EPIPE) {
          throw systemError(-n, "write to", "standard output", { exit: EXIT.failed });
        }
        // Nobody sees it any more.
        this.end ??= { by: "terminal" };
        return;
      }
      this.size -= n;
      let left = n;
      while (left > 0 && left >= this.shown[0].length) left -= this.shown.shift()!.length;
      if (left > 0) this.shown[0] = this.shown[0].subarray(left);
    }
  }

  /** Between the output, on a line of its own. */
  private note(text: string): void {
    if (this.request.quiet) return;
    const line = `[${printable(text)}]`;
    if (!this.onTerminal) warn(line);
    else this.put(new TextEncoder().encode(`\r\n${line}\r\n`));
  }

  private makeRaw(): void {
    if (this.before && this.onTerminal) setTerminalModes(0, rawModes(this.before));
  }

  private restore(): void {
    if (!this.onTerminal) return;
    const leaving = `${this.screen.leaving}\r\n`;
    if (this.isWelcome || this.size > 0) {
      writeParts(this.output, [new TextEncoder().encode(leaving)], 0);
    }
    if (this.before) setTerminalModes(0, this.before);
  }

  private failure(why: string): ImpError {
    return new ImpError({
      action: "attach to",
      object: this.request.name,
      why,
      hint: this.socket < 0
        ? "if 'imp watch' of an earlier version is still running, end it: keepers start the new one"
        : `imp status ${this.request.name} shows what its keeper does`,
      exit: EXIT.failed,
    });
  }
}

/** A separate open file for the terminal, so as not to block; a shared one must not be made non-blocking. */
function ownOutput(): number {
  if (!isTerminal(1)) return 1;
  const fd = tryOpen("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY);
  return fd < 0 ? 1 : moveUp(fd, FLOOR.job);
}

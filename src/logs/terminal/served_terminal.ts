import { EAGAIN, POLLIN, POLLOUT, SIGWINCH } from "../../libc/abi.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { writeParts } from "../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import { statFd } from "../../libc/descriptors/stat.ts";
import {
  foregroundBehind,
  openPeer,
  peerPath,
  resumeOutput,
  setWindowSize,
} from "../../libc/descriptors/tty.ts";
import { sendSignal } from "../../libc/processes/signals.ts";
import { bookName } from "../book.ts";
import { openToRead } from "../read/open_to_read.ts";
import { logFiles, type LogPlace } from "../place.ts";
import { OutputRing } from "./output_ring.ts";
import type { AttachWish } from "./protocol.ts";
import { ScreenState } from "./screen_state.ts";
import { ServedClient } from "./served_client.ts";
import type { TerminalStory } from "./story.ts";
import { TerminalReader } from "./terminal_reader.ts";
import { commonSize } from "./terminal_size.ts";

/** Of output kept in memory, and of a log read in its place. */
const KEPT_BYTES = 1 << 16, SEED_BYTES = 1 << 14;
/** While nobody watches, output is collected; and a log that takes nothing is retried. */
const GATHER_MS = 10;

/**
 * A daemon's terminal: its program's output goes to its log and to all attached clients, their input to the program.
 */
export class ServedTerminal {
  readonly path: string | undefined;
  readonly clients = new Set<ServedClient>();
  /** The master is not read before this time; 0: it is. */
  due = 0;
  /** Its daemon has ended: the rest is read, then it is closed. */
  isEnding = false;
  private readonly peer: number;
  private readonly reader: TerminalReader;
  private isEmpty = false;
  private readonly ring = new OutputRing(KEPT_BYTES);
  private readonly screen = new ScreenState();

  /** @param master becomes this object's. @throws ImpError */
  constructor(readonly master: number, place: LogPlace, public story: TerminalStory) {
    this.path = peerPath(master);
    const peer = openPeer(master);
    if (peer < 0) throw systemError(-peer, "open", "a terminal");
    // Between two runs of the program nobody else has it open, and reading would fail.
    this.peer = moveUp(peer, FLOOR.job);
    const [file] = logFiles(place.log);
    const isLogged = place.log.target === "syslog" || file !== undefined;
    const pipe = `${place.directory}/${bookName("stdout", "pipe")}`;
    try {
      this.reader = new TerminalReader(master, isLogged ? pipe : undefined);
    } catch (error) {
      closeFile(this.peer);
      throw error;
    }
    if (file && place.log.format === "raw") this.seed(place);
  }

  /** No output is left, here or on its way to the log. */
  get isDrained(): boolean {
    return this.isEnding && this.isEmpty && this.reader.unread === 0;
  }

  get events(): number {
    const typed = [...this.clients].some(({ input }) => input !== undefined);
    return (this.due === 0 ? POLLIN : 0) | (typed ? POLLOUT : 0);
  }

  /** Reads the program's output. @returns whether there was some */
  read(now: number): boolean {
    this.due = 0;
    for (const client of this.clients) {
      this.due = Math.max(this.due, client.holdsUpUntil(this.ring, now));
    }
    if (this.due > 0) return false;
    const bytes = this.reader.read();
    this.isEmpty = typeof bytes === "number";
    if (typeof bytes === "number") {
      // Its log is full, or it was hung up: it is not polled all the time.
      this.due = now + (bytes === -EAGAIN ? GATHER_MS : GATHER_MS ** 2);
      return false;
    }
    this.ring.add(bytes);
    this.screen.take(bytes);
    if (this.clients.size === 0 && bytes.length < KEPT_BYTES / 16) this.due = now + GATHER_MS;
    for (const client of this.clients) client.feed(this.ring, now);
    return true;
  }

  attach(fd: number, wish: AttachWish, now: number): void {
    const { ring, screen } = this;
    const position = !wish.size
      ? ring.end
      : screen.isOther
      ? ring.begin
      : ring.linesBefore(wish.size.rows - 1);
    const client = new ServedClient(fd, wish, position, this.story, now);
    this.clients.add(client);
    client.say({ is: "welcome" });
    if (wish.size) {
      const entering = screen.entering + (screen.isOther ? "\x1b[H\x1b[2J" : "");
      if (entering) client.say({ is: "output", bytes: new TextEncoder().encode(entering) });
    }
    client.feed(ring, now);
    if (wish.size && !wish.readOnly) this.resize(true);
  }

  detach(client: ServedClient): void {
    client.close();
    this.clients.delete(client);
    // Nobody is left who could resume it.
    if (this.clients.size === 0) resumeOutput(this.peer);
    this.resize(false);
  }

  feed(client: ServedClient, now: number): void {
    client.feed(this.ring, now);
    client.tell(this.story, this.ring);
  }

  /** Passes on a client's input, as far as the program takes it. */
  type(client: ServedClient): void {
    const { input } = client;
    if (input !== undefined) {
      const n = input.length === 0 ? 0 : writeParts(this.master, [input], 0);
      if (n < 0 && n !== -EAGAIN) client.input = undefined;
      else if (n >= 0) client.input = n < input.length ? input.subarray(n) : undefined;
    }
    if (client.input === undefined && client.isLeaving) client.say({ is: "over", text: "" });
  }

  tell(story: TerminalStory): void {
    this.story = story;
    for (const client of this.clients) client.tell(story, this.ring);
  }

  /** @param anew somebody has attached: a full-screen program should redraw */
  resize(anew: boolean): void {
    const sizes = [...this.clients].flatMap(({ wish: { size, readOnly } }) =>
      size && !readOnly ? [size] : []
    );
    const size = commonSize(sizes);
    if (size) setWindowSize(this.master, size);
    const group = anew ? foregroundBehind(this.master) : 0;
    if (group > 1) sendSignal(-group, SIGWINCH);
  }

  /** @param over the daemon has ended, and clients are told */
  close(over: boolean): void {
    const now = Date.now();
    for (const client of this.clients) {
      client.feed(this.ring, now);
      client.tell(this.story, this.ring);
      if (over) client.say({ is: "over", text: this.story.name });
      client.close();
    }
    this.reader.close();
    closeFile(this.peer);
    closeFile(this.master);
  }

  /** What an earlier process had in memory is in the log. */
  private seed(place: LogPlace): void {
    const [file] = logFiles(place.log, place.user);
    const { fd, directory } = openToRead(file);
    if (directory >= 0) closeFile(directory);
    if (fd < 0) return;
    const { size } = statFd(fd);
    const bytes = readAt(fd, Math.max(0, size - SEED_BYTES), SEED_BYTES);
    closeFile(fd);
    if (typeof bytes === "number") return;
    this.ring.add(bytes);
    this.screen.take(bytes);
  }
}

import { EAGAIN, POLLIN, POLLOUT } from "../../libc/abi.ts";
import { limitUnread } from "../../libc/descriptors/local_socket.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { sendPacket } from "../../libc/descriptors/socket.ts";
import type { OutputRing } from "./output_ring.ts";
import { type AttachWish, packetOf, PART_BYTES, type TerminalMessage } from "./protocol.ts";
import { newsOf, type TerminalStory } from "./story.ts";

/** How much the kernel buffers for a client that does not read: an interrupt should show soon. */
const UNREAD_BYTES = 1 << 15;
/** A client so far behind holds up the program, as a terminal does … */
const FAR_BYTES = 1 << 15;
/** … as long as it has read something within this time, ms. */
const HOLD_UP_MS = 200;

/** A client attached to a terminal. It has a position in the output, and no queue of its own. */
export class ServedClient {
  /** Its typed input that the program has not taken yet. */
  input: Uint8Array | undefined;
  /** Tell it that it may go once that is taken. */
  isLeaving = false;
  isGone = false;
  private blocked = false;
  private takenAt: number;

  constructor(
    readonly fd: number,
    public wish: AttachWish,
    private position: number,
    private story: TerminalStory,
    now: number,
  ) {
    this.takenAt = now;
    limitUnread(fd, UNREAD_BYTES);
  }

  get events(): number {
    return (this.input === undefined ? POLLIN : 0) | (this.blocked ? POLLOUT : 0);
  }

  /** Until when the program waits for it; 0: it does not. */
  holdsUpUntil(ring: OutputRing, now: number): number {
    const until = this.takenAt + HOLD_UP_MS;
    return this.blocked && ring.end - this.position > FAR_BYTES && now < until ? until : 0;
  }

  /** Sends what it has not got yet, as far as it takes it. */
  feed(ring: OutputRing, now: number): void {
    this.blocked = false;
    while (!this.isGone && !this.blocked && this.position < ring.end) {
      if (this.position < ring.begin) {
        const count = ring.begin - this.position;
        if (this.say({ is: "missed", count })) this.position = ring.begin;
        continue;
      }
      const bytes = ring.from(this.position, PART_BYTES);
      if (!this.say({ is: "output", bytes })) continue;
      this.position += bytes.length;
      this.takenAt = now;
    }
  }

  /** Reports what became of the program, once it has got all output. */
  tell(story: TerminalStory, ring: OutputRing): void {
    if (this.position < ring.end) return;
    const news = newsOf(this.story, story);
    if (news === undefined || this.say({ is: "story", text: news })) this.story = story;
  }

  /** @returns whether it was sent */
  say(message: TerminalMessage): boolean {
    const code = sendPacket(this.fd, packetOf(message));
    if (code === 0) return true;
    if (code === -EAGAIN) this.blocked = true;
    else this.isGone = true;
    return false;
  }

  close(): void {
    this.isGone = true;
    closeFile(this.fd);
  }
}

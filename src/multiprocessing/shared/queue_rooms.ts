import { ItemClaims } from "./claims.ts";
import type { Holder } from "./service.ts";

/** The most places that a producer is promised at once. */
const MOST_PROMISED = 255;

interface Room {
  readonly claims: ItemClaims;
  /** What the memory of the claims is sent as, the first time. */
  memory: unknown;
  promised: number;
  /** How many of their items have come. */
  arrived: number;
  /** How many it is promised next: more as long as it needs them all, none once others needed them. */
  next: number;
  recalled: boolean;
}

/**
 * Places in a queue with bounds that producers are promised ahead of their asking, so that they need not ask for each item.
 * A producer that has claimed a place sends the item; what is not claimed can be taken back at any time.
 */
export class QueueRooms {
  private readonly rooms = new Map<Holder, Room>();

  constructor(private readonly shareWords: () => { words: Int32Array; sent: unknown }) {}

  /** Promised places whose items have not come. */
  get promised(): number {
    let promised = 0;
    for (const room of this.rooms.values()) promised += room.promised - room.arrived;
    return promised;
  }

  /**
   * A producer has asked for a place and got it.
   * @param free how many more there are
   * @returns what it has to know: nothing, or the memory of its claims
   */
  promise(holder: Holder, free: number): unknown {
    if (holder.local) return undefined;
    const room = this.rooms.get(holder) ?? this.newRoom(holder);
    // Of several calls at the same time, only the last finds everything used up.
    if (room.arrived < room.promised) return undefined;
    if (!room.recalled) room.next = Math.min(MOST_PROMISED, 2 * room.next + 1);
    room.recalled = false;
    room.promised = Math.max(0, Math.min(room.next, free));
    room.arrived = 0;
    room.claims.grant(room.promised);
    const { memory } = room;
    room.memory = undefined;
    return memory;
  }

  /** An item has come for a place that was claimed. */
  arrive(holder: Holder): void {
    const room = this.rooms.get(holder);
    if (room) room.arrived++;
  }

  /** Takes back every place that is not claimed yet: somebody needs one. */
  recall(): void {
    for (const room of this.rooms.values()) {
      if (room.arrived === room.promised) continue;
      const kept = room.claims.recall(0);
      if (kept === room.promised) continue;
      room.promised = kept;
      room.next = 0;
      room.recalled = true;
    }
  }

  /** Nothing of what it had claimed comes any more. */
  gone(holder: Holder): void {
    this.rooms.delete(holder);
  }

  private newRoom(holder: Holder): Room {
    const { words, sent } = this.shareWords();
    const claims = new ItemClaims(words);
    const room = { claims, memory: sent, promised: 0, arrived: 0, next: 0, recalled: false };
    this.rooms.set(holder, room);
    return room;
  }
}

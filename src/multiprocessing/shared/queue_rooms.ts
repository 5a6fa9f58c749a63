import { ItemClaims } from "./claims.ts";
import type { Holder } from "./service.ts";

/** How many places a producer is promised at once at most. */
const MOST_PROMISED = 255;

interface Room {
  readonly claims: ItemClaims;
  /** The kind that the memory of the claims is sent as, the first time. */
  memory: unknown;
  promised: number;
  /** How many of their items have arrived. */
  arrived: number;
  /** How many it is promised next: more while it needs them all, none once others needed them. */
  next: number;
  recalled: boolean;
}

/**
 * Places in a bounded queue that producers are promised ahead, so that they need not ask for each item. A producer that
 * has claimed a place sends the item; unclaimed ones can be taken back at any time.
 */
export class QueueRooms {
  private readonly rooms = new Map<Holder, Room>();

  constructor(private readonly shareWords: () => { words: Int32Array; sent: unknown }) {}

  /** Promised places whose items have not arrived. */
  get promised(): number {
    let promised = 0;
    for (const room of this.rooms.values()) promised += room.promised - room.arrived;
    return promised;
  }

  /**
   * A producer has asked for a place and got it.
   * @param free how many more there are
   * @returns what it must be told: nothing, or the memory of its claims
   */
  promise(holder: Holder, free: number): unknown {
    if (holder.local) return undefined;
    const room = this.rooms.get(holder) ?? this.newRoom(holder);
    // Of several concurrent calls, only the last finds everything used up.
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

  /** An item has arrived for a claimed place. */
  arrive(holder: Holder): void {
    const room = this.rooms.get(holder);
    if (room) room.arrived++;
  }

  /** Takes back every unclaimed place: somebody needs one. */
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

  /** Nothing more arrives of what it had claimed. */
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

import type { RingReader } from "../wire/ring.ts";
import { nextTurn } from "./claims.ts";

/** A holder that posts through a ring. */
export interface Poster {
  readonly ring: RingReader;
  /** Handles what is in the ring up to `tail`. @returns whether there was anything */
  takePosts(tail: number): boolean;
}

/** The most turns of the event loop spent on looking before posts must be announced. */
const MOST_LOOKS = 32;
/** If posts come sooner than this after the last look, looking is worth while; ms. */
const SOON_MS = 0.1;
/** How often the ends of several rings are read again to find a moment at which all of them were valid. */
const MOST_READINGS = 4;

/**
 * What all holders of a service have posted to it through rings. Posts need not be announced while nobody waits for
 * one:
 * they are found at the next call. If somebody waits, the first post is announced, and while posts keep coming, looking
 * for them is cheaper than announcements.
 */
export class Posts {
  private posters: Poster[] = [];
  private looks = 0;
  private looking = false;
  private askedAt = 0;

  /** @param wanted whether somebody waits for posts */
  constructor(private readonly wanted: () => boolean) {}

  add(poster: Poster): void {
    this.posters.push(poster);
    this.settle();
  }

  remove(poster: Poster): void {
    this.posters = this.posters.filter((one) => one !== poster);
  }

  /**
   * Handles everything that has been posted. To be called before anything that depends on it. @returns whether there
   * was anything
   */
  catchUp(): boolean {
    const { posters } = this;
    if (posters.length === 0) return false;
    if (posters.length === 1) return posters[0].takePosts(posters[0].ring.tail);
    const tails = this.tails();
    let any = false;
    posters.forEach((poster, i) => any = poster.takePosts(tails[i]) || any);
    return any;
  }

  /** A post was announced. */
  told(): void {
    if (performance.now() - this.askedAt < SOON_MS) {
      this.looks = Math.min(MOST_LOOKS, 2 * this.looks + 4);
    }
  }

  /** Makes sure that nothing is missed while somebody waits. To be called after anything that changes that. */
  settle(): void {
    if (this.looking || this.posters.length === 0 || !this.wanted()) return;
    if (this.looks > 0) void this.look();
    else this.ask();
  }

  private ask(): void {
    do {
      for (const { ring } of this.posters) if (!ring.wishes) ring.wish();
      // Posts made before that are not announced.
    } while (this.catchUp() && this.wanted());
    this.askedAt = performance.now();
  }

  private async look(): Promise<void> {
    this.looking = true;
    let found = false;
    for (let left = this.looks; left > 0 && this.wanted(); left--) {
      await nextTurn();
      if (!this.catchUp()) continue;
      found = true;
      left = this.looks;
    }
    this.looking = false;
    if (!found) this.looks >>= 1;
    if (this.wanted()) this.ask();
  }

  /**
   * Where the rings ended at one and the same moment, if they come to rest: a later post comes after an earlier one.
   */
  private tails(): number[] {
    let tails = this.posters.map(({ ring }) => ring.tail);
    for (let i = 1; i < MOST_READINGS; i++) {
      const again = this.posters.map(({ ring }) => ring.tail);
      if (again.every((tail, at) => tail === tails[at])) break;
      tails = again;
    }
    return tails;
  }
}

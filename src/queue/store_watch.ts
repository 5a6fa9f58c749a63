import type { Kept } from "./stream_calls.ts";

/**
 * How long refusals, and requests without an answer, last before they are reported: a cluster that elects a leader
 * takes a few seconds.
 */
const REFUSED_MS = 3000, SILENT_MS = 12_000;

/** Reports once if connected servers have stored nothing for a long time, and again when they do. */
export class StoreWatch {
  /** On the link's clock: nothing was stored since then. */
  private since: number | undefined;
  private told = false;

  constructor(
    private readonly link: { now(): number; readonly isConnected: boolean },
    private readonly note: (text: string) => void,
  ) {}

  /** The servers' answer to a message that they should store; undefined: none. */
  heard(kept: Kept | undefined): void {
    if (kept?.kept || kept?.because === "taken") return this.good();
    // A full queue empties by itself; without a connection there can be no answer. Both are reported elsewhere.
    if (kept?.full || !this.link.isConnected) return void (this.since = undefined);
    this.since ??= this.link.now();
    if (this.told) return;
    const ms = this.link.now() - this.since;
    if (ms < (kept ? REFUSED_MS : SILENT_MS)) return;
    this.told = true;
    this.note(kept ? refusedText(kept.why) : silentText(ms));
  }

  private good(): void {
    this.since = undefined;
    if (this.told) this.note("the servers store messages again");
    this.told = false;
  }
}

function refusedText(why: string): string {
  return `the servers store nothing more (${why}); waiting for room: imp runs remove, imp runs prune`;
}

function silentText(ms: number): string {
  return `the servers are connected, but have stored nothing for ${
    Math.round(ms / 1000)
  } s; waiting. ` +
    "Is a disk full there? Make room, and restart that server (kill -9 if it does not end)";
}

import type { Kept } from "./stream_calls.ts";

/** Refusals, and requests without an answer, are told of after so long: a cluster that elects a leader takes a few seconds. */
const REFUSED_MS = 3000, SILENT_MS = 12_000;

/** Notices when the servers have kept nothing for long although they are connected, says so once, and says when they do again. */
export class StoreWatch {
  /** On the clock of the link: since then nothing was kept. */
  private since: number | undefined;
  private told = false;

  constructor(
    private readonly link: { now(): number; readonly isConnected: boolean },
    private readonly note: (text: string) => void,
  ) {}

  /** What the servers have said to a message that they were to keep; undefined: nothing. */
  heard(kept: Kept | undefined): void {
    if (kept?.kept || kept?.because === "taken") return this.good();
    // A queue that is full empties by itself; without a connection nobody can answer. Both are told of elsewhere.
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

import { releaseProgramText } from "../libc/processes/program_text.ts";
import { runtime } from "../runtime/mod.ts";

/** JavaScriptCore would let garbage grow to 30 MB before it looks. A record costs some hundred bytes for a moment. */
const COLLECT_EVERY = 1 << 17;
/** What only the start needed is still in memory, and what is compiled while the work gets going needs some of it again. */
const RELEASES: ReadonlySet<number> = new Set([1 << 16, 1 << 19]);

/** Keeps a pool that reads much as small as one that reads little. */
export class Tidy {
  private all = 0;

  /** @param bytes how many of the input were read just now */
  read(bytes: number): void {
    const before = this.all;
    this.all += bytes;
    for (const at of RELEASES) if (before < at && this.all >= at) releaseProgramText();
    if (Math.floor(before / COLLECT_EVERY) < Math.floor(this.all / COLLECT_EVERY)) {
      runtime.collectGarbage();
    }
  }
}

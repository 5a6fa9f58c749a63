import { UsageError } from "../base/errors.ts";
import { readFile, readTextOrNothing } from "../libc/descriptors/files.ts";
import { runtime } from "../runtime/mod.ts";
import type { JobLimit } from "./settings.ts";

const LOOK_MS = 1000;
const MOST_SHOWN = 40;

/** A file whose text is the setting of `-j`, looked at every second. */
export class JobsFile {
  private text: string | undefined;
  due = 0;

  /** @throws ImpError or UsageError when it does not say a number at the beginning */
  constructor(
    private readonly path: string,
    private readonly limit: JobLimit,
    private readonly jobsFrom: (text: string) => number,
  ) {
    const text = new TextDecoder().decode(readFile(path));
    try {
      this.take(text);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      const [first] = text.split("\n");
      const shown = first.length > MOST_SHOWN ? `${first.slice(0, MOST_SHOWN)}…` : first;
      throw new UsageError(`${path}: '${shown}' is not a number of jobs`, error.hint);
    }
  }

  look(): void {
    const now = runtime.now();
    if (now < this.due) return;
    this.due = now + LOOK_MS;
    const text = readTextOrNothing(this.path);
    if (text === undefined || text === this.text) return;
    try {
      this.take(text);
    } catch (error) {
      // It is being written, or holds nonsense for a while: the last number that was one goes on.
      if (!(error instanceof UsageError)) throw error;
    }
  }

  private take(text: string): void {
    this.limit.value = this.jobsFrom(text.trim());
    this.text = text;
  }
}

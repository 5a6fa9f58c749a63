import type { EntryKind } from "./messages.ts";

/** Something that imp has made on a host, or that a job has made in its place. */
interface Made {
  /** Known when it is there: what a job will make may be one. */
  directory: boolean;
  readonly users: Set<number>;
}

/** What is to be removed from a host, and whether it is a directory: one that is not empty stays. */
export interface Leftover {
  readonly path: string;
  readonly directory: boolean;
}

/**
 * What stands on a host because of jobs whose files are removed behind them (`--cleanup`), and who uses it. What was there
 * before is not in it, and so is never removed.
 */
export class MadeThings {
  /** In the order in which they were made: what is in a directory comes behind it. */
  private readonly things = new Map<string, Made>();

  /** @param journal is told what comes, and what is to be removed by nobody any more */
  constructor(
    private readonly journal?: { made(thing: Leftover): void; gone(path: string): void },
  ) {}

  /** It was made for a job. */
  made(job: number, path: string, kind: EntryKind): void {
    const thing = this.things.get(path);
    const directory = kind === "directory";
    if (thing) {
      thing.users.add(job);
      if (thing.directory === directory) return;
      thing.directory = directory;
      return this.journal?.made({ path, directory });
    }
    this.things.set(path, { directory, users: new Set([job]) });
    this.journal?.made({ path, directory });
  }

  /** A job has found it there, and uses it too if it was made for another one. */
  had(job: number, path: string): void {
    this.things.get(path)?.users.add(job);
  }

  /** It is not to be removed, whoever has made it. */
  keep(path: string): void {
    if (this.things.delete(path)) this.journal?.gone(path);
  }

  /** A job uses nothing any more. @returns what nobody uses, in the order in which it can be removed */
  leave(job: number): Leftover[] {
    const left: Leftover[] = [];
    for (const [path, { directory, users }] of this.things) {
      if (!users.delete(job) || users.size > 0) continue;
      left.push({ path, directory });
      this.things.delete(path);
    }
    return left.reverse();
  }

  /** They have been removed. */
  removed(leftovers: readonly Leftover[]): void {
    for (const { path } of leftovers) if (!this.things.has(path)) this.journal?.gone(path);
  }

  /** Everything, because nobody uses anything any more. */
  leaveAll(): Leftover[] {
    const left = this.all();
    this.things.clear();
    return left.reverse();
  }

  get size(): number {
    return this.things.size;
  }

  all(): Leftover[] {
    return [...this.things].map(([path, { directory }]) => ({ path, directory }));
  }
}

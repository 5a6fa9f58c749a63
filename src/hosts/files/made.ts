import type { EntryKind } from "./messages.ts";

/** Something that imp has made on a host, or that a job has made in its place. */
interface Made {
  readonly directory: boolean;
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
  private readonly things = new Map<string, Made>();

  /** It was made for a job. */
  made(job: number, path: string, kind: EntryKind): void {
    const thing = this.things.get(path);
    if (thing) thing.users.add(job);
    else this.things.set(path, { directory: kind === "directory", users: new Set([job]) });
  }

  /** A job has found it there, and uses it too if it was made for another one. */
  had(job: number, path: string): void {
    this.things.get(path)?.users.add(job);
  }

  /** It is not to be removed, whoever has made it. */
  keep(path: string): void {
    this.things.delete(path);
  }

  /** A job uses nothing any more. @returns what nobody uses, in the order in which it can be removed */
  leave(job: number): Leftover[] {
    const left: Leftover[] = [];
    for (const [path, { directory, users }] of this.things) {
      if (!users.delete(job) || users.size > 0) continue;
      left.push({ path, directory });
      this.things.delete(path);
    }
    return left.sort(innerFirst);
  }

  /** Everything, because nobody uses anything any more. */
  leaveAll(): Leftover[] {
    const left = [...this.things].map(([path, { directory }]) => ({ path, directory }));
    this.things.clear();
    return left.sort(innerFirst);
  }
}

/** What is in a directory has a longer path than the directory. */
function innerFirst(a: Leftover, b: Leftover): number {
  return b.path.length - a.path.length;
}

import type { EntryKind } from "./messages.ts";

/** Something that imp, or a job in its place, has created on a host. */
interface Made {
  /** Known once it exists: a job may create a directory. */
  directory: boolean;
  readonly users: Set<number>;
}

/** Something to remove from a host, and whether it is a directory: a non-empty one stays. */
export interface Leftover {
  readonly path: string;
  readonly directory: boolean;
}

/**
 * What exists on a host because of jobs with `--cleanup`, and who uses it. What existed before is not included, and so
 * never removed.
 */
export class MadeThings {
  /** In order of creation: a directory's content comes after it. */
  private readonly things = new Map<string, Made>();

  /** @param journal records additions and removals */
  constructor(
    private readonly journal?: { made(thing: Leftover): void; gone(path: string): void },
  ) {}

  /** It was created for a job. */
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

  /** A job found it there, and also uses it if it was created for another one. */
  had(job: number, path: string): void {
    this.things.get(path)?.users.add(job);
  }

  /** It must not be removed, whoever created it. */
  keep(path: string): void {
    if (this.things.delete(path)) this.journal?.gone(path);
  }

  /** A job uses nothing any more. @returns what nobody uses, in order of removal */
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

  /** Everything, since nobody uses anything any more. */
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

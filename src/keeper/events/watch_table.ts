// Pure: which watch of an inotify descriptor belongs to which path.

/** As recorded: watch descriptors and their paths. */
export type KeptWatches = readonly (readonly [watch: number, path: string])[];

/** Several paths may lead to one file, which has one watch. */
export class WatchTable {
  isChanged = false;
  private readonly paths: Map<number, string>;

  constructor(kept: KeptWatches = []) {
    this.paths = new Map(kept);
  }

  get size(): number {
    return this.paths.size;
  }

  pathOf(watch: number): string | undefined {
    return this.paths.get(watch);
  }

  set(watch: number, path: string): void {
    if (this.paths.get(watch) === path) return;
    this.paths.set(watch, path);
    this.isChanged = true;
  }

  delete(watch: number): void {
    if (this.paths.delete(watch)) this.isChanged = true;
  }

  /** The watches of a directory and of all below it. */
  below(path: string): number[] {
    const found: number[] = [];
    for (const [watch, one] of this.paths) {
      if (one === path || isBelow(one, path)) found.push(watch);
    }
    return found;
  }

  watches(): number[] {
    return [...this.paths.keys()];
  }

  kept(): KeptWatches {
    return [...this.paths];
  }
}

export function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory === "/" ? "/" : `${directory}/`) && path !== directory;
}

/** The path of an entry of a directory. */
export function entryPath(directory: string, name: string): string {
  return directory === "/" ? `/${name}` : `${directory}/${name}`;
}

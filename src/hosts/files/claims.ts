/** A path of a host that a job uses as long as it is there. */
export interface Claim {
  /** Absolute. */
  readonly path: string;
  /** What is sent there, told apart by its path on the client; undefined for what the job makes. */
  readonly source?: string;
}

/**
 * Which job uses which paths, so that nothing of a job is written over by another one: a job waits until it can have all of its
 * paths. The same file for several jobs is no reason to wait.
 */
export class Claims {
  private readonly held = new Map<number, readonly Claim[]>();
  private readonly waiting = new Map<number, readonly Claim[]>();

  /** @returns whether the job has them; else it has when {@link leave} says so */
  enter(job: number, claims: readonly Claim[]): boolean {
    // Whoever came first is not kept waiting by who comes later.
    const free = this.isFree(claims, this.waiting.values());
    (free ? this.held : this.waiting).set(job, claims);
    return free;
  }

  /** The job uses nothing any more, or does not wait any more. @returns the jobs that have theirs now */
  leave(job: number): number[] {
    this.held.delete(job);
    this.waiting.delete(job);
    const next: number[] = [];
    const before: (readonly Claim[])[] = [];
    for (const [one, claims] of this.waiting) {
      if (this.isFree(claims, before)) {
        this.waiting.delete(one);
        this.held.set(one, claims);
        next.push(one);
      } else before.push(claims);
    }
    return next;
  }

  private isFree(claims: readonly Claim[], earlier: Iterable<readonly Claim[]>): boolean {
    const others = [...this.held.values(), ...earlier];
    return others.every((list) => list.every((one) => !claims.some((own) => excludes(own, one))));
  }
}

/** Whether two jobs cannot have both: one is the other or is in it, and they are not parts of the same. */
function excludes(a: Claim, b: Claim): boolean {
  const [outer, inner] = a.path.length <= b.path.length ? [a, b] : [b, a];
  const rest = below(inner.path, outer.path);
  if (rest === undefined) return false;
  if (outer.source === undefined || inner.source === undefined) return true;
  return join(outer.source, rest) !== inner.source;
}

/** What of a path is below another; undefined where it is not. */
function below(path: string, directory: string): string | undefined {
  if (path === directory) return "";
  const start = directory.endsWith("/") ? directory : `${directory}/`;
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

function join(directory: string, rest: string): string {
  if (rest === "") return directory;
  return directory.endsWith("/") ? directory + rest : `${directory}/${rest}`;
}

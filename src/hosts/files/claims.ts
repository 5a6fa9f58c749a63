/** A path on a host, in use by a job. */
export interface Claim {
  /** Absolute. */
  readonly path: string;
  /** The path on the client of what is sent there; undefined if the job creates it. */
  readonly source?: string;
}

/**
 * Which job uses which paths, so that no job overwrites another's files: a job waits until all its paths are free.
 * Several jobs may share the same file.
 */
export class Claims {
  private readonly held = new Map<number, readonly Claim[]>();
  private readonly waiting = new Map<number, readonly Claim[]>();

  /** @returns whether the job has them; otherwise {@link leave} returns it later */
  enter(job: number, claims: readonly Claim[]): boolean {
    // Earlier jobs are not kept waiting by later ones.
    const free = this.isFree(claims, this.waiting.values());
    (free ? this.held : this.waiting).set(job, claims);
    return free;
  }

  /** The job no longer uses, or waits for, its paths. @returns the jobs that now have theirs */
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

/** Whether two jobs cannot have both: one is, or contains, the other, and they do not come from the same tree. */
function excludes(a: Claim, b: Claim): boolean {
  const [outer, inner] = a.path.length <= b.path.length ? [a, b] : [b, a];
  const rest = below(inner.path, outer.path);
  if (rest === undefined) return false;
  if (outer.source === undefined || inner.source === undefined) return true;
  return join(outer.source, rest) !== inner.source;
}

/** The part of a path below another; undefined if it is not below. */
function below(path: string, directory: string): string | undefined {
  if (path === directory) return "";
  const start = directory.endsWith("/") ? directory : `${directory}/`;
  return path.startsWith(start) ? path.slice(start.length) : undefined;
}

function join(directory: string, rest: string): string {
  if (rest === "") return directory;
  return directory.endsWith("/") ? directory + rest : `${directory}/${rest}`;
}

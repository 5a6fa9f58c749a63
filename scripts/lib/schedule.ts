/** Which part of a test run begins next, and running them all. Knows nothing of tests. */
export interface Part {
  name: string;
  /** Name of the part that must have succeeded before. */
  after?: string;
}

export interface State<P extends Part> {
  /** Not begun, in order of preference. */
  waiting: readonly P[];
  running: readonly P[];
  /** Names of those that succeeded. */
  succeeded: ReadonlySet<string>;
}

/** The part to begin now; undefined when one that runs has to end first. */
export function next<P extends Part>(state: State<P>, workers: number): P | undefined {
  const { waiting, running, succeeded } = state;
  if (running.length >= workers) return undefined;
  return waiting.find(({ after }) => after === undefined || succeeded.has(after));
}

/**
 * Runs all parts, `workers` at a time. What was to come after one that failed does not run.
 * @param run does a part's work and says whether it succeeded; it never throws.
 */
export async function runAll<P extends Part>(
  parts: readonly P[],
  workers: number,
  run: (part: P) => Promise<boolean>,
): Promise<void> {
  let state: State<P> = { waiting: parts, running: [], succeeded: new Set() };
  const ends = new Map<P, Promise<{ part: P; success: boolean }>>();
  while (state.waiting.length > 0 || ends.size > 0) {
    for (let part = next(state, workers); part; part = next(state, workers)) {
      const begun = part;
      ends.set(begun, run(begun).then((success) => ({ part: begun, success })));
      state = {
        ...state,
        waiting: state.waiting.filter((other) => other !== begun),
        running: [...state.running, begun],
      };
    }
    if (ends.size === 0) return;
    const { part, success } = await Promise.race(ends.values());
    ends.delete(part);
    state = ended(state, part, success);
  }
}

function ended<P extends Part>(state: State<P>, part: P, success: boolean): State<P> {
  const running = state.running.filter((other) => other !== part);
  if (success) return { ...state, running, succeeded: new Set([...state.succeeded, part.name]) };
  return { ...state, running, waiting: state.waiting.filter(({ after }) => after !== part.name) };
}

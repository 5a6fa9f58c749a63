/** Decides which part of a test run begins next, and runs them all. Knows nothing about tests. */
export interface Part {
  name: string;
  /** Name of the part that must succeed first. */
  after?: string;
}

export interface State<P extends Part> {
  /** Not started yet, in order of preference. */
  waiting: readonly P[];
  /** Names of those that succeeded. */
  succeeded: ReadonlySet<string>;
}

/** The part to begin now; undefined if a running one must end first. */
export function next<P extends Part>({ waiting, succeeded }: State<P>): P | undefined {
  return waiting.find(({ after }) => after === undefined || succeeded.has(after));
}

/** How many parts may run. */
export interface Room {
  /** Whether one more may begin beside this many. */
  has(running: number): boolean;
  /** When to ask again, even if nothing has ended. */
  later(): Promise<void>;
}

/**
 * Runs all parts, as many at a time as there is room for. What depends on a failed part does not run.
 * @param run does a part's work and returns whether it succeeded; it never throws
 */
export async function runAll<P extends Part>(
  parts: readonly P[],
  room: Room,
  run: (part: P) => Promise<boolean>,
): Promise<void> {
  let state: State<P> = { waiting: parts, succeeded: new Set() };
  const ends = new Map<P, Promise<{ part: P; success: boolean }>>();
  for (;;) {
    for (let part = next(state); part && room.has(ends.size); part = next(state)) {
      const begun = part;
      ends.set(begun, run(begun).then((success) => ({ part: begun, success })));
      state = {
        ...state,
        waiting: state.waiting.filter((other) => other !== begun),
      };
    }
    if (ends.size === 0) return;
    const mayBegin = next(state) !== undefined;
    const end = await Promise.race([...ends.values(), ...mayBegin ? [room.later()] : []]);
    if (!end) continue;
    ends.delete(end.part);
    state = ended(state, end.part, end.success);
  }
}

function ended<P extends Part>(state: State<P>, part: P, success: boolean): State<P> {
  if (success) return { ...state, succeeded: new Set([...state.succeeded, part.name]) };
  return { ...state, waiting: state.waiting.filter(({ after }) => after !== part.name) };
}

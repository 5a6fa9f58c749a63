/**
 * A part of a scenario's program: what one of its processes does. @returns the exit status, 0 when nothing;
 * `goes on` when the event loop is the program's own, and its end too
 */
export type Part = (...args: string[]) => Outcome | Promise<Outcome>;
type Outcome = number | void | typeof GOES_ON;

export type Parts = Readonly<Record<string, Part>>;

export const GOES_ON = "goes on";

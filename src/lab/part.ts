/**
 * A part of a scenario's program: what one of its processes does. @returns the exit status, 0 when nothing;
 * `goes on` when the event loop is the program's own, and its end too
 */
export type ProgramPart = (...args: string[]) => Outcome | Promise<Outcome>;
type Outcome = number | void | typeof GOES_ON;

export type ProgramParts = Readonly<Record<string, ProgramPart>>;

export const GOES_ON = "goes on";

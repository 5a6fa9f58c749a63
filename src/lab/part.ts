/** A part of a scenario's program: what one of its processes does. @returns the exit status, 0 when nothing */
export type Part = (...args: string[]) => Promise<number | void> | number | void;

export type Parts = Readonly<Record<string, Part>>;

/** What a process was at one moment, as /proc/PID/stat said. */
export interface Moment {
  /** The kernel's letter: R S D T Z … */
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  /** Controlling terminal; null without one. */
  readonly tty: string | null;
}

/**
 * What an event is:
 * - `starts`: the process is there for the first time
 * - `says`: it wrote a line, which the kernel says came from it
 * - `adopted`: it has another parent
 * - `ends`: it has ended, seen as a zombie or no longer there; `text` tells how
 * - `zombie`: it has ended and nobody waits for it
 * - `gone`: a zombie has been waited for
 * - `shows`: facts about it, read from the kernel
 * - `lab`: the lab itself did something
 */
export type What = "starts" | "says" | "adopted" | "ends" | "zombie" | "gone" | "shows" | "lab";

/** How somebody else's child ended, on a kernel whose pidfds do not tell. */
export const UNTOLD = "how, only its parent knows";

/** A fact that was read: numbers and texts as the kernel gives them. */
export type Fact = string | number | boolean | null;
export type Facts = Readonly<Record<string, Fact>>;

/** Something that was observed. */
export interface LabEvent {
  /** Milliseconds since the scenario began. */
  readonly at: number;
  readonly pid: number;
  /** What the process is in the scenario: `main`, `child 1`. */
  readonly who: string;
  readonly what: What;
  readonly text: string;
  /** Null when it was no longer there. */
  readonly moment: Moment | null;
  readonly facts?: Facts;
}

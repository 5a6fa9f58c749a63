import { basename } from "@std/path/basename";
import { named, type ProcessKind } from "./kind.ts";

/** The part that a process has in a daemon that imp keeps. */
export interface KeptRole {
  /** Of the daemon: `web`. */
  readonly name: string;
  /** `member`: a child of its keeper, or of the guard that stands in for that: the program, or an orphan of its tree. */
  readonly as: "member" | "keeper" | "guard";
}

/** The names and the command of imp's waiters. */
const WAITERS: Readonly<Record<string, "keeper" | "guard">> = {
  "imp-keeper": "keeper",
  "imp-guard": "guard",
};
const TURN_COMMAND = "keeper-turn";

/** From the words of a waiter, which end with its command and the directory of its daemon. */
export function waiterRole(comm: string, command: readonly string[]): KeptRole | null {
  const as = Object.hasOwn(WAITERS, comm) ? WAITERS[comm] : undefined;
  const directory = command.at(-1) ?? "";
  if (!as || command.at(-2) !== TURN_COMMAND || !directory.startsWith("/")) return null;
  return { name: basename(directory), as };
}

/** Whether a waiter can have this name: then its words are worth reading. */
export function isWaiterName(comm: string): boolean {
  return Object.hasOwn(WAITERS, comm);
}

/** @param tty its terminal, which is one of its own */
export function keptKind(
  { name, as }: KeptRole,
  parent: { readonly pid: number; readonly comm: string; readonly adopted: boolean } | null,
  tty: string | null,
): ProcessKind {
  switch (as) {
    case "keeper":
      return {
        kind: "daemon",
        title: `keeper of the daemon ${name}`,
        evidence: [
          "it waits for the ends of what it keeps, and then starts imp, which decides",
          "when it is killed, its guard takes over; the daemon runs on",
        ],
      };
    case "guard":
      return {
        kind: "daemon",
        title: `guard of the keeper of the daemon ${name}`,
        evidence: [
          "it adopts everything and takes over when the keeper is killed",
          "when it is killed too, the daemon runs on, and nobody keeps it",
        ],
      };
    case "member":
      return {
        kind: "daemon",
        title: `daemon kept by imp: ${name}`,
        evidence: [
          `its parent is ${
            parent ? named(parent) : "its keeper"
          }, which learns of its end: imp status ${name}`,
          ...(tty === null ? [] : [
            `${tty} is its own: its keeper and imp watch hold the other end; imp attach ${name}`,
          ]),
          ...(parent?.adopted ? ["that one has adopted it: whoever started it has ended"] : []),
        ],
      };
  }
}

// Pure: with whose rights root walks a path on behalf of another user. open_for_user.ts acts on it.
import type { FileStatus } from "../descriptors/stat.ts";

/** Whose rights open the rest of a path: once it is the user, it stays the user. */
export type Rights = "root" | "user";

/** What the rule looks at. */
export type PathFacts = Pick<FileStatus, "kind" | "mode" | "uid" | "special">;

/** What becomes of a component: `kernel` has the kernel itself follow a link of /proc, which has no text to be read. */
export type Verdict = Rights | "kernel" | "refuse";

/** Where a name stands, by who decides what it stands for. */
export type Place =
  /** Only root writes to this directory. */
  | "root's"
  /** Root's, everybody may add names, and nobody may take another's away: /tmp. */
  | "root's sticky"
  /** Sticky, on a path that is walked as the user already. */
  | "sticky"
  /** Others than root write to it, or the path is walked as the user already. */
  | "open"
  | "root's /proc"
  | "/proc";

/** What stands there. `own` is the user's, or that of the owner of the directory, as in protected_symlinks. */
export type Entry =
  | "root's directory"
  | "directory"
  | "root's link"
  | "own link"
  | "foreign link"
  | "own file"
  | "foreign file"
  | "terminal"
  | "missing";

const ROWS: Record<Place, Record<Entry, Verdict>> = {
  "root's": {
    "root's directory": "root",
    "directory": "root",
    "root's link": "root",
    "own link": "user",
    "foreign link": "user",
    "own file": "root",
    "foreign file": "root",
    "terminal": "root",
    "missing": "root",
  },
  // A directory of root cannot have been moved here by others; a file or a link can.
  "root's sticky": {
    "root's directory": "root",
    "directory": "user",
    "root's link": "user",
    "own link": "user",
    "foreign link": "refuse",
    "own file": "user",
    "foreign file": "refuse",
    "terminal": "refuse",
    "missing": "user",
  },
  "sticky": {
    "root's directory": "user",
    "directory": "user",
    "root's link": "user",
    "own link": "user",
    "foreign link": "refuse",
    "own file": "user",
    "foreign file": "refuse",
    "terminal": "refuse",
    "missing": "user",
  },
  "open": {
    "root's directory": "user",
    "directory": "user",
    "root's link": "user",
    "own link": "user",
    "foreign link": "user",
    "own file": "user",
    "foreign file": "user",
    "terminal": "refuse",
    "missing": "user",
  },
  "root's /proc": {
    "root's directory": "root",
    "directory": "root",
    "root's link": "kernel",
    "own link": "refuse",
    "foreign link": "refuse",
    "own file": "root",
    "foreign file": "root",
    "terminal": "root",
    "missing": "root",
  },
  // Much there means whoever asks: the user would get descriptors of imp.
  "/proc": {
    "root's directory": "refuse",
    "directory": "refuse",
    "root's link": "refuse",
    "own link": "refuse",
    "foreign link": "refuse",
    "own file": "refuse",
    "foreign file": "refuse",
    "terminal": "refuse",
    "missing": "refuse",
  },
};

const GROUP_AND_OTHERS_WRITE = 0o022;
const STICKY = 0o1000;
/** /dev/tty: the terminal of whoever opens it, here root's. */
const OWN_TERMINAL = "5:0";

/** The row of the table for a directory that is entered with `rights`. @param proc whether it lies in a procfs */
export function placeOf(directory: PathFacts, rights: Rights, proc: boolean): Place {
  // An access list that lets others write shows in the bits of the group.
  const shared = (directory.mode & GROUP_AND_OTHERS_WRITE) !== 0;
  const roots = rights === "root" && directory.uid === 0;
  if (proc) return roots ? "root's /proc" : "/proc";
  if (roots && !shared) return "root's";
  if (!shared || !(directory.mode & STICKY)) return "open";
  return roots ? "root's sticky" : "sticky";
}

/** Whose rights look a name up in such a place, before it is known what stands there. */
export function rightsIn(place: Place): Rights {
  return place.startsWith("root's") ? "root" : "user";
}

/** The column for what stands at a name. @param user the uid that is acted for */
export function entryOf(entry: PathFacts | undefined, directory: PathFacts, user: number): Entry {
  if (entry === undefined) return "missing";
  if (entry.kind === "directory") {
    const roots = entry.uid === 0 && !(entry.mode & GROUP_AND_OTHERS_WRITE);
    return roots ? "root's directory" : "directory";
  }
  if (entry.kind === "char" && entry.special === OWN_TERMINAL) return "terminal";
  const own = entry.uid === user || entry.uid === directory.uid;
  if (entry.kind !== "link") return own ? "own file" : "foreign file";
  if (entry.uid === 0 && directory.uid === 0) return "root's link";
  return own ? "own link" : "foreign link";
}

/** What the rule says. @param writing reading a stranger's file harms nobody, as in protected_regular */
export function judge(place: Place, entry: Entry, writing: boolean): Verdict {
  if (entry === "foreign file" && !writing && place.endsWith("sticky")) return "user";
  return ROWS[place][entry];
}

/** Why something is refused, in words. */
export function whyRefused(place: Place, entry: Entry): string {
  if (place.endsWith("/proc")) {
    return "others can steer this path, and in /proc it would lead to imp's own files";
  }
  if (entry === "terminal") {
    return "others can steer this path, and it is the terminal of imp's caller";
  }
  const thing = entry === "foreign link" ? "a symbolic link" : "a file";
  return `${thing} of another user in a world-writable directory`;
}

/**
 * The components of a path, or of a link's target. `.` is left out but for the end, where it stands for a slash: both ask for
 * a directory.
 */
export function namesIn(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return /(^|\/)\.?$/.test(path) ? [...names, "."] : names;
}

/** `..` and `.` are in every directory, and nobody can have made them something else. */
export function isName(component: string): boolean {
  return component !== "." && component !== "..";
}

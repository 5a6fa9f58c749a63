// Pure: whose rights apply when root walks a path on behalf of another user. open_for_user.ts acts on it.
import { GROUP_AND_OTHERS_WRITE, S_ISVTX } from "../abi_files.ts";
import type { FileStatus } from "../descriptors/stat.ts";

/** Whose rights open the rest of a path: once the user's, always the user's. */
export type Rights = "root" | "user";

/** What the rule considers. */
export type PathFacts = Pick<FileStatus, "kind" | "mode" | "uid" | "special">;

/** What to do with a component: `kernel` lets the kernel follow a link of /proc, whose text means nothing. */
export type Verdict = Rights | "kernel" | "refuse";

/** A directory by who can change what its names stand for. */
export type Place =
  /** Only root writes to this directory. */
  | "root's"
  /** Root's, everybody may add names, and nobody may remove another's: /tmp. */
  | "root's sticky"
  /** Sticky, on a path already walked as the user. */
  | "sticky"
  /** Others than root can write to it, or the path is already walked as the user. */
  | "open"
  | "root's /proc"
  | "/proc";

/** What a name stands for. `own` belongs to the user or to the directory's owner, as in protected_symlinks. */
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
  // Others cannot have moved a directory of root's here; a file or a link they can.
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
  // Much in there means whoever asks: the user would get descriptors of imp.
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

/** /dev/tty: the opener's terminal, here root's. */
const OWN_TERMINAL = "5:0";

/** The row of the table for a directory entered with `rights`. @param proc whether it is in a procfs */
export function placeOf(directory: PathFacts, rights: Rights, proc: boolean): Place {
  // An ACL that lets others write shows in the group bits.
  const shared = (directory.mode & GROUP_AND_OTHERS_WRITE) !== 0;
  const roots = rights === "root" && directory.uid === 0;
  if (proc) return roots ? "root's /proc" : "/proc";
  if (roots && !shared) return "root's";
  if (!shared || !(directory.mode & S_ISVTX)) return "open";
  return roots ? "root's sticky" : "sticky";
}

/** Whose rights look up a name in such a place, before it is known what it stands for. */
export function rightsIn(place: Place): Rights {
  return place.startsWith("root's") ? "root" : "user";
}

/** The column for what a name stands for. @param user the uid imp acts for */
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

/** The rule's verdict. @param writing reading a stranger's file harms nobody, as in protected_regular */
export function judge(place: Place, entry: Entry, writing: boolean): Verdict {
  if (entry === "foreign file" && !writing && place.endsWith("sticky")) return "user";
  return ROWS[place][entry];
}

/** Why it is refused, in words. */
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
 * The components of a path or a link's target. `.` is dropped except at the end, where it stands for a slash: both
 * require a directory.
 */
export function namesIn(path: string): string[] {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  return /(^|\/)\.?$/.test(path) ? [...names, "."] : names;
}

/** `..` and `.` are in every directory and cannot be replaced. */
export function isName(component: string): boolean {
  return component !== "." && component !== "..";
}

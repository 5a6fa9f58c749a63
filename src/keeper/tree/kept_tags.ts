import { readVariable } from "../../procfs/cmdline.ts";
import { ownPid } from "../../libc/processes/process.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { Kin, Look } from "../../termination/scope.ts";
import {
  directoryOfTag,
  GUARD_COMM,
  KEEPER_COMM,
  KEPT_TAG,
  waiterDirectoryOf,
} from "./kept_marks.ts";

/** What is known about a process. */
interface Known {
  readonly startTicks: number;
  readonly comm: string;
  /** The directory in its environment, or for a waiter in its command line. */
  readonly directory?: string;
  readonly waiter: boolean;
  readonly readings: number;
}

/** Which processes of a look belong to kept daemons, by directory. */
export interface TaggedProcesses {
  readonly members: ReadonlyMap<string, readonly ProcessIdentity[]>;
  /** PIDs of the waiters of other daemons started from within it. */
  readonly nested: ReadonlyMap<string, readonly number[]>;
  /** By PID, the directory of each process that belongs to a daemon, including waiters. */
  readonly directories: ReadonlyMap<number, string>;
}

/** Between fork(2) and execve(2) a process has its parent's environment, and may keep its name afterwards. */
const READINGS = 3;
/** For a process that is older than this command by so much, that was long ago. */
const YOUNG_TICKS = 200;

/** A snapshot takes time: parents may seem to form a cycle. */
const MOST_ANCESTORS = 64;

/** Finds the processes of kept daemons by their environments, each of which is read at most a few times. */
export class KeptTags {
  private readonly known = new Map<number, Known>();
  /** Processes that began before this are not young. */
  private young = 0;
  private last: { readonly look: Look; readonly tagged: TaggedProcesses } | undefined;

  in(look: Look): TaggedProcesses {
    if (this.last?.look !== look) this.last = { look, tagged: this.find(look) };
    return this.last.tagged;
  }

  private find(look: Look): TaggedProcesses {
    const members = new Map<string, ProcessIdentity[]>();
    const nested = new Map<string, number[]>();
    const directories = new Map<number, string>();
    const waiters: Kin[] = [];
    this.young ||= (look.get(ownPid())?.startTicks ?? 0) - YOUNG_TICKS;
    for (const kin of look.values()) {
      const { directory, waiter } = this.read(kin);
      if (directory === undefined) continue;
      directories.set(kin.pid, directory);
      if (waiter) waiters.push(kin);
      else add(members, directory, { pid: kin.pid, startTicks: kin.startTicks });
    }
    for (const kin of waiters) {
      for (const directory of this.around(kin, look)) add(nested, directory, kin.pid);
    }
    return { members, nested, directories };
  }

  /** The daemons from within which a waiter was started. */
  private around({ pid, ppid }: Kin, look: Look): Set<string> {
    const own = this.known.get(pid)?.directory;
    const found = new Set<string>();
    for (let at = look.get(ppid), i = 0; at && i < MOST_ANCESTORS; at = look.get(at.ppid), i++) {
      const directory = this.known.get(at.pid)?.directory;
      if (directory !== undefined && directory !== own) found.add(directory);
    }
    return found;
  }

  private read({ pid, startTicks, comm }: Kin): Known {
    const before = this.known.get(pid);
    const same = before?.startTicks === startTicks && before.comm === comm;
    const most = startTicks < this.young ? 1 : READINGS;
    if (same && (before.directory !== undefined || before.readings >= most)) return before;
    const waiter = comm === KEEPER_COMM || comm === GUARD_COMM;
    const tag = waiter ? undefined : readVariable(pid, KEPT_TAG);
    const directory = waiter ? waiterDirectoryOf(pid) : tag && directoryOfTag(tag);
    const readings = same ? before.readings + 1 : 1;
    const known = {
      startTicks,
      comm,
      directory,
      waiter: waiter && directory !== undefined,
      readings,
    };
    this.known.set(pid, known);
    return known;
  }
}

function add<T>(lists: Map<string, T[]>, name: string, value: T): void {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}

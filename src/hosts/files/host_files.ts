import { type Claim, Claims } from "./claims.ts";
import { type FilePayload, FileTraffic, SENDING } from "./file_traffic.ts";
import { removeLeftovers } from "./leftovers.ts";
import { MadeThings } from "./made.ts";
import { MadeJournal } from "./made_journal.ts";
import { decodeFileMessage, type FileMessage, type HostPlan } from "./messages.ts";
import type { OwnDirectories } from "./own_directories.ts";
import { pathIn, placeFromPath } from "./places.ts";
import { Receiver } from "./receiver.ts";
import { Sender, type SentEntry } from "./sender.ts";
import { walkTrees } from "./tree_source.ts";
import { pathOfWay, TreeTarget } from "./tree_target.ts";
import { type Trouble, troubleOf } from "./trouble.ts";
import { namesThere, openWorkDirectory } from "./work_directory.ts";
import type { Way } from "./walk.ts";

/** Gets the state of a job's files. */
export interface HostFilesOwner {
  /** All files are there: the job may run in that directory. */
  ready(job: number, directory: string): void;
  /** It cannot run: a file or its directory is missing. */
  failed(job: number, trouble: Trouble): void;
  /**
   * Its results have arrived, or failed to; nothing of them is left here. Only for jobs that {@link HostFiles.ended}
   * holds back.
   */
  settled(job: number): void;
}

interface HostJob {
  readonly plan: HostPlan;
  state: "waits" | "comes" | "runs" | "returns";
  /** Absolute. */
  directory: string;
  /** What came before its paths were free. */
  readonly held: FileMessage[];
  readonly returned: SentEntry[];
  hasArrived: boolean;
}

/** The worker's end of a connection: the files that jobs need before they run, and those they return. */
export class HostFiles {
  private readonly traffic = new FileTraffic();
  private readonly jobs = new Map<number, HostJob>();
  private readonly claims = new Claims();
  /** Files for all jobs, which wait for them: still coming, there, or failed. */
  private base: "comes" | "there" | Trouble = "there";
  private readonly behind: number[] = [];
  private readonly journal: MadeJournal;
  private readonly made: MadeThings;

  /**
   * @param start what relative work directories are relative to, absolute
   * @param owner must not throw
   */
  constructor(
    private readonly start: string,
    private readonly own: OwnDirectories,
    private readonly owner: HostFilesOwner,
  ) {
    this.made = new MadeThings({
      made: (thing) => this.journal.made(thing),
      gone: (path) => this.journal.gone(path),
    });
    this.journal = new MadeJournal(() => own.open(), this.made);
  }

  /** Jobs with file transfers in progress. */
  get busy(): number {
    let busy = 0;
    for (const { state, plan } of this.jobs.values()) if (state !== "runs" && !plan.stays) busy++;
    return busy;
  }

  /** Whether a job has files that it must wait for. */
  has(job: number): boolean {
    return this.jobs.has(job);
  }

  next(): FilePayload | undefined {
    return this.traffic.next();
  }

  /** @throws ProtocolError for an invalid message */
  take(job: number, payload: Uint8Array): void {
    const message = decodeFileMessage(payload);
    if (message.is === "plan") return this.begin(job, message.plan);
    const one = this.jobs.get(job);
    if (!one) return;
    if (one.state === "waits") one.held.push(withOwnBytes(message));
    else this.heard(job, one, message);
  }

  /**
   * The job's process has ended.
   * @param returns whether its results are wanted: not those of a cancelled one
   * @returns false if its files hold it back: the owner is told once they are settled
   */
  ended(job: number, returns: boolean): boolean {
    const one = this.jobs.get(job);
    if (!one) return true;
    const { returned } = one.plan;
    if (!returns || returned.length === 0) {
      this.finish(job, one);
      return true;
    }
    one.state = "returns";
    const ways = returned.map((place) => this.wayOf(one, place));
    const rules = { ...SENDING, stopsAtTrouble: false };
    const keep = (entry: SentEntry) => one.plan.cleanup && one.returned.push(entry);
    this.traffic.close(job);
    this.traffic.senders.set(job, new Sender(walkTrees(ways), rules, keep));
    return false;
  }

  /** The job was withdrawn. */
  cancel(job: number): void {
    const one = this.jobs.get(job);
    if (one) this.finish(job, one);
  }

  /** The client is gone: only what is meant to stay is left. */
  close(): void {
    this.traffic.closeAll();
    removeLeftovers(this.made.leaveAll());
    this.jobs.clear();
    this.journal.close();
    this.own.close();
  }

  private begin(job: number, plan: HostPlan): void {
    const one: HostJob = {
      plan,
      state: "waits",
      directory: "",
      held: [],
      returned: [],
      hasArrived: false,
    };
    this.jobs.set(job, one);
    if (plan.stays) this.base = "comes";
    try {
      one.directory = plan.own ? this.own.make(job) : this.workDirectory(job, plan);
    } catch (error) {
      return this.fail(job, one, troubleOf(error));
    }
    if (plan.stays || this.claims.enter(job, this.claimsOf(one))) this.proceed(job, one);
  }

  /** It has its paths. */
  private proceed(job: number, one: HostJob): void {
    const { plan } = one;
    if (plan.cleanup) this.noteReturned(job, one);
    one.state = "comes";
    const ways = plan.sent.map(({ place }) => this.wayOf(one, place));
    if (ways.length === 0) return this.isReady(job, one);
    const { made } = this;
    const book = {
      made: (path: string, kind: SentEntry["facts"]["kind"]) => made.made(job, path, kind),
      had: (path: string) => made.had(job, path),
    };
    const target = new TreeTarget(ways, plan.cleanup ? book : undefined);
    this.traffic.receivers.set(job, new Receiver(target, ways.length));
    for (const message of one.held.splice(0)) this.heard(job, one, message);
  }

  private heard(job: number, one: HostJob, message: FileMessage): void {
    this.traffic.take(job, message);
    const receiver = this.traffic.receivers.get(job);
    if (one.state === "comes" && receiver?.over) {
      if (receiver.trouble) this.fail(job, one, receiver.trouble);
      else this.isReady(job, one);
      return;
    }
    const sender = this.traffic.senders.get(job);
    if (one.state !== "returns" || !sender?.over) return;
    one.hasArrived = sender.trouble === undefined;
    this.finish(job, one);
    this.owner.settled(job);
  }

  private isReady(job: number, one: HostJob): void {
    if (one.plan.stays) {
      one.state = "runs";
      this.baseIs("there");
    } else if (this.base === "there") {
      one.state = "runs";
      this.owner.ready(job, one.directory);
    } else if (this.base === "comes") this.behind.push(job);
    else this.fail(job, one, this.base);
  }

  private fail(job: number, one: HostJob, trouble: Trouble): void {
    this.finish(job, one);
    if (one.plan.stays) this.baseIs(trouble);
    else this.owner.failed(job, trouble);
  }

  private baseIs(base: "there" | Trouble): void {
    this.base = base;
    for (const job of this.behind.splice(0)) {
      const one = this.jobs.get(job);
      if (one) this.isReady(job, one);
    }
  }

  /** Removes a job's temporary files and releases its paths. */
  private finish(job: number, one: HostJob): void {
    this.traffic.close(job);
    this.jobs.delete(job);
    if (one.plan.cleanup) this.cleanUp(job, one);
    if (one.plan.own) this.own.remove(job);
    for (const next of this.claims.leave(job)) {
      const waiting = this.jobs.get(next);
      if (waiting) this.proceed(next, waiting);
    }
  }

  private cleanUp(job: number, one: HostJob): void {
    const { made } = this;
    for (const { root, path, facts, answer } of one.returned) {
      const name = pathOfWay(this.wayOf(one, one.plan.returned[root]));
      const whole = path === "" ? name : `${name}/${path}`;
      // A result that has not arrived is the only copy; a file that existed before is the original.
      if (answer === "want" && one.hasArrived) made.made(job, whole, facts.kind);
      else made.keep(whole);
    }
    const leftovers = made.leave(job);
    removeLeftovers(leftovers);
    made.removed(leftovers);
  }

  /** Records what the job will have created of its results, and directories on the way there. */
  private noteReturned(job: number, one: HostJob): void {
    for (const place of one.plan.returned) {
      const way = this.wayOf(one, place);
      const there = namesThere(way);
      way.names.forEach((_, i) => {
        const path = pathOfWay({ ...way, names: way.names.slice(0, i + 1) });
        const kind = i === way.names.length - 1 ? "file" : "directory";
        if (i < there) this.made.had(job, path);
        else this.made.made(job, path, kind);
      });
    }
  }

  private workDirectory(job: number, plan: HostPlan): string {
    const { made, start } = this;
    const note = (path: string) => plan.cleanup && made.made(job, path, "directory");
    const had = (path: string) => made.had(job, path);
    return openWorkDirectory(start, plan.workdir, note, had);
  }

  private claimsOf(one: HostJob): Claim[] {
    const { directory, plan: { sent, returned } } = one;
    return [
      ...sent.map(({ place, source }) => ({
        path: pathIn(directory, placeFromPath(place)),
        source,
      })),
      ...returned.map((place) => ({ path: pathIn(directory, placeFromPath(place)) })),
    ];
  }

  private wayOf({ directory }: HostJob, path: string): Way {
    const { from, names } = placeFromPath(path);
    return { from: from === "root" ? "/" : directory, names, label: path };
  }
}

/** A message kept for later: the bytes of data are only a view. */
function withOwnBytes(message: FileMessage): FileMessage {
  return message.is === "data" ? { ...message, bytes: message.bytes.slice() } : message;
}

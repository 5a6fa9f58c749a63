import {
  ENOENT,
  IN_CREATE,
  IN_DELETE,
  IN_DELETE_SELF,
  IN_IGNORED,
  IN_MOVE_SELF,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONLYDIR,
  POLLIN,
} from "../../libc/abi.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { Inotify } from "../../libc/descriptors/inotify.ts";
import { PollSet } from "../../libc/descriptors/poll.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { releaseProgramText } from "../../libc/processes/program_text.ts";
import { runtime } from "../../runtime/mod.ts";
import type { WatchDuty } from "./watch_duty.ts";
import type { DaemonSource } from "./watched_daemon.ts";
import { TerminalServer } from "../terminal/terminal_server.ts";
import { lockWatch, openAliveReader } from "./watch_lock.ts";
import { Succession } from "../rotate/succession.ts";
import { WatchedLogs } from "./watched_logs.ts";

const DIRECTORY_EVENTS = IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_MOVED_FROM |
  IN_MOVED_TO | IN_ONLYDIR;
/** Changes of hundreds of daemons at a time are handled together. */
const LOOK_PAUSE_MS = 50;
/** Memory that only its start needed is released then. */
const START_MS = 2000;
/** The interval of garbage collections while it works: it should stay small. */
const SLIM_MS = 5000;
/** No file shows when a program ends that nobody keeps any more. */
const LOOK_AT_LEAST_MS = 600_000;
/** If the kernel does not report changes of a directory, for lack of inotify instances or watches. */
const BLIND_LOOK_MS = 1000;
/** Another version is being installed in place of this one. */
const SETTLING_MS = 500;

/**
 * Reads the pipes of this user's daemons and watches the sizes of their logs, until none of them needs it. There is one
 * such process per user.
 * @param duty what else to do meanwhile
 * @returns false if there already is one
 */
export function watchLogs(source: DaemonSource, duty: WatchDuty): boolean {
  for (;;) {
    const lock = lockWatch(source.home);
    if (lock === undefined) return false;
    const alive = openAliveReader(source.home);
    const isOver = new Watch(source, duty).run();
    closeFile(lock);
    closeFile(alive);
    // Keepers start the other one when they see the end of this process.
    if (!isOver) return true;
    // Whoever started a daemon a moment ago may have found the lock taken.
    if (!source.daemons().some(({ runs }) => runs) && !duty.update()) return true;
  }
}

class Watch {
  private readonly inotify = new Inotify(FLOOR.job);
  private readonly logs = new WatchedLogs(this.inotify);
  private readonly terminals: TerminalServer;
  private poll = new PollSet(8);
  private slots = 8;
  private lookDue = 0;
  private readonly succession = new Succession();
  private slimDue = Date.now() + START_MS;
  private readonly directories = new Map<string, number>();
  /** Where something has changed since the last look; undefined: anywhere. */
  private changed: Set<string> | undefined;

  constructor(private readonly source: DaemonSource, private readonly duty: WatchDuty) {
    this.terminals = new TerminalServer(source.home);
  }

  /** @returns false if another version of imp should take over */
  run(): boolean {
    let isOver = false;
    for (;;) {
      const now = Date.now();
      if (now >= this.lookDue) {
        const succession = this.succession.look(now);
        if (succession === "leave") break;
        isOver = !this.lookAround(now);
        if (succession === "settling") this.lookDue = now + SETTLING_MS;
        if (isOver) break;
      }
      this.logs.work(now);
      this.duty.work();
      if (!this.terminals.work(now)) this.logs.lookWanted = true;
      if (now >= this.slimDue) {
        this.slimDue = this.logs.isBusy() ? now + SLIM_MS : Infinity;
        runtime.collectGarbage();
        releaseProgramText();
      }
      if (this.logs.lookWanted) {
        this.changed = undefined;
        this.lookDue = Math.min(this.lookDue, now + LOOK_PAUSE_MS);
      }
      const others = Math.min(this.duty.nextDue, this.terminals.nextDue);
      this.wait(Math.min(this.logs.nextDue, others, this.lookDue, this.slimDue) - Date.now());
    }
    this.terminals.close();
    this.logs.close();
    this.duty.close();
    this.inotify.close();
    return isOver;
  }

  /** @returns false if nothing needs this process any more */
  private lookAround(now: number): boolean {
    this.lookDue = now + LOOK_AT_LEAST_MS;
    this.logs.lookWanted = false;
    const wanted = new Set(this.source.directories());
    for (const path of wanted) {
      if (this.directories.has(path)) continue;
      const watch = this.inotify.add(path, DIRECTORY_EVENTS);
      if (watch >= 0) this.directories.set(path, watch);
      else if (watch !== -ENOENT) this.lookDue = now + BLIND_LOOK_MS;
    }
    for (const [path, watch] of this.directories) {
      if (wanted.has(path)) continue;
      this.inotify.remove(watch);
      this.directories.delete(path);
    }
    const isNeeded = this.duty.update();
    // Hundreds may start in the same second: each is examined, but not all of them each time.
    const daemons = this.source.daemons(this.changed?.size ? this.changed : undefined);
    this.changed = new Set();
    // A closed terminal is one writer less of a log's pipe.
    const serves = this.terminals.update(daemons, now);
    return this.logs.update(daemons) || isNeeded || serves;
  }

  private wait(ms: number): void {
    const pipes = this.logs.pipesToWaitFor();
    const others = this.terminals.waitedFor();
    const waited = [
      ...[this.inotify.fd, ...pipes.map(({ fd }) => fd)].map((fd) => ({ fd, events: POLLIN })),
      ...others,
      ...this.duty.fds.map((fd) => ({ fd, events: POLLIN })),
    ];
    if (waited.length > this.slots) {
      this.slots = 2 * waited.length;
      this.poll = new PollSet(this.slots);
    }
    for (let slot = 0; slot < this.slots; slot++) {
      this.poll.watch(slot, waited[slot]?.fd ?? -1, waited[slot]?.events ?? 0);
    }
    this.poll.wait(Math.max(0, Math.ceil(Math.min(ms, LOOK_AT_LEAST_MS))));
    const now = Date.now();
    if (this.slimDue === Infinity && this.logs.isBusy()) this.slimDue = now + SLIM_MS;
    pipes.forEach((pipe, i) => {
      if (this.poll.ready(i + 1)) this.logs.ready(pipe);
    });
    others.forEach((other, i) => {
      if (this.poll.ready(1 + pipes.length + i)) other.ready();
    });
    if (!this.poll.ready(0)) return;
    const directories = new Map([...this.directories].map(([path, watch]) => [watch, path]));
    for (const { watch, mask, name } of this.inotify.read()) {
      // Its own files say nothing new.
      if (/^\.?(?:log|health)\./.test(name)) continue;
      const path = directories.get(watch);
      if (watch >= 0 && path === undefined) this.logs.touched(watch);
      else {
        if (path === undefined) this.changed = undefined;
        else this.changed?.add(path);
        // Another one of that name is another watch.
        if (mask & IN_IGNORED && path !== undefined) this.directories.delete(path);
        this.lookDue = Math.min(this.lookDue, now + LOOK_PAUSE_MS);
      }
    }
  }
}

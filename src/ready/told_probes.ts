import { FLOOR } from "../libc/descriptors/reserved.ts";
import { debug } from "../base/diagnostics.ts";
import { closeFile, moveUp, readSome } from "../libc/descriptors/files.ts";
import {
  type Notification,
  openNotifySocket,
  receiveNotification,
} from "../libc/descriptors/notify_socket.ts";
import { libc } from "../libc/calling/load.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readStat } from "../procfs/stat.ts";
import type { Probe, Readiness } from "./probe.ts";
import { POLLIN } from "../libc/abi.ts";
import { openPipe } from "../libc/descriptors/pipe.ts";
import { PollSet } from "../libc/descriptors/poll.ts";

const DEEPEST = 64;
const NEWLINE = 10;

/**
 * The program reports by sd_notify(3). Anybody on the machine can see the socket's name, so a message from another user
 * counts only if it comes from a descendant of the program.
 */
export class NotifyProbe implements Probe {
  readonly fd: number;
  readonly environment: readonly string[];
  private pid = 0;
  private ready = false;

  constructor() {
    const name = `imp/notify/${crypto.randomUUID()}`;
    this.fd = moveUp(openNotifySocket(name), FLOOR.job);
    this.environment = [`NOTIFY_SOCKET=@${name}`];
  }

  started(pid: number): void {
    this.pid = pid;
  }

  look(): Readiness {
    for (let one = receiveNotification(this.fd); one; one = receiveNotification(this.fd)) {
      if (!this.isOurs(one)) {
        debug("ready", "a notification by a stranger does not count", { pid: one.pid });
        continue;
      }
      if (parseNotification(one.text).get("READY") === "1") this.ready = true;
    }
    return this.ready ? "ready" : { until: Infinity };
  }

  close(): void {
    closeFile(this.fd);
  }

  /** systemd-notify may have ended by now, and can no longer be looked up. */
  private isOurs({ pid, uid }: Notification): boolean {
    if (uid === 0 || uid === libc("geteuid").geteuid()) return true;
    const own = ownPid();
    let at = pid;
    for (let i = 0; i < DEEPEST && at > 1; i++) {
      if (at === this.pid || at === own) return true;
      at = readStat(at)?.ppid ?? 0;
    }
    return false;
  }
}

/** The assignments in a message to $NOTIFY_SOCKET: lines `NAME=VALUE`, sd_notify(3). Other lines are ignored. */
export function parseNotification(text: string): Map<string, string> {
  const assignments = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0) assignments.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return assignments;
}

/** The program writes a line to a descriptor that it was given, as with s6. */
export class DescriptorProbe implements Probe {
  readonly fd: number;
  readonly descriptors: readonly (readonly [number, number])[];
  private readonly poll = new PollSet(1);
  private ready = false;
  private ended = false;

  constructor(private readonly target: number, lowest: number) {
    const [readEnd, writeEnd] = openPipe(lowest);
    this.fd = readEnd;
    this.descriptors = [[writeEnd, target]];
    this.poll.watch(0, readEnd, POLLIN);
  }

  started(): void {}

  look(): Readiness {
    while (!this.ready && !this.ended && this.poll.wait(0) > 0) {
      const bytes = readSome(this.fd);
      if (typeof bytes === "number" || bytes.length === 0) this.ended = true;
      else if (bytes.includes(NEWLINE)) this.ready = true;
    }
    if (this.ready) return "ready";
    if (!this.ended) return { until: Infinity };
    return { failed: `it closed descriptor ${this.target} without having written a line` };
  }

  close(): void {
    closeFile(this.fd);
  }
}

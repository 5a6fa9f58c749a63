import { FLOOR } from "../libc/descriptors/reserved.ts";
import { debug } from "../base/diagnostics.ts";
import { closeFile, moveUp } from "../libc/descriptors/files.ts";
import {
  type Notification,
  openNotifySocket,
  receiveNotification,
} from "../libc/descriptors/notify_socket.ts";
import { libc } from "../libc/calling/load.ts";
import { ownPid } from "../libc/processes/process.ts";
import { readStat } from "../procfs/stat.ts";
import { parseNotification } from "./notify_message.ts";
import type { Probe, Readiness } from "./probe.ts";

const DEEPEST = 64;

/**
 * The program tells by sd_notify(3). Anybody on the machine can see the socket's name, so what another user sends counts
 * only when it comes from a descendant of the program.
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

  /** systemd-notify may have ended by now, and cannot be looked up any more. */
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

import { formatDuration } from "../base/duration.ts";
import {
  closeFile,
  moveUp,
  O_APPEND,
  O_CREAT,
  O_WRONLY,
  openFile,
  writeAll,
} from "../libc/files.ts";
import type { Bytes } from "../libc/spawn.ts";
import type { Ending } from "../libc/wait.ts";
import { runtime } from "../runtime/mod.ts";
import type { Tell } from "./events.ts";
import { Helper } from "./helper.ts";
import type { WithSettings } from "./settings.ts";
import type { Watch } from "./watch.ts";

const LOWEST_DESCRIPTOR = 20;

/** What has become of the start of the helpers. */
export type Progress =
  | "ready"
  /** A helper cannot become ready. */
  | { readonly failed: Helper; readonly why: string; readonly late?: boolean }
  | { readonly until: number };

/** The file for their output, if there is to be one. @throws ImpError */
export function openLog({ output }: WithSettings): number | undefined {
  if (typeof output !== "object") return undefined;
  const fd = openFile(output.file, O_WRONLY | O_CREAT | O_APPEND, 0o644);
  return moveUp(fd, LOWEST_DESCRIPTOR);
}

/** The helpers of a run. */
export class Crew {
  readonly helpers: readonly Helper[];
  private readonly deadlines = new Map<Helper, number>();

  constructor(
    private readonly settings: WithSettings,
    private readonly environment: readonly Bytes[],
    private readonly watch: Watch,
    private readonly log: number | undefined,
    private readonly tell: Tell,
  ) {
    this.helpers = settings.helpers.map((one) => new Helper(one));
  }

  /**
   * Starts what is to be started now, and looks at what was.
   * @throws ImpError when a helper cannot be started
   */
  advance(): Progress {
    let until = Infinity;
    for (const helper of this.helpers) {
      if (helper.pid === 0) this.start(helper);
      const progress = helper.ready ? "ready" : this.look(helper);
      if (progress === "ready") continue;
      if ("failed" in progress) return progress;
      until = Math.min(until, progress.until);
      if (this.settings.inOrder) return { until };
    }
    return this.helpers.every(({ ready }) => ready) ? "ready" : { until };
  }

  /** The ended child, when it is a helper. */
  childEnded(pid: number, ending: Ending): Helper | undefined {
    for (const one of this.helpers) if (!one.ready && one.pid > 0) one.childEnded(pid, ending);
    const helper = this.helpers.find((one) => one.pid === pid && !one.ended);
    if (!helper) return undefined;
    helper.ended = true;
    this.hear(helper);
    this.forgetListener(helper);
    return helper;
  }

  /** Plain children that have not ended. */
  get plains(): number {
    return this.helpers.filter((one) => !one.isDaemon && one.pid > 0 && !one.ended).length;
  }

  /** Reads no more from helpers as long as their lines cannot be written. */
  hold(congested: boolean): void {
    for (const helper of this.helpers) {
      if (helper.output < 0) continue;
      if (congested) this.watch.remove(helper.output);
      else this.watch.add(helper.output, () => this.hear(helper));
    }
  }

  /** What is left in their pipes when no process is left. */
  drain(): void {
    for (const helper of this.helpers) {
      this.hear(helper);
      if (helper.output >= 0) this.watch.remove(helper.output);
      helper.closeOutput();
      helper.closeProbes();
    }
    if (this.log !== undefined) closeFile(this.log);
  }

  private start(helper: Helper): void {
    helper.start(this.environment, this.settings.noChildren);
    this.deadlines.set(helper, helper.startedAt + this.settings.readyTimeoutMs);
    const { name, pid, output, listener, settings: { kind } } = helper;
    this.tell({ event: "started", helper: name, pid, kind });
    this.watch.add(output, () => this.hear(helper));
    if (listener) this.watch.add(listener.fd, () => this.refuse(helper));
    // Only wakes the loop: every turn looks at all of them.
    for (const fd of helper.readyFds) this.watch.add(fd, () => {});
  }

  private look(helper: Helper): Progress {
    const now = runtime.now();
    const fds = helper.readyFds;
    const seen = helper.look(now);
    for (const fd of fds) if (!helper.readyFds.includes(fd)) this.watch.remove(fd);
    if (seen === "ready") {
      const ms = Math.round(now - helper.startedAt);
      this.tell({ event: "ready", helper: helper.name, pid: helper.pid, ms });
      return "ready";
    }
    if ("failed" in seen) return { failed: helper, why: seen.failed };
    const deadline = this.deadlines.get(helper)!;
    if (now < deadline) return { until: Math.min(deadline, seen.until) };
    const time = formatDuration(this.settings.readyTimeoutMs);
    const why = `not ready within ${time}: waited until ${helper.awaited}`;
    return { failed: helper, why, late: true };
  }

  private hear(helper: Helper): void {
    const { output, name } = helper;
    if (output < 0) return;
    const lines = helper.read();
    // Closed by the kernel's own bookkeeping: a closed descriptor leaves epoll by itself.
    if (helper.output < 0) this.watch.remove(output);
    for (const line of lines) {
      if (this.log !== undefined) writeAll(this.log, `${name} | ${line}\n`, "the log");
      else if (this.settings.output !== "nowhere") {
        this.tell({ event: "output", helper: name, line });
      }
    }
  }

  private refuse(helper: Helper): void {
    const { listener, name, pid } = helper;
    if (!listener) return;
    const state = listener.look();
    if (state === "attempt") {
      const by = listener.refuse();
      if (by !== undefined) this.tell({ event: "refused", helper: name, pid, by });
    } else if (state === "gone") this.forgetListener(helper);
  }

  private forgetListener(helper: Helper): void {
    if (!helper.listener) return;
    this.watch.remove(helper.listener.fd);
    helper.closeListener();
  }
}

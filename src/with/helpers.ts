import { systemError } from "../libc/calling/errno.ts";
import { EXIT } from "../base/exit_codes.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { O_APPEND, O_CREAT, O_NOCTTY, O_NONBLOCK, O_WRONLY } from "../libc/abi.ts";
import { formatDuration } from "../base/duration.ts";
import { closeFile, moveUp, tryOpen, writeAll } from "../libc/descriptors/files.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import type { Ending } from "../libc/processes/wait.ts";
import { runtime } from "../runtime/mod.ts";
import type { RunPoll, Tell } from "./events.ts";
import type { Readiness } from "../ready/probe.ts";
import { Helper } from "./helper.ts";
import type { WithSettings } from "./state.ts";

const NEWLINE = 10;
const encoder = new TextEncoder();

/** The progress of starting the helpers. */
export type StartProgress =
  | "ready"
  /** A helper cannot become ready. */
  | { readonly failed: Helper; readonly why: string; readonly late?: boolean }
  | { readonly until: number };

/** The file for their output, if any. @throws ImpError */
export function openLog({ output }: WithSettings): number | undefined {
  if (typeof output !== "object") return undefined;
  // A FIFO without a reader would block imp forever, deaf to signals: so it is an error.
  const flags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK;
  const fd = tryOpen(output.file, flags, 0o644);
  // A failure of imp's own, since 1 would say that a helper has failed.
  if (fd < 0) throw systemError(-fd, "open", output.file, { exit: EXIT.failed });
  return moveUp(fd, FLOOR.job);
}

/** The helpers of a run. */
export class Helpers {
  readonly helpers: readonly Helper[];
  private readonly deadlines = new Map<Helper, number>();

  constructor(
    private readonly settings: WithSettings,
    private readonly environment: readonly Bytes[],
    private readonly watch: RunPoll,
    private readonly log: number | undefined,
    private readonly tell: Tell,
  ) {
    this.helpers = settings.helpers.map((one) => new Helper(one));
  }

  /**
   * Starts what is due, and checks what was started.
   * @throws ImpError if a helper cannot be started
   */
  advance(): StartProgress {
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

  /**
   * The ended child, if it is a helper.
   * @param awaited whether the helpers' readiness is still waited for
   */
  childEnded(pid: number, ending: Ending, awaited: boolean): Helper | undefined {
    for (const one of this.helpers) if (!one.ready && one.pid > 0) one.childEnded(pid, ending);
    const helper = this.helpers.find((one) => one.pid === pid && !one.ended);
    if (!helper) return undefined;
    helper.ended = true;
    this.hear(helper, "all");
    // Its last words may have said that it is ready.
    if (awaited && !helper.ready) this.isReady(helper, runtime.now());
    this.forgetListener(helper);
    return helper;
  }

  /** Plain children that have not ended. */
  get plains(): number {
    return this.helpers.filter((one) => !one.isDaemon && one.pid > 0 && !one.ended).length;
  }

  /** Stops reading from helpers while their lines cannot be written. */
  pause(congested: boolean): void {
    for (const helper of this.helpers) {
      if (helper.output < 0) continue;
      if (congested) this.watch.remove(helper.output);
      else this.watch.add(helper.output, () => this.hear(helper));
    }
  }

  /** What is left in their pipes when no process is left. */
  drain(): void {
    for (const helper of this.helpers) {
      this.hear(helper, "all");
      this.pass(helper, helper.rest());
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

  private look(helper: Helper): StartProgress {
    const now = runtime.now();
    const deadline = this.deadlines.get(helper)!;
    // imp itself may be late, having been stopped: what was reported in time counts.
    if (now >= deadline) this.hear(helper, "all");
    const seen = this.isReady(helper, now);
    if (seen === "ready") return "ready";
    if ("failed" in seen) return { failed: helper, why: seen.failed };
    if (now < deadline) return { until: Math.min(deadline, seen.until) };
    const time = formatDuration(this.settings.readyTimeoutMs);
    const why = `not ready within ${time}: waited until ${helper.awaited}`;
    return { failed: helper, why, late: true };
  }

  private isReady(helper: Helper, now: number): Readiness {
    const fds = helper.readyFds;
    const seen = helper.look(now);
    // A reused descriptor number must not be taken for one that is already watched.
    for (const fd of fds) if (!helper.readyFds.includes(fd)) this.watch.remove(fd);
    if (seen !== "ready") return seen;
    const { name, pid, startedAt } = helper;
    this.tell({ event: "ready", helper: name, pid, ms: Math.round(now - startedAt) });
    return seen;
  }

  private hear(helper: Helper, how: "some" | "all" = "some"): void {
    const { output } = helper;
    if (output < 0) return;
    const lines = helper.read(how);
    // The kernel removes a closed descriptor from epoll by itself.
    if (helper.output < 0) this.watch.remove(output);
    this.pass(helper, lines);
  }

  private pass({ name }: Helper, lines: readonly Uint8Array[]): void {
    for (const line of lines) {
      // In one piece each: others may append to the same file.
      if (this.log !== undefined) writeAll(this.log, asLogged(name, line), "the log");
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

function asLogged(name: string, line: Uint8Array): Uint8Array {
  const prefix = encoder.encode(`${name} | `);
  const all = new Uint8Array(prefix.length + line.length + 1);
  all.set(prefix);
  all.set(line, prefix.length);
  all[all.length - 1] = NEWLINE;
  return all;
}

import type { ImpError } from "../base/errors.ts";
import { type ChildWakeup, watchChildren } from "../libc/child_wakeup.ts";
import { closeFile } from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { ownPid } from "../libc/process.ts";
import { Reaper } from "../libc/reaper.ts";
import { becomeSubreaper } from "../libc/subreaper.ts";
import { ChildrenCount } from "../group/children_count.ts";
import { Guard } from "../group/guard.ts";
import type { Scope } from "../group/scope.ts";
import type { Captures } from "./capture.ts";
import type { LiveOutput } from "./live_output.ts";
import { type Running, Slots } from "./running.ts";
import type { PoolSettings } from "./settings.ts";
import { Starter } from "./starter.ts";
import type { Again } from "./retries.ts";

/** What became of a start. */
export type Hired =
  | { readonly running: Running }
  | { readonly later: ImpError }
  | { readonly failed: string; readonly error: ImpError };

/** What a job and the children it waited for have used: milliseconds, bytes. Valid until the next one is reaped. */
export type Usage = Pick<Reaper, "userTime" | "systemTime" | "maxResident">;

/** A job whose process has been reaped. */
export interface Gone {
  readonly running: Running;
  readonly status: number;
  readonly endedAt: number;
  readonly usage: Usage;
}

/** The processes of a pool: starts them, knows which run, and reaps whatever ends below imp. */
export class Crew {
  readonly running = new Map<number, Running>();
  readonly wakeup: ChildWakeup = watchChildren();
  private readonly slots = new Slots();
  private readonly guard = new Guard({ command: "pool", tag: "IMP_POOL_ID" });
  private readonly starter: Starter;
  private readonly reaper = new Reaper();
  private readonly count = new ChildrenCount();

  constructor(
    private readonly settings: PoolSettings,
    private readonly captures: Captures,
    private readonly live: LiveOutput | undefined,
  ) {
    becomeSubreaper();
    this.guard.start();
    const ownStdin = settings.keepStdin === true && libc("isatty").isatty(0) !== 1;
    this.starter = new Starter(settings.file, this.guard.tagged(), ownStdin, settings.childless);
  }

  /**
   * @param started now, on the clock of runtime.now()
   * @throws ImpError when no job can be started at all
   */
  start({ job, attempt, order }: Again, started: number): Hired {
    const { settings } = this;
    const slot = this.slots.take();
    const argv = settings.argv(job, slot);
    const capture = settings.output === "group" ? this.captures.take() : undefined;
    const pipes = this.live?.open(settings.tag?.(job, slot));
    const stdin = settings.stdin?.(job);
    const input = job.input?.open();
    const startedAt = Date.now();
    const outcome = this.starter.start(argv, {
      stdin,
      input,
      out: capture?.out.fd ?? pipes?.jobEnds[0],
      err: capture?.err.fd ?? pipes?.jobEnds[1],
    });
    pipes?.jobEnds.forEach(closeFile);
    if (input !== undefined) closeFile(input);
    if (!("pid" in outcome)) {
      this.slots.release(slot);
      // Nothing was started, so nothing was written.
      if (capture) this.captures.giveBack(capture);
      if (pipes) this.live?.close(pipes);
      return outcome;
    }
    const { pid } = outcome;
    this.guard.note(slot - 1, pid);
    this.wakeup.started(pid);
    const sent = stdin?.length ?? job.input?.size ?? 0;
    const running = { job, attempt, order, sent, slot, pid, startedAt, started, capture, pipes };
    this.running.set(pid, running);
    return { running };
  }

  /** Reaps everybody who has ended. */
  reap(ended: (gone: Gone) => void): void {
    this.wakeup.clear();
    for (let pid = this.reaper.next(); pid > 0; pid = this.reaper.next()) {
      if (pid === this.guard.pid) this.guard.replace();
      const running = this.running.get(pid);
      // Else it is an orphan that a job left behind.
      if (!running) continue;
      const { status } = this.reaper;
      this.running.delete(pid);
      this.wakeup.reaped(pid);
      this.settings.childless?.reaped(pid);
      this.slots.release(running.slot);
      // Its PID may be somebody else's soon.
      this.guard.note(running.slot - 1, 0);
      running.capture?.out.close();
      running.capture?.err.close();
      if (running.pipes) this.live?.close(running.pipes);
      ended({ running, status, endedAt: Date.now(), usage: this.reaper });
    }
  }

  /** Whether there may be processes that jobs which have ended left behind. */
  hasLeftovers(): boolean {
    return this.count.now() !== this.running.size + (this.guard.pid > 0 ? 1 : 0);
  }

  /** The numbers of the jobs that run. */
  jobs(): number[] {
    return [...this.running.values()].map(({ job }) => job.seq);
  }

  /** Every process below imp but the guard. */
  everybody(): Scope {
    return {
      below: [ownPid()],
      groups: [...this.running.keys()],
      except: [this.guard.pid],
    };
  }

  dismissGuard(): void {
    this.guard.dismiss();
  }
}

import { ImpError } from "../../base/errors.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { isBlock, type WordBlock } from "../../libc/processes/spawner.ts";
import { bytesOf } from "../bytes.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import { libc } from "../../libc/calling/load.ts";
import { runtime } from "../../runtime/mod.ts";
import type { Reaper } from "../../libc/processes/child_wakeup.ts";
import type { Capture, Captures } from "./capture.ts";
import type { LiveOutput, LivePipes } from "../output/live_output.ts";
import { Processes } from "./processes.ts";
import type { Running } from "./tree_endings.ts";
import type { PoolSettings } from "../settings.ts";
import type { Attempt } from "../rules/retry.ts";
import { isPassing, type ProcessStarter, Starter, withHint } from "./starter.ts";
import type { Job } from "../types.ts";

/** The outcome of a start. */
export type JobStart<J extends Job = Job> =
  | { readonly running: Running<J> }
  | { readonly later: ImpError }
  | { readonly failed: string; readonly error: ImpError };

/** Resources used by a job and the children it waited for: milliseconds, bytes. Valid until the next one is reaped. */
export type Usage = Pick<Reaper, "userTime" | "systemTime" | "maxResident">;

/** A job whose process has been reaped. */
export interface ExitedJob<J extends Job = Job> {
  readonly running: Running<J>;
  readonly status: number;
  readonly endedAt: number;
  /** The signal that ended it, if the terminal meant it for imp too. */
  readonly typed?: string;
  readonly usage: Usage;
}

/** A job's descriptors, and imp's other ends of them. */
interface Equipment {
  readonly capture?: Capture;
  readonly pipes?: LivePipes;
  readonly input?: number;
}

/** The running jobs: starts them with their input and output, and collects what they leave. */
export class JobProcesses<J extends Job = Job> {
  readonly processes: Processes<Running<J>>;
  /** By PID. */
  readonly running: ReadonlyMap<number, Running<J>>;
  private readonly announced = new Set<string>();

  /** @param starter if jobs have many programs; their trees are asked for then */
  constructor(
    private readonly settings: PoolSettings,
    private readonly captures: Captures,
    private readonly live: LiveOutput | undefined,
    starter?: (environment: readonly Bytes[]) => ProcessStarter,
  ) {
    const ownStdin = settings.keepStdin === true && libc("isatty").isatty(0) !== 1;
    const stdin = ownStdin ? 0 : settings.terminal?.stdin;
    const marked = starter !== undefined || settings.retry !== undefined ||
      settings.timeout !== undefined;
    const { file } = settings;
    const usual = (environment: readonly Bytes[]) =>
      new Starter(file, environment, stdin, settings, true);
    this.processes = new Processes(starter ?? usual, marked, settings);
    this.running = this.processes.alive;
  }

  /**
   * @param started now, on the clock of runtime.now()
   * @throws ImpError if no job can be started at all
   */
  start({ job, number, order }: Attempt<J>, started: number): JobStart<J> {
    const { settings } = this;
    const slot = this.processes.takeSlot();
    const equipment = this.equip(job, slot);
    if (equipment instanceof ImpError) {
      this.processes.releaseSlot(slot);
      return { later: equipment };
    }
    const { capture, pipes, input } = equipment;
    const argv = settings.argv(job, slot);
    if (settings.maxChars !== undefined && wordsLength(argv) > settings.maxChars) {
      this.processes.releaseSlot(slot);
      pipes?.jobEnds.forEach(closeFile);
      this.putAway(equipment);
      return longerThanAllowed(settings.maxChars);
    }
    this.announce(argv, job, number);
    const stdin = settings.stdin?.(job);
    const startedAt = Date.now();
    const clock = startedAt - runtime.now();
    const outcome = this.processes.start(slot, argv, {
      stdin,
      input,
      out: capture?.out.fd ?? pipes?.jobEnds[0],
      err: capture?.err.fd ?? pipes?.jobEnds[1],
    }, job.seq);
    pipes?.jobEnds.forEach(closeFile);
    if (input !== undefined) closeFile(input);
    if (!("pid" in outcome)) {
      // Nothing was started, so nothing was written.
      this.putAway({ capture, pipes });
      if ("later" in outcome) {
        // A missing descriptor may be the cause.
        this.captures.shrink();
        if (settings.announce) this.announced.add(`${job.seq} ${number}`);
      }
      return outcome;
    }
    const { pid } = outcome;
    const sent = stdin?.length ?? job.input?.size ?? 0;
    const running: Running<J> = {
      job,
      attempt: number,
      order,
      sent,
      slot,
      pid,
      startedAt,
      clock,
      started,
      capture,
      pipes,
    };
    this.processes.add(running);
    settings.terminal?.lend(pid);
    return { running };
  }

  /** A start repeated because the machine refused it was announced already. */
  private announce(argv: Parameters<typeof wordsLength>[0], { seq }: Job, attempt: number): void {
    const { announce } = this.settings;
    if (announce && !this.announced.delete(`${seq} ${attempt}`)) announce(argv);
  }

  /** Nothing was started that could have used it. */
  private putAway({ capture, pipes, input }: Equipment): void {
    if (capture) this.captures.giveBack(capture);
    if (pipes) this.live?.close(pipes);
    if (input !== undefined) closeFile(input);
  }

  /** What a job needs before it is started. @returns an error that may pass when other jobs end */
  private equip(job: Job, slot: number): Equipment | ImpError {
    const { settings } = this;
    let capture: Capture | undefined;
    let pipes: LivePipes | undefined;
    try {
      capture = settings.output === "group" ? this.captures.take() : undefined;
      pipes = this.live?.open(settings.tag?.(job, slot));
      return { capture, pipes, input: job.input?.open() };
    } catch (error) {
      pipes?.jobEnds.forEach(closeFile);
      if (capture) this.captures.giveBack(capture);
      if (pipes) this.live?.close(pipes);
      if (!(error instanceof ImpError && isPassing(error.errno))) throw error;
      this.captures.shrink();
      return withHint(error);
    }
  }

  /** Reaps all that have ended. @param ended returns whether to keep the slot: {@link Processes.reap} */
  reap(ended: (exited: ExitedJob<J>) => boolean): void {
    this.processes.reap((running, usage) => {
      const { status } = usage;
      running.capture?.out.close();
      running.capture?.err.close();
      if (running.pipes) this.live?.close(running.pipes);
      const typed = this.settings.terminal?.takeBack(running.pid, status);
      return ended({ running, status, endedAt: running.clock + runtime.now(), typed, usage });
    });
  }

  /** The numbers of the running jobs. */
  jobs(): number[] {
    return [...this.running.values()].map(({ job }) => job.seq);
  }
}

/** Bytes of the words, each plus one. */
export function wordsLength(words: readonly (Bytes | WordBlock)[]): number {
  let length = 0;
  for (const word of words) {
    if (isBlock(word)) length += word.bytes.length;
    else length += (typeof word === "string" ? bytesOf(word) : word).length + 1;
  }
  return length;
}

/** @param most bytes */
export function longerThanAllowed(most: number): { failed: string; error: ImpError } {
  const why = `its command line is longer than -s allows, ${most} bytes`;
  return {
    failed: "E2BIG",
    error: new ImpError({ action: "start", object: "it", errno: "E2BIG", why }),
  };
}

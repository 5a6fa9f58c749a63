import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { POLLIN } from "../../libc/abi.ts";
import { AttemptChannel, type AttemptListener } from "../../libc/processes/attempts.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";
import { callersIgnoredSignals } from "../../libc/processes/dispositions.ts";
import { errnoName, systemError } from "../../libc/calling/errno.ts";
import { forkAndExecute } from "../../libc/processes/fork.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { isBlock, type WordBlock } from "../../libc/processes/spawner.ts";
import { EXIT } from "../../base/exit_codes.ts";

/** Starts one program again and again, like libc's Spawner. */
export interface JobSpawner {
  /** Sets the variables whose values are numbers of each process. */
  number(values: readonly number[]): void;
  prepare(argv: readonly (Bytes | WordBlock)[]): "ready" | "too long" | "NUL";
  /** @returns the PID, or -errno */
  start(stdin: number, stdout: number, stderr: number): number;
}

/**
 * Jobs that may not start processes: the kernel refuses, and imp learns who tried. They are forked, because the filter
 * must be set between fork and exec: some milliseconds each, while a spawned job takes some tenths.
 */
export class NoChildrenSpawner {
  private readonly epoll = new Epoll();
  private readonly listeners = new Map<number, AttemptListener>();
  private readonly byFd = new Map<number, number>();
  private readonly keepIgnored = callersIgnoredSignals();

  /** Readable when a job tries to start a process, which waits until refused. */
  get fd(): number {
    return this.epoll.fd;
  }

  spawner(path: Bytes, base: readonly Bytes[], variables: readonly string[]): JobSpawner {
    let argv: readonly Bytes[] = [];
    let env = base;
    return {
      number: (values) => {
        env = [...base, ...variables.map((name, i) => `${name}=${values[i]}`)];
      },
      prepare: (words) => {
        argv = words.flatMap((word) => isBlock(word) ? word.words() : word);
        return argv.some(holdsNul) ? "NUL" : "ready";
      },
      start: (stdin, stdout, stderr) => {
        const targets = [[stdin, 0], [stdout, 1], [stderr, 2]];
        return this.start([
          { do: "own-group" },
          ...targets.filter(([from, to]) => from !== to).map(([from, to]) =>
            ({ do: "dup2", from, to }) as const
          ),
          { do: "reset-signals", keepIgnored: this.keepIgnored },
        ], { do: "execute", path, argv, env });
      },
    };
  }

  /** Refuses jobs' attempts. @param tell is called with the job's PID and the thread that tried */
  refuse(tell: (pid: number, by: number) => void): void {
    for (const fd of this.epoll.ready()) {
      const pid = this.byFd.get(fd);
      const listener = pid === undefined ? undefined : this.listeners.get(pid);
      const state = listener?.look();
      if (state === "gone") this.reaped(pid!);
      else if (state === "attempt") {
        const by = listener!.refuse();
        if (by !== undefined) tell(pid!, by);
      }
    }
  }

  /** The job has ended. */
  reaped(pid: number): void {
    const listener = this.listeners.get(pid);
    if (!listener) return;
    this.listeners.delete(pid);
    this.byFd.delete(listener.fd);
    this.epoll.remove(listener.fd);
    listener.close();
  }

  /** @throws ImpError if the kernel has no such filters */
  private start(steps: readonly ChildStep[], execute: ChildStep): number {
    const channel = new AttemptChannel(FLOOR.job);
    const filter: ChildStep = { do: "no-children", tellOn: channel.childEnd };
    const outcome = forkAndExecute([...steps, filter, execute]);
    const listener = channel.finish();
    if ("pid" in outcome) {
      if (listener) this.listen(outcome.pid, listener);
      return outcome.pid;
    }
    listener?.close();
    if (outcome.failed.do === "execute") return -outcome.code;
    throw systemError(outcome.code, "apply --no-children to", "jobs", {
      hint: `step ${outcome.failed.do}: ${errnoName(outcome.code)}; leave out --no-children`,
      exit: EXIT.failed,
    });
  }

  private listen(pid: number, listener: AttemptListener): void {
    this.listeners.set(pid, listener);
    this.byFd.set(listener.fd, pid);
    this.epoll.add(listener.fd, POLLIN);
  }
}

function holdsNul(word: Bytes): boolean {
  return typeof word === "string" ? word.includes("\0") : word.includes(0);
}

import { ImpError } from "../../base/errors.ts";
import { libc } from "../../libc/calling/load.ts";
import { F_SETPIPE_SZ, POLLIN, POLLOUT, SIGKILL } from "../../libc/abi.ts";
import { Epoll } from "../../libc/descriptors/poll.ts";
import { sendSignal } from "../../libc/processes/signals.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { type Ending, endingOf } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import { Processes } from "../../pool/process/processes.ts";
import type { WorkerPipes } from "../../pool/workers/worker.ts";
import type { HostLaunch } from "../host_approach.ts";
import { startLaunch } from "../launched.ts";
import { ConnectionRoom } from "./connection_room.ts";
import { HostLink } from "./host_link.ts";
import type { PoolHost, PoolLink } from "./pool_host.ts";

type Stream = keyof WorkerPipes;

/**
 * How long a process may take to end once its input is closed: longer than a worker needs to end what it has started.
 */
const GRACE_MS = 2000;
const PIPE_BYTES = 256 << 10;

/** The processes connected to hosts, and the pipes to them. */
export class HostLinks {
  readonly processes: Processes<PoolLink>;
  private readonly c = libc("fcntl");
  private environment: readonly Bytes[] = [];
  private readonly epoll = new Epoll();
  readonly room = new ConnectionRoom();
  private readonly streams = new Map<number, readonly [PoolLink, Stream]>();

  constructor() {
    this.processes = new Processes(
      (environment) => {
        this.environment = environment;
        return { start: () => ({ failed: "EINVAL", error: new ImpError({ action: "start" }) }) };
      },
      false,
      {},
    );
  }

  /** Readable when something can be read or sent. */
  get fd(): number {
    return this.epoll.fd;
  }

  get size(): number {
    return this.processes.alive.size;
  }

  get all(): Iterable<PoolLink> {
    return this.processes.alive.values();
  }

  /** @throws ImpError if it cannot be started */
  start(host: PoolHost, launch: HostLaunch): PoolLink {
    const { pid, stdin = -1, stdout, stderr } = startLaunch(
      launch,
      this.environment,
      this.room.callers,
    );
    // Fewer iterations for large output; if the system allows less, they stay as they are.
    for (const fd of [stdin, stdout]) this.c.fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
    const slot = this.processes.takeSlot();
    const link = new HostLink<PoolHost>(
      host,
      pid,
      slot,
      { stdin, stdout, stderr },
      launch.kind === "copy",
    );
    this.processes.add(link);
    this.watch(link, "stdout", POLLIN);
    this.watch(link, "stderr", POLLIN);
    return link;
  }

  /** The pipes with events. */
  *ready(): Iterable<readonly [PoolLink, Stream]> {
    for (const fd of this.epoll.ready()) {
      const known = this.streams.get(fd);
      if (known) yield known;
    }
  }

  /** Something waits that could be sent now. */
  get hasUnsent(): boolean {
    for (const link of this.all) {
      if (link.hasUnsent && !link.isClosed && !this.streams.has(link.pipes.stdin)) return true;
    }
    return false;
  }

  /** Sends what waits, as far as it is taken. */
  send(link: PoolLink): void {
    if (link.isClosed) return;
    const state = link.send();
    const { stdin } = link.pipes;
    const watched = this.streams.has(stdin);
    if (state === "blocked" && !watched) this.watch(link, "stdin", POLLOUT);
    if (state !== "blocked" && watched) this.unwatch(stdin);
    if (state === "gone") this.dismiss(link);
  }

  /** Closes its input: it should end now. */
  dismiss(link: PoolLink): void {
    this.unwatch(link.pipes.stdin);
    link.closeInput();
    link.grace = Math.min(link.grace, runtime.now() + GRACE_MS);
  }

  /** It is at its end and would always be ready. */
  unwatch(fd: number): void {
    if (this.streams.delete(fd)) this.epoll.remove(fd);
  }

  /** When to call {@link look}. */
  get due(): number {
    let due = Infinity;
    for (const { grace } of this.all) due = Math.min(due, grace);
    return due;
  }

  look(now: number): void {
    for (const link of this.all) if (now >= link.grace) this.kill(link);
  }

  /** Alone: what a worker has started is ended by its guard, and what connects ends with its pipes. */
  kill(link: PoolLink): void {
    link.grace = Infinity;
    sendSignal(link.pid, SIGKILL);
  }

  reap(ended: (link: PoolLink, ending: Ending) => void): void {
    this.processes.reap((link, { status }) => {
      for (const fd of Object.values(link.pipes)) this.unwatch(fd);
      ended(link, endingOf(status));
      link.close();
      return false;
    });
  }

  private watch(link: PoolLink, stream: Stream, events: number): void {
    const fd = link.pipes[stream];
    this.streams.set(fd, [link, stream]);
    this.epoll.add(fd, events);
  }
}

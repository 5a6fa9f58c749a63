import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { socketPair } from "../../libc/descriptors/socket.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { nameOf, rawEnvironment } from "../../libc/processes/process_image.ts";
import { spawn } from "../../libc/processes/spawn.ts";
import { tryWait } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import type { RuntimeSocket } from "../../runtime/types.ts";
import { CREDENTIAL_VARIABLES } from "../connection/credentials.ts";
import { FrameBacklog } from "../frame_backlog.ts";
import {
  HOST_FRAME,
  type HostFrame,
  HostFrames,
  jsonFrame,
  ProtocolError,
} from "../../hosts/frames.ts";
import { GreetingFinder, type WorkerSetup } from "../../hosts/greeting.ts";

const REAP_EVERY_MS = 5;

/** Jobs are not told who this worker is to the servers. */
function environmentOfJobs() {
  const secret: readonly (string | undefined)[] = CREDENTIAL_VARIABLES;
  return rawEnvironment().filter((word) => !secret.includes(nameOf(word)));
}

/** What happens to a {@link WorkerChild}. */
export interface WorkerChildEvents {
  /** Its payload is valid until the next one. */
  frame(frame: HostFrame): void;
  /** It has ended, or cannot be understood; nothing of it is left, or its guard sees to that. Called once. */
  gone(why: string): void;
}

/**
 * `imp worker --stdio` as a child of this process, with one socket as its stdin and stdout. It has a session of its own: what is
 * typed on a terminal is for this process, which has it finish what it does. When this process is killed, the socket closes, and the
 * worker ends all that it has started.
 */
export class WorkerChild {
  readonly pid: number;
  private readonly socket: RuntimeSocket;
  private readonly frames = new HostFrames();
  private greeting: GreetingFinder | undefined = new GreetingFinder();
  private readonly backlog = new FrameBacklog((bytes) => this.socket.write(bytes));
  private over = false;

  /** @param own words that start a worker @throws ImpError when it cannot be started */
  constructor(
    own: readonly string[],
    setup: WorkerSetup,
    private readonly events: WorkerChildEvents,
  ) {
    const pair = socketPair("stream");
    const [mine, theirs] = pair.map((fd) => moveUp(fd, FLOOR.job));
    const [first, ...words] = runtime.selfCommand();
    const path = runtime.compiled ? ownFile() : first;
    const pid = spawn({
      path,
      argv: [first, ...words, ...own],
      env: environmentOfJobs(),
      newSession: true,
      descriptors: [[theirs, 0], [theirs, 1]],
    });
    closeFile(theirs);
    if (pid < 0) {
      closeFile(mine);
      throw systemError(-pid, "start", "a worker");
    }
    this.pid = pid;
    this.socket = runtime.openSocket(mine, {
      data: (bytes) => this.heard(bytes),
      drain: () => this.backlog.drain(),
      close: () => this.end("it has ended"),
    });
    this.send(jsonFrame(HOST_FRAME.setup, setup));
  }

  send(frame: Uint8Array): void {
    if (!this.over) this.backlog.push(frame);
  }

  /** Ends it, and all that it has started. */
  close(): void {
    if (this.over) return;
    this.socket.close();
    this.end("it was ended");
  }

  private heard(bytes: Uint8Array): void {
    if (this.over) return;
    try {
      let rest = bytes;
      if (this.greeting) {
        const found = this.greeting.push(bytes);
        if (!found) return;
        this.greeting = undefined;
        rest = found.rest;
      }
      this.frames.push(rest);
      for (let frame = this.frames.next(); frame && !this.over; frame = this.frames.next()) {
        this.events.frame(frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.socket.close();
      this.end(error.message);
    }
  }

  private end(why: string): void {
    if (this.over) return;
    this.over = true;
    this.backlog.clear();
    const reap = () => {
      if (tryWait(this.pid) === "running") setTimeout(reap, REAP_EVERY_MS);
      else this.events.gone(why);
    };
    reap();
  }
}

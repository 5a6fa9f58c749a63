import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { socketPair } from "../../libc/descriptors/socket.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { nameOf, rawEnvironment } from "../../libc/processes/process_image.ts";
import { spawn } from "../../libc/processes/spawn.ts";
import { describeEnding, tryWait } from "../../libc/processes/wait.ts";
import { runtime } from "../../runtime/mod.ts";
import type { RuntimeSocket } from "../../runtime/types.ts";
import { CREDENTIAL_VARIABLES } from "../connection/credentials.ts";
import { FramePeer, type FramePeerEvents } from "../frame_peer.ts";
import { HOST_FRAME, jsonFrame } from "../../hosts/frames.ts";
import { GreetingFinder, type WorkerSetup } from "../../hosts/greeting.ts";

const REAP_EVERY_MS = 5;

/** Jobs do not get this worker's identity for the servers. */
function environmentOfJobs() {
  const secret: readonly (string | undefined)[] = CREDENTIAL_VARIABLES;
  return rawEnvironment().filter((word) => !secret.includes(nameOf(word)));
}

/**
 * `imp worker --stdio` as a child of this process, with one socket as its stdin and stdout. It has its own session: a
 * terminal's keys are for this process, which lets it finish its jobs. If this process is killed, the socket closes,
 * and the worker ends everything it has started.
 */
export class WorkerChild {
  readonly pid: number;
  private readonly socket: RuntimeSocket;
  private readonly peer: FramePeer;

  /**
   * @param own words that start a worker
   * @param events gone: nothing of it is left, or its guard takes care of that
   * @throws ImpError if it cannot be started
   */
  constructor(own: readonly string[], setup: WorkerSetup, events: FramePeerEvents) {
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
    this.peer = new FramePeer(
      (bytes) => this.socket.write(bytes),
      { frame: events.frame, gone: (why) => this.reap((how) => events.gone(how ?? why)) },
      new GreetingFinder(),
    );
    this.socket = runtime.openSocket(mine, {
      data: (bytes) => this.peer.heard(bytes),
      drain: () => this.peer.drain(),
      close: () => this.peer.end("it has ended"),
    });
    this.send(jsonFrame(HOST_FRAME.setup, setup));
  }

  send(frame: Uint8Array): void {
    this.peer.send(frame);
  }

  /** Ends it, and everything it has started. */
  close(): void {
    this.peer.end("it was ended");
  }

  /** Whether it has begun to listen: before, it cannot have begun a job. */
  get hasGreeted(): boolean {
    return this.peer.hasGreeted;
  }

  /** @param then receives how it has ended, if that is known */
  private reap(then: (how: string | undefined) => void): void {
    this.socket.close();
    const look = () => {
      const reaped = tryWait(this.pid);
      if (reaped === "running") setTimeout(look, REAP_EVERY_MS);
      else then(reaped && describeEnding(reaped.ending));
    };
    look();
  }
}

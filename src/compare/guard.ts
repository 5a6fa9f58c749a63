import { ImpError } from "../base/errors.ts";
import { runtime } from "../runtime/mod.ts";
import { errno, systemError } from "../libc/errno.ts";
import {
  closeFile,
  moveUp,
  O_CLOEXEC,
  O_RDWR,
  openFile,
  readSome,
  writeAll,
} from "../libc/files.ts";
import { libc } from "../libc/load.ts";
import { allocate, scratch } from "../libc/memory.ts";
import { spawn } from "../libc/spawn.ts";
import { waitFor } from "../libc/wait.ts";
import { endBelongings } from "./belongings.ts";
import { removeTree } from "../libc/directory.ts";
import { startError } from "./session.ts";

/** What a guard clears away. */
export interface Estate {
  readonly token: string;
  readonly directory: string;
}

/** The guard as its comparison sees it. */
export interface Guard {
  /** Sends it away: there is nothing left to clear away. */
  dismiss(): void;
}

/** Above 0-2, which may be closed in this process. */
const LOWEST_DESCRIPTOR = 3;
/**
 * Starts a process of imp that outlives this one by a moment: when this one ends without having dismissed it, be it by
 * SIGKILL, the guard kills what was started and removes the directory. It has a session of its own, so no terminal
 * and no signal to a process group reaches it.
 */
export function startGuard({ token, directory }: Estate): Guard {
  const [readEnd, writeEnd] = pipe();
  const nothing = moveUp(openFile("/dev/null", O_RDWR), LOWEST_DESCRIPTOR);
  const argv = [...runtime.selfCommand(), "compare-probe", "--guard", token, directory];
  const pid = spawn({
    path: argv[0],
    argv,
    env: Object.entries(runtime.environment()).map(([name, value]) => `${name}=${value}`),
    newSession: true,
    descriptors: [[readEnd, 0], [nothing, 1], [nothing, 2]],
  });
  closeFile(readEnd);
  closeFile(nothing);
  if (pid < 0) throw startError(-pid, `${argv[0]} as guard`);
  return {
    dismiss: () => {
      try {
        writeAll(writeEnd, "done");
      } catch (error) {
        // EPIPE: somebody has killed it.
        if (!(error instanceof ImpError)) throw error;
      }
      closeFile(writeEnd);
      waitFor(pid);
    },
  };
}

/** The guard itself; its descriptor 0 is the pipe from its comparison. */
export async function guard({ token, directory }: Estate): Promise<void> {
  const word = readSome(0);
  if (typeof word !== "number" && word.length > 0) return;
  await endBelongings({ token, sessions: [] });
  removeTree(directory);
}

function pipe(): [readEnd: number, writeEnd: number] {
  return scratch(() => {
    const ends = allocate(8);
    if (libc("pipe2").pipe2(ends.address, O_CLOEXEC) < 0) {
      throw systemError(errno(), "make", "a pipe");
    }
    const end = (offset: number) => moveUp(ends.view.getInt32(offset, true), LOWEST_DESCRIPTOR);
    return [end(0), end(4)];
  });
}

import { O_NONBLOCK, O_RDWR } from "../../../libc/abi.ts";
import { F_SETFL } from "../../../libc/abi.ts";
import { EXIT } from "../../../base/exit_codes.ts";
import { systemError } from "../../../libc/calling/errno.ts";
import { libc } from "../../../libc/calling/load.ts";
import { closeFile, moveUp, openFile, readSome } from "../../../libc/descriptors/files.ts";
import { openPipe } from "../../../libc/descriptors/pipe.ts";
import { FLOOR } from "../../../libc/descriptors/reserved.ts";
import { ownWords } from "../../../libc/processes/own_file.ts";
import { rawEnvironment } from "../../../libc/processes/process_image.ts";
import { spawn } from "../../../libc/processes/spawn.ts";
import { waitFor } from "../../../libc/processes/wait.ts";

/** A command of imp's started by a key, in a process of its own: the list goes on meanwhile. */
export class LiveCommand {
  /** What it prints. */
  readonly fd: number;
  private text = "";
  private readonly pid: number;

  /** @throws ImpError if it cannot be started */
  constructor(readonly words: readonly string[]) {
    const [out, into] = openPipe(FLOOR.job);
    const nothing = moveUp(openFile("/dev/null", O_RDWR), FLOOR.job);
    try {
      // It does not end with the list: a stop that was begun goes on when the terminal is closed.
      this.pid = startImp(words, [[nothing, 0], [into, 1], [into, 2]], true);
    } catch (error) {
      closeFile(out);
      throw error;
    } finally {
      closeFile(into);
      closeFile(nothing);
    }
    libc("fcntl").fcntl(out, F_SETFL, O_NONBLOCK);
    this.fd = out;
  }

  /** Reads its output. @returns its last line once it has ended */
  read(): string | undefined {
    for (;;) {
      const bytes = readSome(this.fd);
      if (typeof bytes === "number") return undefined;
      if (bytes.length === 0) break;
      this.text = (this.text + new TextDecoder().decode(bytes)).slice(-4096);
    }
    waitFor(this.pid);
    closeFile(this.fd);
    const [first] = this.text.split("\n").filter((line) => line.trim() !== "");
    return first ?? `imp ${this.words.join(" ")}: done`;
  }
}

/** Runs a command of imp's on this terminal, and waits for its end. @throws ImpError */
export function runInFront(words: readonly string[]): void {
  waitFor(startImp(words, [[0, 0], [1, 1], [2, 2]], false));
}

function startImp(
  words: readonly string[],
  descriptors: readonly (readonly [number, number])[],
  newSession: boolean,
): number {
  const [path, ...before] = ownWords();
  const argv = [path, ...before, ...words];
  const pid = spawn({ path, argv, env: rawEnvironment(), descriptors, newSession });
  if (pid < 0) throw systemError(-pid, "start", `imp ${words.join(" ")}`, { exit: EXIT.failed });
  return pid;
}

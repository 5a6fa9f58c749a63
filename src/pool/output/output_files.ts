import { AT_FDCWD, O_CREAT, O_EXCL, O_PATH, O_WRONLY, W_OK, X_OK } from "../../libc/abi.ts";
import { O_DIRECTORY, O_NOFOLLOW } from "../../libc/machine.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errno, systemError } from "../../libc/calling/errno.ts";
import { libc } from "../../libc/calling/load.ts";
import { cString, scratch } from "../../libc/calling/memory.ts";
import { removeIn } from "../../libc/descriptors/file_names.ts";
import { moveUp, openFile, tryOpen } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { bytesOf, concat } from "../bytes.ts";
import type { ExitedJob } from "../process/job_processes.ts";
import { copyStream } from "./results.ts";
import { bytesFromText } from "../../base/byte_text.ts";

const NEWLINE = bytesOf("\n");

/** Files for jobs' stdout, whose names are printed instead; `--files`. */
export class OutputFiles {
  private readonly directory: number;

  /** @param folder where they are made @throws ImpError if that is not possible */
  constructor(private readonly folder: string) {
    const c = libc("faccessat");
    const code = scratch(() =>
      c.faccessat(AT_FDCWD, cString(`${folder}/.`), W_OK | X_OK, 0) === 0 ? 0 : errno()
    );
    if (code !== 0) throw systemError(code, "write to directory", folder, { exit: EXIT.failed });
    this.directory = moveUp(openFile(folder, O_PATH | O_DIRECTORY), FLOOR.job);
  }

  /**
   * @param kept the folder where `--results` keeps the same output
   * @returns the line to print @throws ImpError, for example ENOSPC
   */
  keep({ running: { capture } }: ExitedJob, kept: string | undefined): Uint8Array {
    const path = kept === undefined ? this.copy(capture) : `${kept}/stdout`;
    return concat([bytesFromText(path), NEWLINE]);
  }

  private copy(capture: ExitedJob["running"]["capture"]): string {
    const name = `imp-${crypto.randomUUID().slice(0, 13)}.out`;
    const path = `${this.folder}/${name}`;
    const fd = tryOpen(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600, this.directory);
    if (fd < 0) throw systemError(-fd, "create", path, { exit: EXIT.failed });
    try {
      copyStream(capture!.out, fd, path);
    } catch (error) {
      // Nobody is told its name.
      removeIn(this.directory, name);
      throw error;
    }
    return path;
  }
}

import { EDQUOT, EEXIST, EISDIR, ENOSPC, O_CREAT, O_EXCL, O_WRONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW, O_TMPFILE } from "../../libc/machine.ts";
import { ImpError } from "../../base/errors.ts";
import { errnoNumber, systemError } from "../../libc/calling/errno.ts";
import {
  nameFile,
  removeIn,
  renameIn,
  setMode,
  setModified,
} from "../../libc/descriptors/file_names.ts";
import { closeFile, tryOpen, writeAll } from "../../libc/descriptors/files.ts";
import { cutFile } from "../../libc/descriptors/spool.ts";
import type { EntryFacts } from "./messages.ts";
import type { NewFile } from "./receiver.ts";
import type { Spot } from "./walk.ts";

/** Names of temporary entries, and of incomplete files on file systems without unnamed files. */
const HIDDEN = ".imp-";
const HIDDEN_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

/**
 * A file written in its final directory, without a name until it is complete: a killed imp leaves nothing. Until then
 * only its owner can access it.
 */
export class UnnamedFile implements NewFile {
  private fd: number;
  private hidden: string | undefined;
  private written = 0;
  private isOpen = true;

  /**
   * @param spot its directory is closed with the file
   * @param label the name for errors
   * @param kept called once it has its name
   * @throws ImpError
   */
  constructor(
    private readonly spot: Spot,
    private readonly label: string,
    private readonly kept: () => void,
  ) {
    this.fd = tryOpen(".", O_TMPFILE | O_WRONLY, 0o600, spot.directory);
    if (this.fd < 0) {
      this.hidden = hiddenName();
      this.fd = tryOpen(this.hidden, HIDDEN_FLAGS, 0o600, spot.directory);
    }
    if (this.fd >= 0) return;
    closeFile(spot.directory);
    throw systemError(-this.fd, "create", label);
  }

  write(bytes: Uint8Array): void {
    try {
      writeAll(this.fd, bytes, this.label);
    } catch (error) {
      throw error instanceof ImpError ? error.with({ hint: roomHint(error) }) : error;
    }
    this.written += bytes.length;
  }

  restart(): void {
    cutFile(this.fd, 0);
    this.written = 0;
  }

  keep({ mode, seconds, nanoseconds, size }: EntryFacts): void {
    const { fd, label } = this;
    if (this.written !== size) {
      const why = `${this.written} of ${size} bytes have come`;
      throw new ImpError({ action: "write", object: label, errno: "EIO", why });
    }
    this.must(setMode(fd, mode));
    this.must(setModified(fd, seconds, nanoseconds));
    this.must(this.hidden === undefined ? this.name() : this.rename(this.hidden));
    this.hidden = undefined;
    this.drop();
    this.kept();
  }

  drop(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (this.hidden !== undefined) removeIn(this.spot.directory, this.hidden);
    closeFile(this.fd);
    closeFile(this.spot.directory);
  }

  /** linkat(2) replaces nothing: an existing name is replaced by way of a temporary one. */
  private name(): number {
    const { directory, name } = this.spot;
    const code = nameFile(this.fd, directory, name);
    if (code !== -EEXIST) return code;
    const hidden = hiddenName();
    const named = nameFile(this.fd, directory, hidden);
    return named === 0 ? this.rename(hidden) : named;
  }

  private rename(hidden: string): number {
    const { directory, name } = this.spot;
    const code = renameIn(directory, hidden, name);
    if (code !== 0) removeIn(directory, hidden);
    return code;
  }

  private must(code: number): void {
    if (code === 0) return;
    const hint = code === -EISDIR ? "a directory has that name" : undefined;
    throw systemError(-code, "create", this.label, { hint });
  }
}

/** A temporary name for something that will replace another file. */
export function hiddenName(): string {
  return HIDDEN + crypto.randomUUID();
}

function roomHint(error: ImpError): string | undefined {
  const code = error.errno === undefined ? 0 : errnoNumber(error.errno);
  return [ENOSPC, EDQUOT].includes(code) ? "make room there" : error.hint;
}

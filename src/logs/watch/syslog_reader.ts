import { EAGAIN, EMSGSIZE } from "../../libc/abi.ts";
import { connectDatagrams, sendDatagram } from "../../libc/descriptors/datagram.ts";
import { closeFile, moveUp } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { bookName, readJson } from "../book.ts";
import { syslogRecord } from "../write/line_format.ts";
import type { Losses } from "../write/loss.ts";
import { noteInPlace } from "../write/note_in_place.ts";
import type { PipeProgress } from "./pipe_progress.ts";
import { SpoolFile } from "../write/spool_file.ts";
import { pumpSpool } from "../write/spool_pump.ts";

const SYSLOG_SOCKET = "/dev/log";
const LARGE_SPOOL = 1 << 16;

/**
 * Passes a pipe's output to syslog, a record per line. What was sent is recorded after each batch: if this process is
 * killed between the two, the lines of that batch are repeated, and none is missing.
 */
export class SyslogReader {
  private readonly spool: SpoolFile;
  private position = 0;
  private socket = -1;

  constructor(
    private readonly pipe: number,
    private readonly losses: Losses,
    private readonly name: string,
    private readonly directory: string,
  ) {
    this.spool = new SpoolFile(directory, "stdout");
    const done = readJson(`${directory}/${bookName("stdout", "done")}`)?.position;
    if (typeof done === "number" && done <= this.spool.size) this.position = done;
  }

  pump(now: number): PipeProgress {
    const { pipe, spool, losses } = this;
    const position = () => this.position;
    const handOn = (over: boolean) => this.send(now, over);
    return pumpSpool({ pipe, spool, losses, position, handOn }, now);
  }

  close(): void {
    this.spool.close();
    if (this.socket >= 0) closeFile(this.socket);
  }

  /** @returns 0, or an errno */
  private send(now: number, over: boolean): number {
    const told = this.tell(now);
    if (told !== 0) return told;
    for (;;) {
      const lines = this.spool.linesFrom(this.position, over);
      if (typeof lines === "number") return lines;
      if (lines.length === 0) return this.tidy();
      const before = this.position;
      let code = 0;
      for (const line of lines) {
        code = this.sendOne(line.bytes);
        if (code !== 0) break;
        this.position = line.end;
      }
      if (this.position > before) this.note();
      if (code !== 0) return code;
    }
  }

  private sendOne(line: Uint8Array): number {
    if (this.socket < 0) {
      const fd = connectDatagrams(SYSLOG_SOCKET);
      if (fd < 0) return -fd;
      this.socket = moveUp(fd, FLOOR.job);
    }
    const code = -sendDatagram(this.socket, syslogRecord(this.name, undefined, line));
    if (code === 0 || code === EMSGSIZE) {
      this.losses.succeeded();
      return 0;
    }
    if (code !== EAGAIN) {
      // It was restarted: there is a new socket of that name.
      closeFile(this.socket);
      this.socket = -1;
    }
    return code;
  }

  private tell(now: number): number {
    const notice = this.losses.notice(now);
    if (notice === undefined) return 0;
    const code = this.sendOne(new TextEncoder().encode(notice));
    if (code === 0) this.losses.told(now);
    return code;
  }

  private tidy(): number {
    if (this.position < this.spool.size || this.spool.size < LARGE_SPOOL) return 0;
    this.spool.empty();
    this.position = 0;
    this.note();
    return 0;
  }

  private note(): void {
    noteInPlace(this.directory, bookName("stdout", "done"), { position: this.position });
  }
}

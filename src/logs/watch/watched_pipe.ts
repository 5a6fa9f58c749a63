import { O_NONBLOCK, O_RDONLY } from "../../libc/abi.ts";
import { O_NOFOLLOW } from "../../libc/machine.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { closeFile, moveUp, tryOpen } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { bookName } from "../book.ts";
import { formatJson, type FormatLine, formatTimed } from "../write/line_format.ts";
import { LineReader } from "./line_reader.ts";
import { LogWriter } from "../write/log_writer.ts";
import { Losses } from "../write/loss.ts";
import type { PipeProgress } from "./pipe_progress.ts";
import { logFiles, type LogPlace, type LogStream } from "../place.ts";
import { RawReader } from "./raw_reader.ts";
import { SyslogReader } from "./syslog_reader.ts";

interface PipeReader {
  pump(now: number): PipeProgress;
  close(): void;
}

/** A pipe that a program writes to, and its reader. */
export class WatchedPipe {
  readonly fd: number;
  private readonly writer: LogWriter | undefined;
  private readonly reader: PipeReader;

  /** @throws ImpError if there is no pipe, or no file for its output */
  constructor(place: LogPlace, stream: LogStream) {
    const { directory, log } = place;
    const path = `${directory}/${bookName(stream, "pipe")}`;
    const fd = tryOpen(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0) throw systemError(-fd, "open", path);
    this.fd = moveUp(fd, FLOOR.job);
    try {
      const losses = new Losses(directory, bookName(stream, "lost"));
      const file = logFiles(log).find((one) => one.stream === stream);
      this.writer = file && new LogWriter(place, file);
      this.reader = this.readerFor(place, stream, losses);
    } catch (error) {
      closeFile(this.fd);
      throw error;
    }
  }

  /** Whether its bytes go through this process' own memory. */
  get makesGarbage(): boolean {
    return !(this.reader instanceof RawReader);
  }

  pump(now: number): PipeProgress {
    return this.reader.pump(now);
  }

  close(): void {
    this.reader.close();
    this.writer?.close();
    closeFile(this.fd);
  }

  private readerFor(
    { name, directory, log }: LogPlace,
    stream: LogStream,
    losses: Losses,
  ): PipeReader {
    const { fd, writer } = this;
    if (writer === undefined) return new SyslogReader(fd, losses, name, directory);
    if (log.format === "raw") return new RawReader(fd, writer, losses);
    const apart = logFiles(log).length > 1;
    const format = log.format === "time" ? formatTimed : formatJson(apart ? stream : undefined);
    const formed = log.terminal ? withoutReturn(format) : format;
    return new LineReader(fd, writer, losses, formed, directory, stream);
  }
}

const RETURN = 13;

/** A terminal ends lines with two characters. */
function withoutReturn(format: FormatLine): FormatLine {
  return (input, from, to, now, out, at) =>
    format(input, from, to > from && input[to - 1] === RETURN ? to - 1 : to, now, out, at);
}

import { ImpError } from "../../base/errors.ts";
import { writeAll } from "../../libc/descriptors/files.ts";
import { Captures, type Stream } from "../../pool/process/capture.ts";
import type { Ledger } from "../../pool/account/ledger.ts";
import { Printer } from "../../pool/output/printer.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { Spool } from "../../pool/process/spool.ts";
import type { OutputWriter } from "../../pool/output/writer.ts";
import type { JobSink, LastWord } from "./job_sink.ts";
import { LineRelay } from "./line_relay.ts";
import type { GivenJob, PoolHost } from "./pool_host.ts";

/** A job's maximum output in memory; the rest goes to disk. */
const MOST_IN_MEMORY = 8 << 20;

/** For jobs that are processes: prints each one's output, whole or as it comes. */
export class ProcessSink implements JobSink {
  private readonly spool = new Spool();
  private readonly captures = new Captures(this.spool, () => true);
  private readonly printer: Printer;
  readonly writer: OutputWriter;

  /** @param others jobs without a final result */
  constructor(
    private readonly settings: PoolSettings,
    private readonly ledger: Ledger,
    private readonly others: () => readonly number[],
  ) {
    const settle = (seq: number, row: Uint8Array) => ledger.settle([seq], row, others);
    const warnOnce = ledger.notices.warnOnce.bind(ledger.notices);
    this.printer = new Printer(this.captures, this.spool, settings.inOrder, warnOnce, settle);
    this.writer = this.printer.writer;
  }

  get isStrained(): boolean {
    return this.printer.strained;
  }

  get unprinted(): readonly number[] {
    return this.printer.unprinted;
  }

  output(host: PoolHost, given: GivenJob, target: 1 | 2, bytes: Uint8Array): void {
    const { output, tag } = this.settings;
    if (output !== "group") {
      const { attempt: { job }, slot } = given;
      given.relay ??= new LineRelay(
        this.writer,
        output === "line" ? tag?.(job, slot, host.at) : undefined,
        output === "line",
      );
      return given.relay.push(target, bytes);
    }
    given.capture ??= this.captures.take();
    const stream = target === 1 ? given.capture.out : given.capture.err;
    writeAll(stream.fd, bytes, "a file in memory");
    if (stream.held > MOST_IN_MEMORY) this.store(stream, given);
  }

  finish({ capture, relay }: GivenJob): number {
    capture?.out.close();
    capture?.err.close();
    relay?.finish();
    return capture?.out.size ?? relay?.received ?? 0;
  }

  drop({ capture }: GivenJob): void {
    if (capture) this.captures.giveBack(capture);
  }

  close({ result, order, given, exited, why, printed }: LastWord): void {
    const { job, end } = result;
    const written = this.ledger.close(result, exited, this.others, why);
    const { record, message, row, unkept } = written;
    // It is in a file, whose name is printed.
    if (written.inFile) given?.capture?.out.forget(this.spool);
    const unsaid = unkept || end.by === "stop";
    const whole = given?.relay?.whole;
    this.printer.finished({
      ...{ seq: job.seq, order, record, message, row },
      silent: this.settings.silent || unsaid === true,
      capture: given?.capture,
      streamed: unsaid ? undefined : whole,
      tag: exited && this.settings.tag?.(job, exited.running.slot, given?.host.at),
      printed: unsaid ? undefined : printed,
    });
  }

  leftOut(seq: number, order: number): void {
    this.printer.finished({ seq, order, silent: true });
  }

  flush(): void {}

  end(): void {
    this.printer.flush();
  }

  private store(stream: Stream, { attempt: { job } }: GivenJob): void {
    try {
      stream.moveTo(this.spool);
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      throw error.with({ action: `keep the output of job ${job.seq} in` });
    }
  }
}

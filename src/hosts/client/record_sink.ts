import type { Ledger } from "../../pool/account/ledger.ts";
import { OutputWriter } from "../../pool/output/writer.ts";
import {
  RecordReports,
  type ReportHooks,
  type ReportSettings,
} from "../../pool/workers/record_reports.ts";
import { ProtocolError } from "../frames.ts";
import type { JobSink, LastWord } from "./job_sink.ts";
import type { GivenJob, PoolHost } from "./pool_host.ts";

/** For records: prints their answers. */
export class RecordSink implements JobSink {
  readonly writer = new OutputWriter();
  private readonly reports: RecordReports;

  constructor(settings: ReportSettings, ledger: Ledger, hooks: ReportHooks) {
    this.reports = new RecordReports(settings, ledger, this.writer, hooks);
  }

  get isStrained(): boolean {
    return this.reports.isFull;
  }

  get unprinted(): readonly number[] {
    return this.reports.unprinted;
  }

  output(): void {
    throw new ProtocolError("output of a job, where jobs are records");
  }

  finish(): number {
    return 0;
  }

  drop(): void {}

  close({ result, order, given, exited, answer, why }: LastWord): void {
    if (answer?.kind === "value") {
      return this.reports.value(result, order, answer.slot, answer.bytes);
    }
    const slot = answer?.slot ?? exited?.running.slot;
    const text = answer ? new TextDecoder().decode(answer.bytes) : undefined;
    const told = text === undefined
      ? typeof why === "string" ? why : why?.message ?? ""
      : `worker ${answer!.slot} (pid ${answer!.pid}): ${text}`;
    this.reports.failed(result, order, slot || undefined, `${placeOf(given)}${told}`, text);
  }

  leftOut(): void {}

  flush(): void {
    this.reports.flush();
  }

  end(): void {
    this.reports.finish();
  }
}

function placeOf(given: GivenJob | undefined): string {
  const host: PoolHost | undefined = given?.host;
  return !host || host.isHere ? "" : `${host.label}: `;
}

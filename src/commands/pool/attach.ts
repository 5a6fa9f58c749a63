// `imp pool --on URL --attach RUN`: prints the results of a run that are still missing. Loaded only when used.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { EAGAIN } from "../../libc/abi.ts";
import { closeFile, readSome } from "../../libc/descriptors/files.ts";
import { ownWords } from "../../libc/processes/own_file.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import {
  frameJson,
  frameText,
  HOST_FRAME,
  type HostFrame,
  HostFrames,
} from "../../hosts/frames.ts";
import { jobIn } from "../../hosts/job_frames.ts";
import { startLaunch } from "../../hosts/launched.ts";
import { concat, join } from "../../pool/bytes.ts";
import { Deque } from "../../base/deque.ts";
import type { Books } from "../../pool/account/ledger.ts";
import { quoteWords } from "../../pool/template/quote.ts";
import type { JobSource, PoolSettings } from "../../pool/settings.ts";
import type { Job, RetryRule } from "../../pool/types.ts";
import type { RunPrinted } from "../../queue/client/run_listing.ts";
import { retryIn } from "../../queue/retry_record.ts";
import { wordsOfBridge } from "../queue_bridge.ts";
import { queuePlace, wordsOfPlace } from "../queues/place.ts";
import type { AttachedRequest } from "./families.ts";
import { Voice } from "./progress.ts";
import { checkReport, joblogFrom, manySettings, runPool } from "./run.ts";
import { queuePool } from "./queue.ts";

/** A job of the run, as submitted. */
interface AttachedJob extends Job {
  readonly words: readonly Uint8Array[];
}

/** @returns the exit status */
export async function runAttached(request: AttachedRequest): Promise<number> {
  const voice = new Voice(request, "all");
  const { line, naming } = voice;
  const place = queuePlace(request.hosts.place);
  const label = `queue:${place.queue}: `;
  // The list of jobs and the bridge may wait for the same servers, and complain about the same file.
  const toldByList = new Set<string>();
  const warn = (text: string) => void (toldByList.delete(text) || voice.warn(text));
  const words = (job: Job) => (job as AttachedJob).words;
  const settings: PoolSettings = {
    ...await manySettings(request),
    ...{ file: "", argv: words, output: "group" },
    // Known once the run is: until then there is nothing to try again.
    get retry() {
      return request.retry ?? source.retry;
    },
    tag: request.tag ? (job) => concat([join(words(job).slice(1), SPACE), TAB]) : undefined,
  };
  const command = { words: [] };
  const { run } = queuePool(
    { ...request, command, output: "group" },
    request.hosts,
    settings,
    warn,
  );
  await checkReport(request);
  const { joblog } = joblogFrom(request.log, false);
  const books: Books = {
    ...{ joblog, json: request.json, command: (job) => quoteWords(words(job)) },
    ...{ warn, line, naming, earlier: () => source.printed },
  };
  const source = new AttachedRun(request, (text) => {
    voice.warn(label + text);
    toldByList.add(label + text);
  });
  return await runPool(
    { request, voice, one: "job", called: `run ${request.hosts.run}` },
    settings,
    source,
    books,
    (ledger, ticker) => run(source, ledger, ticker),
  );
}

const ONCE = { unrepeatable: true } as const;
const SPACE = 0x20, TAB = Uint8Array.of(9);

/** The jobs of a run that were not printed yet: an imp process asks the queue for them. */
class AttachedRun implements JobSource {
  fd: number;
  private readonly frames = new HostFrames();
  private readonly jobs = new Deque<AttachedJob>();
  private closed = false;
  private last = 0;
  /** What was printed before, once that is known. */
  printed: RunPrinted | undefined;
  /** How the run's own pool tried failed jobs again. */
  retry: RetryRule | undefined;

  constructor({ hosts }: AttachedRequest, private readonly warn: (text: string) => void) {
    const words = wordsOfBridge(wordsOfPlace(queuePlace(hosts.place)), {
      ...{ run: hosts.run!, mode: "list", once: false, window: 1, command: "" },
    });
    const launch = { kind: "worker", words: [...ownWords(), ...words] } as const;
    const { stdin, stdout, stderr } = startLaunch(launch, rawEnvironment());
    for (const fd of [stdin, stderr]) if (fd !== undefined) closeFile(fd);
    this.fd = stdout;
  }

  get total(): number | undefined {
    const known = this.printed?.total ?? (this.closed ? 0 : undefined);
    return known === undefined ? undefined : Math.max(known, this.last);
  }

  get ended(): boolean {
    return this.closed && this.jobs.size === 0;
  }

  next(): Job | undefined {
    return this.jobs.shift();
  }

  read(): void {
    const chunk = readSome(this.fd);
    if (chunk === -EAGAIN) return;
    if (typeof chunk === "number" || chunk.length === 0) throw broken("it ended too early");
    this.frames.push(chunk);
    for (let frame = this.frames.next(); frame; frame = this.frames.next()) this.take(frame);
  }

  private begin(
    { done = 0, failed = 0, status = 0, last = 0, total, retry }: Partial<RunPrinted>,
  ): void {
    this.printed = { done, failed, status, last, total };
    this.retry = retryIn(retry);
    this.last = last;
  }

  private take(frame: HostFrame): void {
    if (frame.type === HOST_FRAME.failed) throw broken(frameText(frame));
    if (frame.type === HOST_FRAME.note) return this.warn(frameText(frame));
    if (frame.type === HOST_FRAME.close) {
      this.closed = true;
      closeFile(this.fd);
      this.fd = -1;
      return;
    }
    if (frame.type === HOST_FRAME.ready) return this.begin(frameJson<RunPrinted>(frame));
    const { seq, words, hasInput } = jobIn(frame);
    this.last = Math.max(this.last, seq);
    this.jobs.push({ seq, words, items: { fields: words.slice(1) }, ...hasInput && ONCE });
  }
}

function broken(why: string): ImpError {
  return new ImpError({ action: "list", object: "the jobs of the run", why, exit: EXIT.failed });
}

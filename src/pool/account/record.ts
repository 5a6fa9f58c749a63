import { peakMemory } from "../../procfs/usage.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { readAt } from "../../libc/descriptors/spool.ts";
import type { ExitedJob } from "../process/job_processes.ts";
import type { Stream } from "../process/capture.ts";
import { type JobResult, numberOf } from "../types.ts";

/** Larger output is not put into a record: `--results` keeps it whole. */
const MOST_INLINE = 64 << 20;

/** One job as an object for programs to read; docs/pool.md lists the fields. */
export function jobRecord(
  result: JobResult,
  exited: ExitedJob | undefined,
): Record<string, unknown> {
  const { job, host, pid, startedAt, endedAt, end, attempt } = result;
  const ending = "ending" in end ? end.ending : undefined;
  const capture = exited?.running.capture;
  return {
    seq: numberOf(job),
    item: job.items.fields.map(textOrBytes),
    ...host === undefined ? {} : { host },
    pid: pid ?? null,
    start: new Date(startedAt).toISOString(),
    end: new Date(endedAt).toISOString(),
    seconds: Math.max(0, endedAt - startedAt) / 1000,
    attempt,
    outcome: end.by === "itself" ? ending?.how : end.by,
    exit: ending?.how === "exit" ? ending.code : null,
    signal: ending?.how === "signal" ? signalName(ending.signal) : null,
    errno: end.by === "start" ? end.errno : null,
    userSeconds: exited ? round(exited.usage.userTime) : null,
    systemSeconds: exited ? round(exited.usage.systemTime) : null,
    maxResidentBytes: exited ? ownMemory(exited.usage.maxResident, host) : null,
    stdout: capture ? inline(capture.out) : null,
    stderr: capture ? inline(capture.err) : null,
  };
}

/** A text if valid UTF-8, else `{"base64": …}`. */
export function textOrBytes(bytes: Uint8Array): string | { base64: string } {
  try {
    return strict.decode(bytes);
  } catch {
    let binary = "";
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return { base64: btoa(binary) };
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function inline(stream: Stream): unknown {
  const { size } = stream;
  if (size > MOST_INLINE) return { bytes: size, tooLarge: true };
  const whole = new Uint8Array(size);
  let at = 0;
  for (const { fd, from, to } of stream.pieces()) {
    for (let position = from; position < to;) {
      const block = readAt(fd, position, to - position);
      if (typeof block === "number" || block.length === 0) break;
      whole.set(block, at);
      at += block.length;
      position += block.length;
    }
  }
  return textOrBytes(whole.subarray(0, at));
}

/** @param host where it ran; on a host the worker's figure is the job's own */
function ownMemory(bytes: number, host: string | undefined): number | null {
  return bytes > (host === undefined ? peakMemory() : 0) ? bytes : null;
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1_000_000;
}

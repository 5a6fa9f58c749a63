// Jobs whose last attempt did not succeed, and what is known about them.
import type { Display } from "../../cli/options.ts";
import { print, printJson } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { cutToWidth, displayWidth, wrapText } from "../../cli/table.ts";
import { outputWidth } from "../../cli/width.ts";
import { HOST_FRAME } from "../../hosts/frames.ts";
import { endedIn, jobIn } from "../../hosts/job_frames.ts";
import { textFromBytes } from "../../base/byte_text.ts";
import { errnoName } from "../../libc/calling/errno.ts";
import { signalName } from "../../libc/processes/signals.ts";
import { endingOf } from "../../libc/processes/wait.ts";
import { jobKey } from "../../queue/names.ts";
import { decodeEnd, type EndMessage } from "../../queue/records.ts";
import type { JobVerdict } from "../../queue/runs/end_tally.ts";
import type { RunReader } from "../../queue/runs/run_reader.ts";

/** One line, or one object, for each. */
export async function tellFailures(
  reader: RunReader,
  runs: readonly string[],
  givenUp: boolean,
  { json, quiet }: Display,
): Promise<void> {
  let told = 0;
  for (const run of runs) {
    const tally = await reader.tally(run);
    for (const verdict of tally.failures()) {
      if (givenUp && verdict.verdict !== "given up") continue;
      const facts = failureFacts(
        run,
        verdict,
        await reader.end(run, jobKey(verdict.seq, verdict.attempt)),
      );
      if (json) printJson(facts);
      else for (const line of failureLines(facts, outputWidth())) print(line);
      told++;
    }
  }
  if (told === 0 && !json && !quiet) {
    print(givenUp ? "no job has used up its deliveries" : "no job has failed");
  }
}

interface FailureFacts {
  readonly run: string;
  readonly job: number;
  readonly attempt: number;
  readonly result: string;
  readonly exit: number | null;
  readonly signal: string | null;
  readonly error: string | null;
  readonly deliveries: number | null;
  readonly host: string | null;
  readonly at: string | null;
  readonly command: readonly string[] | null;
}

// docs/queues.md describes this object: names are only ever added.
function failureFacts(
  run: string,
  { seq, attempt, verdict }: JobVerdict,
  bytes: Uint8Array | undefined,
): FailureFacts {
  const end = bytes && decodeEnd(bytes);
  return {
    ...{ run, job: seq, attempt, result: verdict },
    ...{ exit: null, signal: null, error: null },
    ...(end && endFacts(end)),
    deliveries: end?.deliveries ?? null,
    host: end?.host ?? null,
    at: end === undefined ? null : new Date(end.at).toISOString(),
    command: end === undefined ? null : wordsOf(end.job),
  };
}

function endFacts({ ended, why }: EndMessage) {
  if (ended.length === 0) return { exit: null, signal: null, error: why || null };
  try {
    const { how, status, why } = endedIn({ type: HOST_FRAME.ended, job: 0, payload: ended });
    if (how === "not started") {
      return { exit: null, signal: null, error: why || errnoName(status) || null };
    }
    const ending = endingOf(status);
    return {
      exit: ending.how === "exit" ? ending.code : null,
      signal: ending.how === "exit" ? null : signalName(ending.signal),
      error: how === "itself" ? null : how,
    };
  } catch {
    return { exit: null, signal: null, error: "its record cannot be read" };
  }
}

function wordsOf(job: Uint8Array): string[] | null {
  try {
    return jobIn({ type: HOST_FRAME.job, job: 0, payload: job }).words.map(textFromBytes);
  } catch {
    return null;
  }
}

/** One line each, for programs; on a terminal the command is cut. */
function failureLines(facts: FailureFacts, width: number): string[] {
  const { run, job, result, exit, signal, error, deliveries, host, command } = facts;
  const how = [
    exit === null ? "" : `exit ${exit}`,
    signal === null ? "" : `signal ${signal}`,
    error ?? "",
  ].filter(Boolean).join(", ");
  const verb = result === "given up" ? "started" : "delivered";
  const often = deliveries !== null && deliveries > 1 ? `, ${verb} ${deliveries} times` : "";
  const where = host ? ` on ${host}` : "";
  const told = printable(
    `${run} job ${job}: ${result}${how ? ` (${how}${often})` : often}${where}`,
  );
  const words = command === null ? "" : printable(command.join(" "));
  const whole = words === "" ? told : `${told}: ${words}`;
  if (displayWidth(told) + LEAST_COMMAND <= width) return [cutToWidth(whole, width)];
  const [first, ...rest] = wrapText(words === "" ? told : `${told}:`, width - 2);
  return [
    first,
    ...[...rest, ...words === "" ? [] : [words]].map((line) => cutToWidth(`  ${line}`, width)),
  ];
}

/** Least width of the command next to the outcome. */
const LEAST_COMMAND = 20;

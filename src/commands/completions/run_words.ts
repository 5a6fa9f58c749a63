// Names of runs, for completions: the typed line names the queue that holds them.
import { printable } from "../../cli/printable.ts";
import { connectQueue } from "../../queue/connection/connection.ts";
import { RunReader } from "../../queue/runs/run_reader.ts";
import { runtime } from "../../runtime/mod.ts";
import { queueAccess, queuePlace } from "../queues/place.ts";
import { RUNS_VERBS } from "../runs/request.ts";
import { typedValue, wordsBefore } from "./typed_line.ts";

type Word = readonly [word: string, says: string];

/** Nobody waits longer than this for a completion. */
const PATIENCE_MS = 2000;
/** Verbs whose operands are not runs. */
const WITHOUT_RUNS = ["set", "prune"];

/** What may follow `imp runs`: a verb, then names. */
export async function runsWords(line: string): Promise<Word[]> {
  const verb = wordsBefore(line).find((word) => (RUNS_VERBS as readonly string[]).includes(word));
  if (verb === undefined) return RUNS_VERBS.map((name) => [name, ""] as const);
  return WITHOUT_RUNS.includes(verb) ? [] : await runWords(line);
}

/** The runs of a queue, and their commands. None if it does not answer. */
export async function runWords(line: string): Promise<Word[]> {
  const words = wordsBefore(line);
  const url = typedValue(words, "on") ?? runtime.env("NATS_URL");
  if (!url) return [];
  const place = queuePlace({
    url,
    queue: typedValue(words, "queue"),
    creds: typedValue(words, "creds"),
    ca: typedValue(words, "tls-ca"),
    cert: typedValue(words, "tls-cert"),
    key: typedValue(words, "tls-key"),
  });
  const connection = await inTime(
    connectQueue(queueAccess(place), { name: "imp completions", warn: () => {} }),
  );
  const records = await inTime(new RunReader(connection, place.queue).records());
  const found = [...records].map((
    [run, { setup }],
  ): Word => [run, printable(setup?.command ?? "")]);
  await connection.close();
  return found;
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

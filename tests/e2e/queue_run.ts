// Runs of a queue that a test submits itself, and workers that take its jobs.
import { connect, headers } from "@nats-io/transport-node";
import { jetstream } from "@nats-io/jetstream";
import { HOST_FRAME, HostFrames } from "../../src/hosts/frames.ts";
import { jobFrame } from "../../src/hosts/job_frames.ts";
import { USUAL_LANE } from "../../src/queue/lanes.ts";
import { jobKey, QueueSubjects } from "../../src/queue/names.ts";
import { encodeJob } from "../../src/queue/records.ts";
import { encodeRunClosed, encodeRunSetup } from "../../src/queue/run_records.ts";
import { eventually, isAlive, type RunResult, type Sandbox } from "./harness.ts";
import type { NatsServer } from "./nats.ts";

/** Submits jobs as imp pool --on --detach does. The queue must exist. */
export async function submit(
  url: string,
  run: string,
  jobs: readonly (readonly string[])[],
  { queue = "default", closed = true, again = "", retryOf = undefined as string | undefined } = {},
): Promise<void> {
  const nats = await connected(url);
  try {
    const client = jetstream(nats, { timeout: 2000 });
    // A cluster that is electing a leader does not answer.
    const publish = async (subject: string, data: Uint8Array) => {
      const sent = () => client.publish(subject, data, { msgID: subject + again });
      await eventually(() => sent().then(() => true, () => false), `an answer to ${subject}`);
    };
    const subjects = new QueueSubjects(queue);
    const about = { user: "me", host: "here", command: jobs[0]?.join(" ") ?? "" };
    const setup = { run, created: Date.now(), ...about, lane: USUAL_LANE, retryOf, setup: {} };
    await publish(subjects.run(run, "setup"), encodeRunSetup(setup));
    for (const [i, words] of jobs.entries()) {
      const data = encodeJob({ ...NO_INPUT, once: false, job: jobPayload(i + 1, words) });
      await publish(subjects.job(run, jobKey(i + 1, 1)), data);
    }
    if (!closed) return;
    const record = encodeRunClosed({ total: jobs.length, whole: true });
    await publish(subjects.run(run, "closed"), record);
  } finally {
    await nats.close();
  }
}

/** @param url `nats://HOST:PORT,...`, or `nats://USER:PASSWORD@HOST:PORT` */
async function connected(url: string) {
  const [, login, servers] = /^nats:\/\/(?:(.*)@)?(.*)$/.exec(url)!;
  const [user, pass] = login?.split(":") ?? [];
  return await connect({ servers: servers.split(","), ...login && { user, pass } });
}

const NO_INPUT = { hasInput: false, input: new Uint8Array(0) };

/** The payload of the frame JOB. */
export function jobPayload(seq: number, words: readonly string[]): Uint8Array {
  const frames = new HostFrames();
  const bytes = words.map((word) => new TextEncoder().encode(word));
  frames.push(jobFrame(1, { seq, timeout: 0, slot: 0, hasInput: false, words: bytes }));
  const frame = frames.next()!;
  if (frame.type !== HOST_FRAME.job) throw new Error("not a job");
  return frame.payload.slice();
}

/** Publishes a foreign message, or something else that no client does. */
export async function publishRaw(
  url: string,
  subject: string,
  data: Uint8Array | string,
  given: Readonly<Record<string, string>> = {},
): Promise<void> {
  const nats = await connected(url);
  const set = headers();
  for (const [name, value] of Object.entries(given)) set.set(name, value);
  await jetstream(nats).publish(subject, data, { headers: set });
  await nats.close();
}

/** A worker in the background. */
export class TestWorker {
  private readonly child: Deno.ChildProcess;

  constructor(
    box: Sandbox,
    server: Pick<NatsServer, "url">,
    options: readonly string[] = ["--allow-any"],
    stderr: "null" | "inherit" = "null",
  ) {
    this.child = box.start(["worker", "--on", server.url, ...options], { stderr });
  }

  get pid(): number {
    return this.child.pid;
  }

  /** It finishes what runs. @returns its exit status */
  async end(): Promise<number> {
    if (isAlive(this.pid)) this.child.kill("SIGTERM");
    return (await this.child.status).code;
  }
}

/** Runs a worker until the queue is empty. */
export async function drain(
  box: Sandbox,
  server: Pick<NatsServer, "url">,
  options: readonly string[] = ["--allow-any"],
): Promise<RunResult> {
  return await box.imp(["worker", "--on", server.url, "--drain", ...options]);
}

// deno-lint-ignore no-explicit-any
export type ListedRun = Record<string, any>;

/** `imp runs --json`. */
export async function listed(
  box: Sandbox,
  server: Pick<NatsServer, "url">,
  ...words: string[]
): Promise<ListedRun[]> {
  const { code, stdout, stderr } = await box.imp(["runs", "--on", server.url, "--json", ...words]);
  // Another server of a cluster is still making it.
  if (/consumer not found/.test(stderr)) return [];
  if (code !== 0) throw new Error(stderr);
  return stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/** Waits until a run is in a state. */
export async function untilState(
  box: Sandbox,
  server: Pick<NatsServer, "url">,
  run: string,
  state: string,
): Promise<ListedRun> {
  let found: ListedRun | undefined;
  await eventually(async () => {
    [found] = await listed(box, server, "list", run);
    return found?.state === state;
  }, () => `${run} ${state}: ${JSON.stringify(found)}`);
  return found!;
}

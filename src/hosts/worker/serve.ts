import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { errnoName, systemError } from "../../libc/calling/errno.ts";
import { NICE_HINT, setNice, setUmask } from "../../libc/processes/process.ts";
import { mostJobs, parseJobs, resolveJobs, usableCores } from "../../pool/rules/jobs_setting.ts";
import type { Stop } from "../../pool/loop.ts";
import { spawnerWithoutChildren } from "../../pool/process/without_children.ts";
import { startCondition } from "../../pool/rules/machine_load.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { HOST_FRAME, hostFrame, jsonFrame, ProtocolError, textFrame } from "../frames.ts";
import {
  greetingLine,
  type WorkerReady,
  type WorkerSetup,
  type WorkersSetup,
} from "../greeting.ts";
import { ClientOrders } from "./client_orders.ts";
import { ownFacts } from "./own_facts.ts";
import { FrameOutput } from "./frame_output.ts";
import type { Permissions } from "./permissions.ts";
import { setupFrom } from "./setup.ts";
import { WorkerEngine } from "./worker_engine.ts";

const STDIN = 0, STDOUT = 1;

/**
 * Runs the jobs of a client that writes to stdin and reads from stdout, until it ends. Then nothing that was started is
 * left.
 * @param permissions what may be run; undefined: everything
 * @returns why it stopped, unless the client has closed and everything was done
 * @throws ImpError if the client's messages are invalid; it was told
 */
export async function serveClient(permissions?: Permissions): Promise<Stop | undefined> {
  // imp, its guard and its jobs must be able to read and remove what it creates.
  setUmask(setUmask(0o077) & 0o077);
  const output = new FrameOutput(STDOUT);
  const orders = new ClientOrders(STDIN, output);
  output.push(greetingLine(ownFacts()));
  try {
    if (output.pump() === "gone") return { why: "gone" };
    const said = orders.awaitSetup();
    if (!said) return { why: "gone" };
    const setup = setupFrom(said);
    becomeNiceFor(setup);
    if (setup.files && permissions) throw noFiles();
    const files = setup.files ? await filesFor(output) : undefined;
    const settings = { ...await settingsFor(setup), directory: files?.directory };
    output.credit = setup.credit;
    const engine = setup.workers
      ? await recordEngine(setup, setup.workers, settings, output, orders, permissions)
      : new WorkerEngine(setup, settings, output, orders, permissions, files);
    const ready: WorkerReady = { slots: settings.jobLimit.value };
    output.push(jsonFrame(HOST_FRAME.ready, ready));
    orders.serve(engine);
    const stop = await engine.loop.run();
    if (stop?.why === "failed") throw stop.error;
    if (!stop) {
      output.push(hostFrame(HOST_FRAME.left, engine.troubled ? 1 : 0));
      output.pump();
    }
    return stop;
  } catch (error) {
    const known = error instanceof ProtocolError ? notUnderstood(error) : error;
    if (known instanceof ImpError) {
      output.push(textFrame(HOST_FRAME.failed, textOf(known)));
      output.pump();
    }
    throw known;
  }
}

async function settingsFor(setup: WorkerSetup): Promise<PoolSettings> {
  const { termSteps, noChildren, maxLoad = Infinity, minMemory = 0 } = setup;
  return {
    file: "",
    argv: ({ items }) => items.fields,
    jobLimit: { value: resolveJobs(parseJobs(setup.slots), usableCores(), mostJobs()) },
    output: setup.output,
    ...{ inOrder: false, silent: false, halt: { when: "never" }, delay: 0 },
    termSteps: termSteps.map(([signal, wait]) => ({ signal, wait })),
    mayStart: startCondition(maxLoad, minMemory),
    noChildren: await spawnerWithoutChildren(noChildren),
  };
}

// Loaded only if needed.
async function recordEngine(
  setup: WorkerSetup,
  workers: WorkersSetup,
  pool: PoolSettings,
  output: FrameOutput,
  orders: ClientOrders,
  permissions: Permissions | undefined,
) {
  const { recordSettings } = await import("./record_setup.ts");
  const { RecordEngine } = await import("./record_engine.ts");
  const warn = (text: string) => output.push(textFrame(HOST_FRAME.note, text));
  const settings = recordSettings(setup, workers, pool, permissions, warn);
  return new RecordEngine(setup, settings, output, orders);
}

async function filesFor(output: FrameOutput) {
  const { WorkerFiles } = await import("./worker_files.ts");
  return new WorkerFiles(output);
}

/** A client that may run only some programs could overwrite them, or anything else that is the worker's. */
function noFiles(): ImpError {
  return new ImpError({
    action: "transfer",
    object: "files",
    why: "this worker is restricted by --allow, and takes no files",
    exit: EXIT.failed,
  });
}

function becomeNiceFor({ nice }: WorkerSetup): void {
  const code = nice === undefined ? 0 : setNice(nice);
  if (code === 0) return;
  const hint = errnoName(code) === "EACCES" ? NICE_HINT : undefined;
  throw systemError(code, "set the nice value to", String(nice), { hint, exit: EXIT.failed });
}

function notUnderstood(error: ProtocolError): ImpError {
  return new ImpError({
    action: "understand",
    object: "the client",
    why: error.message,
    hint: "imp pool starts imp worker --stdio and speaks a protocol with it",
    exit: EXIT.failed,
  });
}

function textOf(error: ImpError): string {
  const { message, hint, parts: { details: [place] = [] } } = error;
  // If the code of a module threw, the first line of its stack.
  const told = place === undefined ? message : `${message} (${place.trim()})`;
  return hint ? `${told}; ${hint}` : told;
}

import { ImpError, UsageError } from "../../base/errors.ts";
import { readFile } from "../../libc/descriptors/files.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command, Given, Option } from "../../cli/options.ts";
import { useProgramModule } from "../../multiprocessing/process/calling_module.ts";
import { provideLibrary } from "../../multiprocessing/process/current.ts";
import { SOURCE_URL } from "../../multiprocessing/process/target.ts";
import { loadFunction, moduleUrl } from "../../multiprocessing/process/load_function.ts";
import { serveCalls } from "../../pool/workers/call_worker.ts";

const OPTIONS = [
  { name: "json-args", summary: "arguments are JSON" },
  { name: "source", value: "FILE", summary: "what the module consists of; MODULE is its name" },
] as const satisfies readonly Option[];
type CallWorkerOption = typeof OPTIONS[number];

interface CallWorkerRequest {
  readonly module: string;
  /** The name of the function in the module; undefined: its default export. */
  readonly name?: string;
  readonly jsonArguments: boolean;
  /** The file of a module that imports no other file. */
  readonly source?: string;
}

export const poolCallWorkerCommand: Command<CallWorkerRequest, CallWorkerOption> = {
  name: "pool-call-worker",
  usage: ["pool-call-worker MODULE [EXPORT]"],
  description: ["Started by imp pool --call: calls a function for it."],
  options: OPTIONS,
  examples: [],
  request: callWorkerRequest,
  run,
};

function callWorkerRequest(
  values: Given<CallWorkerOption>,
  [module, name]: readonly string[],
): CallWorkerRequest {
  if (!module) throw new UsageError("no module given");
  return { module, name, jsonArguments: values.has("json-args"), source: values.text("source") };
}

async function run(request: CallWorkerRequest): Promise<number> {
  const { module, name, jsonArguments, source } = request;
  provideLibrary(() => import("../../mod.ts"));
  const url = source === undefined ? moduleUrl(module) : urlOfSource(readFile(source));
  useProgramModule(url);
  const load = source === undefined
    ? () => loadFunction(module, name)
    : () => loadSource(request, url);
  const shown = source === undefined ? undefined : (text: string) => withName(text, url, module);
  await serveCalls(load, jsonArguments, shown);
  return EXIT.done;
}

/** A module without a file: its URL holds its text. */
function urlOfSource(source: Uint8Array): string {
  let text = "";
  for (let from = 0; from < source.length; from += PIECE) {
    text += String.fromCharCode(...source.subarray(from, from + PIECE));
  }
  return SOURCE_URL + btoa(text);
}

const PIECE = 8192;

/** Replaces the URL that holds the module's text in messages of the runtime; Bun takes it for a path below /. */
function withName(text: string, url: string, module: string): string {
  return text.replaceAll(`/${url}`, module).replaceAll(url, module);
}

async function loadSource({ module, name }: CallWorkerRequest, url: string) {
  try {
    return await loadFunction(url, name);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    const { action, object, why, details, hint, errno } = error.parts;
    const named = (text: string) => withName(text, url, module);
    throw error.with({
      ...{ action, errno, object: object && named(object), why: why && named(why) },
      ...{ details: details?.map(named), hint: hint && named(hint) },
    });
  }
}

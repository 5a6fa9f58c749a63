import { bytesFromText } from "../../base/byte_text.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { changeDirectoryTo, workingDirectory } from "../../libc/processes/process.ts";
import { rawEnvironment, wordText } from "../../libc/processes/process_image.ts";
import { absolute, findProgram } from "../../libc/processes/program_file.ts";
import { delimiter } from "../../pool/source/input.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { withVariables } from "../../pool/process/starter.ts";
import { compileTemplate } from "../../pool/template/template.ts";
import { NO_ITEMS } from "../../pool/types.ts";
import { LineProtocol } from "../../pool/workers/line_protocol.ts";
import { CallProtocol } from "../../pool/workers/call_protocol.ts";
import type { WorkerSettings, WorkerSpec } from "../../pool/workers/worker_settings.ts";
import { runtime } from "../../runtime/mod.ts";
import { createMemoryFile } from "../../libc/descriptors/spool.ts";
import { moveUp, writeAll } from "../../libc/descriptors/files.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { ownPid } from "../../libc/processes/process.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { openWorkDirectory } from "../files/work_directory.ts";
import type { CallSetup, WorkerSetup, WorkersSetup } from "../greeting.ts";
import type { Permissions } from "./permissions.ts";

/**
 * The workers for a client's records. Enters their directory.
 * @param warn messages to the client's user @throws ImpError if they cannot be started, or may not
 */
export function recordSettings(
  setup: WorkerSetup,
  workers: WorkersSetup,
  pool: PoolSettings,
  permissions: Permissions | undefined,
  warn: (text: string) => void,
): WorkerSettings {
  const { env: variables = [], endRests } = setup;
  const home = workingDirectory();
  const given = absolute(setup.dir ?? home, home);
  const refusal = permissions?.refusalOfDirectory(given) ??
    permissions?.refusalOfVariables(variables);
  if (refusal) throw refusal;
  const directory = given === home ? home : enter(given, home);
  const { call } = workers;
  const program = call
    ? callProgram(call, workers, permissions)
    : lineProgram(workers, withVariables(rawEnvironment(), variables), directory, permissions);
  const { file } = program;
  return {
    pool: { ...pool, file, timeout: { kind: "fixed", ms: 0 }, retry: endRests ? ONCE : undefined },
    program: { ...program, variables },
    maxTasks: workers.maxTasks || Infinity,
    maxMemory: workers.maxMemory || Infinity,
    ...{ eager: false, json: false, warn },
  };
}

function lineProgram(
  workers: WorkersSetup,
  environment: readonly Bytes[],
  directory: string,
  permissions: Permissions | undefined,
): WorkerSpec {
  const words = workers.words.map(bytesFromText);
  const file = findProgram(wordText(words[0]), environment, directory);
  const forbidden = permissions?.refusalOf(file);
  if (forbidden) throw forbidden;
  const at = { host: bytesFromText(workers.host), login: bytesFromText(workers.login) };
  const template = compileTemplate(words, { hosts: true });
  const terminator = bytesFromText(workers.terminator);
  return {
    ...{ file, ahead: workers.ahead },
    argv: (slot) => template.render(NO_ITEMS, slot, slot, at),
    protocol: new LineProtocol(delimiter(terminator), terminator),
  };
}

/** The module is in a file in memory, which each worker reads when it starts. */
function callProgram(
  { module, source, name, json }: CallSetup,
  { ahead, terminator }: WorkersSetup,
  permissions: Permissions | undefined,
): WorkerSpec {
  const forbidden = permissions?.refusalOfCalls(module);
  if (forbidden) throw forbidden;
  const fd = moveUp(createMemoryFile(), FLOOR.job);
  writeAll(fd, source, "a file in memory");
  const self = runtime.selfCommand();
  const options = [...json ? ["--json-args"] : [], `--source=/proc/${ownPid()}/fd/${fd}`];
  const argv = [...self, "pool-call-worker", ...options, "--", module, ...name ? [name] : []];
  return {
    ...{ file: self[0], module, fileNow: ownFile, ahead, argv: () => argv },
    protocol: new CallProtocol(bytesFromText(terminator)),
  };
}

/** Enters the workers' directory, creating it if needed. @throws ImpError */
function enter(path: string, home: string): string {
  const found = openWorkDirectory(home, path, () => {}, () => {});
  const code = changeDirectoryTo(found);
  if (code !== 0) throw systemError(code, "change to directory", path, { exit: EXIT.failed });
  return found;
}

/** The client does the retries; here it only needs to be known that there are some. */
const ONCE = { attempts: 1, delay: 0, factor: 1, maxDelay: 0, jitter: 0 };

import { bytesFromText } from "../../base/byte_text.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { systemError } from "../../libc/calling/errno.ts";
import { changeDirectoryTo, workingDirectory } from "../../libc/processes/process.ts";
import { rawEnvironment, wordText } from "../../libc/processes/process_image.ts";
import { absolute, findProgram } from "../../libc/processes/program_file.ts";
import { delimiter } from "../../pool/input.ts";
import type { PoolSettings } from "../../pool/settings.ts";
import { withVariables } from "../../pool/starter.ts";
import { compileTemplate } from "../../pool/template.ts";
import { LineProtocol } from "../../pool/workers/line_protocol.ts";
import type { WorkerSettings } from "../../pool/workers/worker.ts";
import { openWorkDirectory } from "../files/work_directory.ts";
import type { WorkerSetup, WorkersSetup } from "../greeting.ts";
import type { Permissions } from "./permissions.ts";

/**
 * What workers are that answer a client's records. Enters the directory that they run in.
 * @param warn tells the client's user @throws ImpError where they cannot be started, or may not
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
  const words = workers.words.map(bytesFromText);
  const refusal = permissions?.refusalOfDirectory(given) ??
    permissions?.refusalOfVariables(variables);
  if (refusal) throw refusal;
  const directory = given === home ? home : enter(given, home);
  const environment = withVariables(rawEnvironment(), variables);
  const file = findProgram(wordText(words[0]), environment, directory);
  const forbidden = permissions?.refusalOf(file);
  if (forbidden) throw forbidden;
  const at = { host: bytesFromText(workers.host), login: bytesFromText(workers.login) };
  const template = compileTemplate(words, { hosts: true });
  const terminator = bytesFromText(workers.terminator);
  return {
    pool: { ...pool, file, timeout: { kind: "fixed", ms: 0 }, retry: endRests ? ONCE : undefined },
    program: {
      ...{ file, variables, ahead: workers.ahead },
      argv: (slot) => template.render([], slot, slot, at),
      protocol: new LineProtocol(delimiter(terminator), terminator),
    },
    maxTasks: workers.maxTasks || Infinity,
    maxMemory: workers.maxMemory || Infinity,
    ...{ eager: false, json: false, warn },
  };
}

/** Enters the directory of workers, which is made where it is missing. @throws ImpError */
function enter(path: string, home: string): string {
  const found = openWorkDirectory(home, path, () => {}, () => {});
  const code = changeDirectoryTo(found);
  if (code !== 0) throw systemError(code, "change to directory", path, { exit: EXIT.failed });
  return found;
}

/** The client tries again; here it is only known that it may. */
const ONCE = { attempts: 1, delay: 0, factor: 1, maxDelay: 0, jitter: 0 };

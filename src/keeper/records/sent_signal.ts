// The last signal that a command of imp sent to a daemon, so that its end can be attributed.
import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { readPlainFile } from "../../libc/descriptors/whole_file.ts";
import type { ProcessIdentity } from "../../termination/identity.ts";
import type { KeptPlace } from "../home.ts";
import { writeRecordFile } from "./record_file.ts";

interface SentSignal extends ProcessIdentity {
  readonly schema: 1;
  readonly signal: number;
  /** The command in words. */
  readonly by: string;
}

const FILE = "signal.json";

/**
 * Before it is sent: its effect may show at the same moment. A failure to record it must not prevent sending it: throws
 * nothing.
 */
export function tryNoteSentSignal(
  { directory }: KeptPlace,
  { pid, startTicks }: ProcessIdentity,
  signal: number,
  by: string,
): void {
  const record: SentSignal = { schema: 1, pid, startTicks, signal, by };
  try {
    writeRecordFile(`${directory}/${FILE}`, record);
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    debug("signal", "who has sent it is not noted", { error: error.message });
  }
}

/** The command that sent a signal to a process; undefined if none is recorded. */
export function senderOfSignal(
  { directory }: KeptPlace,
  { pid, startTicks }: ProcessIdentity,
  signal: number,
): string | undefined {
  const bytes = readPlainFile(`${directory}/${FILE}`);
  if (!(bytes instanceof Uint8Array)) return undefined;
  let record: Partial<SentSignal> | null;
  try {
    record = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (record?.schema !== 1 || record.pid !== pid || record.startTicks !== startTicks) {
    return undefined;
  }
  return record.signal === signal && typeof record.by === "string" ? record.by : undefined;
}

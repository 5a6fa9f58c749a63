import { writeAll } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import type { ChildSurroundings } from "../process/child.ts";
import { decode } from "../wire/codec.ts";
import { becomeChild, provideLibrary } from "../process/current.ts";
import { useProgramModule } from "../process/calling_module.ts";
import { becomeThread, currentThread, type ThreadRequest } from "./current_thread.ts";
import { describeError } from "../process/error_text.ts";
import { loadTarget, useOwnModules } from "../process/load_target.ts";
import { closePorts } from "../shared/remote_port.ts";
import { noteCalled, noteTaken, noteWaits } from "./progress.ts";

const STDERR = 2;

/** Does what a thread was started for: loads the target's module, calls it, and ends when its promise is settled. */
export async function runThread({ api, own }: Omit<ChildSurroundings, "given">): Promise<void> {
  const request = runtime.threadData() as ThreadRequest | undefined;
  if (!request) return;
  becomeChild({ ...request.process });
  useProgramModule(request.target.module);
  becomeThread({ name: request.name, daemon: request.daemon });
  runtime.onUncaught(fail);
  try {
    provideLibrary(api);
    if (own) useOwnModules(own);
    const target = await loadTarget(request.target);
    const args = await argumentsOf(request, api);
    runtime.onUncaught(fail);
    noteCalled(request.progress);
    const result = target(...args);
    noteWaits(request.progress);
    await result;
    end(true);
  } catch (error) {
    fail(error);
  }
}

async function argumentsOf(
  { args, fds, progress }: ThreadRequest,
  api: ChildSurroundings["api"],
): Promise<unknown[]> {
  // Objects shared by several threads belong to classes that are not loaded yet.
  if (fds.length > 0) await api();
  noteTaken(progress);
  const left = [...fds];
  return decode(args, () => left.shift() ?? -1) as unknown[];
}

function fail(error: unknown): never {
  try {
    writeAll(STDERR, `Exception in thread ${currentThread().name}:\n${describeError(error)}\n`);
  } catch {
    // Nobody to tell.
  }
  return end(false);
}

/** The process lives on, and with it every descriptor that nobody closes. */
function end(orderly: boolean): never {
  closePorts(orderly);
  return runtime.exit(0);
}

import {
  FIRST_ARGUMENT_FD,
  LEASH_FD,
  LIFELINE_FD,
  REQUEST_FD,
} from "../../libc/descriptors/reserved.ts";
import { SIGKILL } from "../../libc/abi.ts";
import { closeFile, readToEnd, writeAll } from "../../libc/descriptors/files.ts";
import { wearLeash } from "../../libc/processes/leash.ts";
import {
  becomeSubreaper,
  closeOnExecFrom,
  parentPid,
  setParentDeathSignal,
} from "../../libc/processes/process.ts";
import { runtime } from "../../runtime/mod.ts";
import { Reader } from "../wire/codec_read.ts";
import { useProgramModule } from "./calling_module.ts";
import { becomeChild, provideLibrary, thisProcess } from "./current.ts";
import { describeError } from "./error_text.ts";
import { loadTarget, type OwnModules, useOwnModules } from "./load_target.ts";
import { untilSettled } from "./until_settled.ts";
import type { StartRequest } from "./child_process.ts";
import { describeTarget } from "./target.ts";

/** What a new process's entry provides. */
export interface ChildSurroundings {
  /** What modules that import the library get. */
  api(): Promise<Record<string, unknown>>;
  readonly own?: OwnModules;
  /** How many descriptors came with its arguments. */
  readonly given: number;
}

const STDERR = 2;
const FAILED = 1;

/** Does what a process was started for: reads the request, loads the target's module, calls it. */
export async function runChild({ api, own, given }: ChildSurroundings): Promise<void> {
  try {
    closeOnExecFrom(REQUEST_FD);
    const reader = readRequest();
    const request = reader.value() as StartRequest;
    becomeChild({
      ...request,
      lifeline: LIFELINE_FD,
      loading: describeTarget({ module: request.target.module }),
    });
    bindToParent(request);
    useProgramModule(request.target.module);
    runtime.onUncaught(die);
    if (request.noChildren) await applyNoChildren();
    provideLibrary(api);
    if (own) useOwnModules(own);
    const target = await loadTarget(request.target);
    thisProcess().loading = undefined;
    // Objects shared by several processes belong to classes that are not loaded yet.
    if (given > 0) await api();
    const args = reader.value() as unknown[];
    runtime.onUncaught(die);
    await untilSettled(target(...args), "the target", die);
  } catch (error) {
    die(error);
  }
}

function readRequest(): Reader {
  const bytes = readToEnd(REQUEST_FD, "what its parent wants of it") as Uint8Array<ArrayBuffer>;
  closeFile(REQUEST_FD);
  let nextFd = FIRST_ARGUMENT_FD;
  return new Reader(bytes, () => nextFd++);
}

/** A daemonic process ends with its parent, and keeps everything it starts below it: so that can be found and ended. */
function bindToParent({ daemon, parent }: StartRequest): void {
  if (!daemon) return;
  becomeSubreaper();
  const leash = wearLeash(LEASH_FD);
  // Impossible without /proc: then the kernel ends it with its parent, whatever becomes of its children.
  if (typeof leash === "number") setParentDeathSignal(SIGKILL);
  if (leash === "gone" || parentPid() !== parent) runtime.exit(FAILED);
}

async function applyNoChildren(): Promise<void> {
  const { setNoChildren } = await import("../../libc/processes/no_children.ts");
  const code = setNoChildren();
  if (code === 0) return;
  const { systemError } = await import("../../libc/calling/errno.ts");
  throw systemError(code, "apply", "noChildren", {
    hint: "the kernel has no seccomp filters here",
  });
}

function die(error: unknown): never {
  try {
    writeAll(STDERR, `Process ${thisProcess().name}:\n${describeError(error)}\n`);
  } catch {
    // Nobody to tell.
  }
  return runtime.exit(FAILED);
}

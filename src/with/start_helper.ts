import { SIGKILL } from "../libc/abi.ts";
import type { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { AttemptChannel, type AttemptListener } from "../libc/processes/attempts.ts";
import type { ChildStep } from "../libc/processes/child_program.ts";
import { errnoName, systemError } from "../libc/calling/errno.ts";
import { closeFile } from "../libc/descriptors/files.ts";
import { forkAndExecute } from "../libc/processes/fork.ts";
import { ownPid, workingDirectory } from "../libc/processes/process.ts";
import { execError, findProgram, isShellScript } from "../libc/processes/program_file.ts";
import type { Bytes } from "../libc/processes/spawn.ts";

/** How to start a helper. */
export interface HelperStart {
  readonly words: readonly string[];
  readonly env: readonly Bytes[];
  /** As [from, to]; `from` is above every `to`. */
  readonly descriptors: readonly (readonly [from: number, to: number])[];
  readonly noChildren: boolean;
  /** Above every `to`. */
  readonly lowest: number;
}

/** A running helper. */
export interface StartedHelper {
  readonly pid: number;
  /** Reports its attempts to start processes; undefined if the kernel itself refuses them. */
  readonly listener?: AttemptListener;
}

/**
 * Starts a helper: in a session of its own, without a terminal, with clean signals, and so that the kernel kills it if
 * imp dies. Closes this side of its descriptors.
 * @throws ImpError if it cannot be executed (126, 127) or started
 */
export function startHelper(start: HelperStart): StartedHelper {
  try {
    return executed(start);
  } finally {
    for (const fd of new Set(start.descriptors.map(([from]) => from))) closeFile(fd);
  }
}

function executed(start: HelperStart): StartedHelper {
  const file = findProgram(start.words[0], start.env, workingDirectory());
  const started = attempt(file, start.words, start);
  if (typeof started !== "number") return started;
  if (errnoName(started) === "ENOEXEC" && isShellScript(file)) {
    // Like execvp(3) and every shell with a script that has no #! line.
    const again = attempt("/bin/sh", ["/bin/sh", file, ...start.words.slice(1)], start);
    if (typeof again !== "number") return again;
    throw execError("/bin/sh", again);
  }
  throw execError(file, started);
}

/** @returns the errno of exec if that failed */
function attempt(
  file: string,
  argv: readonly string[],
  { env, descriptors, noChildren, lowest }: HelperStart,
): StartedHelper | number {
  const channel = noChildren ? new AttemptChannel(lowest) : undefined;
  const steps: ChildStep[] = [
    { do: "setsid" },
    ...descriptors.map(([from, to]) => ({ do: "dup2", from, to }) as const),
    { do: "reset-signals" },
    { do: "parent-death", signal: SIGKILL, parent: ownPid() },
    ...(channel ? [{ do: "no-children", tellOn: channel.childEnd }] satisfies ChildStep[] : []),
    { do: "execute", path: file, argv, env },
  ];
  const outcome = forkAndExecute(steps);
  const listener = channel?.finish();
  if ("pid" in outcome) return { pid: outcome.pid, listener };
  listener?.close();
  if (outcome.failed.do === "execute") return outcome.code;
  throw stepError(outcome.failed, outcome.code, file);
}

function stepError(step: ChildStep, code: number, file: string): ImpError {
  const exit = EXIT.failed;
  if (step.do !== "no-children") return systemError(code, step.do, `for ${file}`, { exit });
  return systemError(code, "apply --no-children to", file, {
    exit,
    hint:
      "this kernel, or a filter above imp, does not allow seccomp filters: leave out --no-children",
  });
}

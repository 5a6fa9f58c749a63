import {
  FIRST_ARGUMENT_FD,
  FLOOR,
  LEASH_FD,
  LIFELINE_FD,
  REQUEST_FD,
} from "../../libc/descriptors/reserved.ts";
import { EAGAIN, O_RDWR, SIGCHLD } from "../../libc/abi.ts";
import { PROCESS_LIMIT_HINT, systemError } from "../../libc/calling/errno.ts";
import { closeFile, duplicate, moveUp, openFile } from "../../libc/descriptors/files.ts";
import { callersIgnoredSignals } from "../../libc/processes/dispositions.ts";
import { sendBuffer } from "../../libc/descriptors/mapping.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { ownFile } from "../../libc/processes/own_file.ts";
import { resetSignal } from "../../libc/processes/signals.ts";
import { socketPair } from "../../libc/descriptors/socket.ts";
import { type Bytes, spawn } from "../../libc/processes/spawn.ts";
import { runtime } from "../../runtime/mod.ts";
import { closeSent, type Encoded } from "../wire/codec.ts";
import type { TargetReference } from "./target.ts";

/** A process to start. */
export interface Launch {
  /** What it must do, with the descriptors for that; the caller closes them. */
  readonly request: Encoded;
  /** For messages. */
  readonly name: string;
  /** Whether its target is in one of imp's own modules, which only main.ts knows. */
  readonly ownModule: boolean;
  readonly environment: readonly Bytes[];
  /** See `libc/processes/leash.ts`. */
  readonly leash?: number;
}

/** A new process that was started. */
export interface Started {
  readonly pid: number;
  /** A socket whose other end only that process has: it closes when the process ends. */
  readonly lifeline: number;
}

let ignored: readonly number[] | undefined;
let nothing: number | undefined;

/**
 * Starts imp as a new process. It has this one's stdout and stderr, /dev/null as stdin, and ignores the signals that
 * imp's caller ignores.
 * @throws ImpError (EAGAIN, EMFILE, ENOMEM)
 */
export function startProcess({ request, name, ownModule, environment, leash }: Launch): Started {
  // No descriptor may have a number that the new process will use for another.
  const lowest = Math.max(FLOOR.process, FIRST_ARGUMENT_FD + request.fds.length);
  const passed: number[] = [];
  const high = (fd: number) => {
    passed.push(fd);
    return passed[passed.length - 1] = moveUp(fd, lowest);
  };
  nothing ??= moveUp(openFile("/dev/null", O_RDWR), FLOOR.process);
  let lifeline = -1;
  try {
    const file = high(sendBuffer(request.bytes));
    const [mine, theirs] = socketPair("stream");
    lifeline = mine;
    const descriptors: [number, number][] = [
      [nothing, 0],
      [file, REQUEST_FD],
      [high(theirs), LIFELINE_FD],
    ];
    if (leash !== undefined) descriptors.push([leash, LEASH_FD]);
    request.fds.forEach((fd, i) => descriptors.push([high(duplicate(fd)), FIRST_ARGUMENT_FD + i]));
    const { path, argv } = childCommand(ownModule, request.fds.length);
    const keepIgnored = signalsToIgnore();
    const pid = spawn({ path, argv, env: environment, keepIgnored, descriptors });
    if (pid < 0) throw notStarted(-pid, name);
    return { pid, lifeline };
  } catch (error) {
    if (lifeline >= 0) closeFile(lifeline);
    throw error;
  } finally {
    closeSent(passed);
  }
}

/** The environment of a new process: this one's current one, byte for byte where the program has not changed it. */
export function currentEnvironment(): Bytes[] {
  const now = Object.entries(runtime.environment()).map(([name, value]) => `${name}=${value}`);
  if (!now.some((word) => word.includes("\uFFFD"))) return now;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const raw = new Map(
    rawEnvironment().map((word) => [
      typeof word === "string" ? word : decoder.decode(word),
      word,
    ]),
  );
  return now.map((word) => raw.get(word) ?? word);
}

function childCommand(ownModule: boolean, given: number): { path: string; argv: string[] } {
  // Only main.ts knows imp's own modules.
  const self = runtime.compiled || ownModule;
  const start = self
    ? runtime.selfCommand()
    : runtime.moduleCommand(new URL("../../child_main.ts", import.meta.url).href);
  return { path: self ? ownFile() : start[0], argv: [...start, CHILD_WORD, String(given)] };
}

/** Determined once; SIGCHLD must not be among them, or the kernel would keep no exit status. */
function signalsToIgnore(): readonly number[] {
  if (ignored) return ignored;
  const all = callersIgnoredSignals();
  if (all.includes(SIGCHLD)) resetSignal(SIGCHLD);
  return ignored = all.filter((n) => n !== SIGCHLD);
}

function notStarted(code: number, name: string) {
  const hint = code === EAGAIN ? { hint: PROCESS_LIMIT_HINT } : {};
  return systemError(code, "start", `process ${name}`, hint);
}

/** What a new process finds in the memory file that is its descriptor 3; its arguments follow as a second value. */
export interface StartRequest {
  readonly target: TargetReference;
  readonly name: string;
  readonly identity: readonly number[];
  readonly daemon: boolean;
  readonly noChildren: boolean;
  readonly parent: number;
  readonly parentName: string;
}

/** The first word that makes imp's executable such a process; the number of descriptors for the arguments follows. */
const CHILD_WORD = "process-child";

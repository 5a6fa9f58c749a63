import { PROCESS_LIMIT_HINT, systemError } from "../libc/errno.ts";
import { closeFile, moveUp, O_RDWR, openFile } from "../libc/files.ts";
import { ignoredSignals } from "../libc/dispositions.ts";
import { sendBuffer } from "../libc/mapping.ts";
import { rawEnvironment } from "../libc/process_image.ts";
import { resetSignal } from "../libc/signals.ts";
import { socketPair } from "../libc/socket.ts";
import { type Bytes, spawn } from "../libc/spawn.ts";
import { runtime } from "../runtime/mod.ts";
import { closeSent, type Encoded } from "./codec.ts";
import { CHILD_WORD, FIRST_ARGUMENT_FD, LIFELINE_FD, REQUEST_FD } from "./request.ts";

/** A new process that has been started. */
export interface Started {
  readonly pid: number;
  /** A socket whose other end only that process has: it closes when the process ends. */
  readonly lifeline: number;
}

const SIGCHLD = 17;
/** What the runtimes ignore for themselves. */
const RUNTIME_IGNORES: readonly number[] = [13, 25];
const EAGAIN = 11;
/** Above the numbers that descriptors get in the new process. */
const LOWEST = 64;

let ignored: readonly number[] | undefined;
let nothing: number | undefined;

/**
 * Starts imp as a new process for the request; it has the output and error of this one, /dev/null as input, and whatever
 * signals imp's caller ignores.
 * @param request closes its descriptors
 * @param name for messages
 * @throws ImpError (EAGAIN, EMFILE, ENOMEM)
 */
export function startProcess(
  request: Encoded,
  ownModule: boolean,
  environment: readonly Bytes[],
  name: string,
): Started {
  const ours: number[] = [...request.fds];
  const keep = (fd: number) => {
    const moved = moveUp(fd, LOWEST);
    ours.push(moved);
    return moved;
  };
  try {
    nothing ??= moveUp(openFile("/dev/null", O_RDWR), LOWEST);
    const file = keep(sendBuffer(request.bytes));
    const [mine, theirs] = socketPair("stream");
    ours.push(mine);
    const given = request.fds.map((
      fd,
      i,
    ): [number, number] => [highCopy(fd, ours), FIRST_ARGUMENT_FD + i]);
    const [path, ...words] = childCommand(ownModule, given.length);
    const pid = spawn({
      path,
      argv: [path, ...words],
      env: environment,
      keepIgnored: signalsToIgnore(),
      descriptors: [[nothing, 0], [file, REQUEST_FD], [keep(theirs), LIFELINE_FD], ...given],
    });
    if (pid < 0) throw notStarted(-pid, name);
    ours.splice(ours.indexOf(mine), 1);
    return { pid, lifeline: mine };
  } finally {
    closeSent(ours);
  }
}

/** The environment of a new process: this one's as it is now, byte for byte where the program has not changed it. */
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

function childCommand(ownModule: boolean, given: number): string[] {
  // A module of imp's own is known by main.ts only.
  const start = runtime.compiled || ownModule
    ? runtime.selfCommand()
    : runtime.moduleCommand(new URL("../child_main.ts", import.meta.url).href);
  return [...start, CHILD_WORD, String(given)];
}

function highCopy(fd: number, ours: number[]): number {
  const at = ours.indexOf(fd);
  return ours[at] = moveUp(fd, LOWEST);
}

/** Found out once; SIGCHLD must not be among them: the kernel would keep no exit status. */
function signalsToIgnore(): readonly number[] {
  if (ignored) return ignored;
  const all = ignoredSignals();
  if (all.includes(SIGCHLD)) resetSignal(SIGCHLD);
  return ignored = all.filter((n) => n !== SIGCHLD && !RUNTIME_IGNORES.includes(n));
}

function notStarted(code: number, name: string) {
  const hint = code === EAGAIN ? { hint: PROCESS_LIMIT_HINT } : {};
  return systemError(code, "start", `process ${name}`, hint);
}

/** Closes this process' end of a lifeline that nobody watches. */
export function dropLifeline({ lifeline }: Started): void {
  closeFile(lifeline);
}

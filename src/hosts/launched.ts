import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { F_SETFL, O_NONBLOCK, O_RDONLY } from "../libc/abi.ts";
import { libc } from "../libc/calling/load.ts";
import { closeFile, moveUp, openFile, writeAll } from "../libc/descriptors/files.ts";
import { openPipe } from "../libc/descriptors/pipe.ts";
import { socketPair } from "../libc/descriptors/socket.ts";
import { FLOOR } from "../libc/descriptors/reserved.ts";
import { workingDirectory } from "../libc/processes/process.ts";
import type { Limit } from "../libc/users/limits.ts";
import { execError, findProgram } from "../libc/processes/program_file.ts";
import { type Bytes, spawn, type SpawnRequest } from "../libc/processes/spawn.ts";
import type { HostLaunch } from "./host_approach.ts";

/** A process on the way to a host, and our non-blocking ends of its pipes. */
export interface Launched {
  readonly pid: number;
  /** Its stdin; undefined if another process writes it. */
  readonly stdin?: number;
  readonly stdout: number;
  readonly stderr: number;
  /** The process that compresses the copied file; it ends by itself. */
  readonly packer?: number;
}

/**
 * Starts it in its own session: without a terminal to prompt on, and out of reach of Ctrl-C.
 * @param openFiles its limit, if imp has raised its own
 * @throws ImpError if it cannot be started
 */
export function startLaunch(
  launch: HostLaunch,
  env: readonly Bytes[],
  openFiles?: Limit,
): Launched {
  const opened: number[] = [];
  const sockets = launch.kind === "worker" && launch.sockets;
  const keep = (ends: [number, number]): [number, number] => {
    opened.push(...ends);
    return ends;
  };
  const pipe = () => keep(openPipe(FLOOR.job));
  const pair = () => sockets ? keep(socketsFrom(FLOOR.job)) : pipe();
  try {
    const [input, stdin] = pair(), [stdout, output] = pair(), [stderr, errors] = pipe();
    const descriptors = [[input, 0], [output, 1], [errors, 2]] as const;
    const pid = startWords(launch.words, { env, descriptors, openFiles });
    for (const fd of [input, output, errors]) closeFile(fd);
    for (const fd of [stdin, stdout, stderr]) libc("fcntl").fcntl(fd, F_SETFL, O_NONBLOCK);
    opened.length = 0;
    if (launch.kind === "worker") return { pid, stdin, stdout, stderr };
    return { pid, stdout, stderr, packer: startPacker(launch, stdin, { env, openFiles }) };
  } catch (error) {
    for (const fd of opened) closeFile(fd);
    throw error;
  }
}

function socketsFrom(floor: number): [number, number] {
  const [one, other] = socketPair("stream");
  return [moveUp(one, floor), moveUp(other, floor)];
}

type Surroundings = Pick<SpawnRequest, "env" | "openFiles">;

function startWords(
  words: readonly string[],
  request: Surroundings & Pick<SpawnRequest, "descriptors">,
): number {
  const path = findProgram(words[0], request.env, workingDirectory());
  const pid = spawn({ ...request, path, argv: words, newSession: true });
  if (pid < 0) throw execError(path, -pid).with({ exit: EXIT.failed });
  return pid;
}

/**
 * Starts the process that writes an executable to the host, after the line.
 * @param to a process' stdin, closed here
 * @returns its PID; undefined if it cannot be started: the host then gets less than it expects, and reports that
 */
function startPacker(
  { line, file, packer }: HostLaunch & { kind: "copy" },
  to: number,
  surroundings: Surroundings,
): number | undefined {
  try {
    // Less than a pipe holds.
    writeAll(to, `${line}\n`, "a pipe");
    // The packer needs a blocking pipe.
    libc("fcntl").fcntl(to, F_SETFL, 0);
    const from = moveUp(openFile(file, O_RDONLY), FLOOR.job);
    try {
      return startWords(packer, { ...surroundings, descriptors: [[from, 0], [to, 1]] });
    } finally {
      closeFile(from);
    }
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    return undefined;
  } finally {
    closeFile(to);
  }
}

/** Which of these programs are installed here. */
export function installedPrograms(
  names: readonly string[],
  environment: readonly Bytes[],
): string[] {
  return names.filter((name) => {
    try {
      return findProgram(name, environment, workingDirectory()) !== "";
    } catch (error) {
      if (error instanceof ImpError) return false;
      throw error;
    }
  });
}

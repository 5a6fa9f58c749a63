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

/** A process that leads to a host, and our ends of its pipes, none of which block. */
export interface Launched {
  readonly pid: number;
  /** What it reads; undefined where another process writes it. */
  readonly stdin?: number;
  readonly stdout: number;
  readonly stderr: number;
  /** The process that packs what is copied; it ends by itself. */
  readonly packer?: number;
}

/**
 * Starts it in a session of its own: it has no terminal on which it could ask, and a Ctrl-C is not for it.
 * @param openFiles its limit, where imp has raised its own
 * @throws ImpError where it cannot be started
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
 * Starts what writes an executable to the host, behind the line.
 * @param to a process' stdin, which is closed here
 * @returns its PID; undefined where it cannot be started: the host gets less than it expects, and says so
 */
function startPacker(
  { line, file, packer }: HostLaunch & { kind: "copy" },
  to: number,
  surroundings: Surroundings,
): number | undefined {
  try {
    // Less than a pipe holds.
    writeAll(to, `${line}\n`, "a pipe");
    // It is not to find a pipe that does not block.
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

/** Which of these programs this machine has. */
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

import { systemError } from "../../libc/calling/errno.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { spawn } from "../../libc/processes/spawn.ts";
import { programWords } from "../program.ts";

/** Starts another part of the program as a child of this process. It inherits descriptors 0-2. @returns its PID */
export function startPart(id: string, part: string, ...args: string[]): number {
  return startWords(programWords(id, part, args));
}

/** Starts a program by its path as a child of this process. @returns its PID */
export function startWords(argv: readonly string[]): number {
  const pid = spawn({ path: argv[0], argv, env: rawEnvironment() });
  if (pid < 0) throw systemError(-pid, "start", argv[0]);
  return pid;
}

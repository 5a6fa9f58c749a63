import { describeError } from "../../multiprocessing/process/error_text.ts";
import { writeAll } from "../../libc/descriptors/files.ts";
import { runtime } from "../../runtime/mod.ts";
import { GOES_ON, type ProgramPart } from "../part.ts";

/** A program of the library's: it ends as programs of users do, when its code has ended and the rules are kept. */
export function program(main: () => void | Promise<void>): ProgramPart {
  return () => {
    runtime.onUncaught(fail);
    Promise.try(main).catch(fail);
    return GOES_ON;
  };
}

function fail(error: unknown): never {
  writeAll(2, `${describeError(error)}\n`);
  return runtime.exit(1);
}

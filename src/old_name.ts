/** For programs that import `imp`, the module's name in imp 0.1.0. Their processes and threads print nothing. */
import { writeAll } from "./libc/descriptors/files.ts";
import { thisProcess } from "./multiprocessing/process/current.ts";
import { runtime } from "./runtime/mod.ts";

export * from "./mod.ts";

const STDERR = 2;

if (thisProcess().parent === 0 && runtime.threadData() === undefined) {
  try {
    writeAll(
      STDERR,
      'imp: warning: the module is called "imp:multiprocessing"; "imp" is a package of somebody else on npm\n' +
        '  write: import { Pool } from "imp:multiprocessing"\n',
      "standard error",
    );
  } catch {
    // Nobody to tell.
  }
}

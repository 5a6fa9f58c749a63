import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { OftenProbed } from "../../keeper/health/often_probed.ts";
import { FLOOR } from "../../libc/descriptors/reserved.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { nap } from "../../libc/time.ts";
import { closeOnExecFrom } from "../../libc/processes/process.ts";
import { raiseOpenFiles } from "../../libc/users/limits.ts";
import { runtime } from "../../runtime/mod.ts";
import { watchLogs } from "../../logs/watch/watch.ts";
import { keptDaemonSource } from "./source.ts";

const FAILED_PAUSE_MS = 5000;

export const watchCommand: Command<WatchRequest> = {
  name: "watch",
  usage: ["watch HOME"],
  description: [
    "imp starts this command itself: it reads the pipes of kept daemons, rotates their logs and makes frequent health probes, as long as a daemon needs one of these. " +
    "There is one such process per user. If it is killed, nothing is lost: another one is started.",
  ],
  options: [],
  examples: [],
  request,
  run: ({ home }) => {
    // The descriptors it was given show that it lives: programs that it starts must not inherit them.
    closeOnExecFrom(FLOOR.standard);
    // It serves hundreds of daemons.
    raiseOpenFiles();
    runtime.compileLittle();
    try {
      watchLogs(keptDaemonSource(home), new OftenProbed(home));
    } catch (error) {
      // Its directory may be removed at any time.
      if (!(error instanceof ImpError)) throw error;
      // Its end is an event for all keepers, which start another one.
      if (typeof statPath(home) !== "string") nap(FAILED_PAUSE_MS);
      return EXIT.no;
    }
    return EXIT.done;
  },
};

interface WatchRequest {
  readonly home: string;
}

function request(_given: unknown, [home]: readonly string[]): WatchRequest {
  if (!home?.startsWith("/")) throw new UsageError("imp watch needs the directory of kept daemons");
  return { home };
}

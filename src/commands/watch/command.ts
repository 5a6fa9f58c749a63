import { ImpError, UsageError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { watchLogs } from "../../logs/watch.ts";
import { keptDaemonSource } from "./source.ts";

export const watchCommand: Command<WatchRequest> = {
  name: "watch",
  usage: ["watch HOME"],
  description: [
    "Started by imp itself: reads the pipes of kept daemons and rotates their logs, for as long as one of them needs that. " +
    "There is one such process for a user; it may be killed at any time, and nothing is lost.",
  ],
  options: [],
  examples: [],
  request,
  run: ({ home }) => {
    try {
      watchLogs(keptDaemonSource(home));
    } catch (error) {
      // Its directory may be removed at any time.
      if (!(error instanceof ImpError)) throw error;
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

import { nameOf, rawEnvironment } from "../../libc/processes/process_image.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { KEPT_TAG } from "../tree/kept_marks.ts";

/** Variables meant for the caller alone: sd_notify(3), sd_listen_fds(3), and those describing its process. */
const CALLERS = new Set([
  ...["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"],
  ...["LISTEN_FDNAMES", KEPT_TAG],
]);

/** The environment of imp's caller, for the record. */
export function environmentSnapshot(): Bytes[] {
  return rawEnvironment().filter((word) => !CALLERS.has(nameOf(word) ?? ""));
}

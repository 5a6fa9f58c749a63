import { daemonEnvironment } from "../daemon/environment.ts";
import type { Owner } from "../daemon/owner.ts";
import { nameOf, rawEnvironment, rawWord } from "../libc/processes/process_image.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { readEnvironmentFile } from "./environment_file.ts";
import { KEPT_TAG } from "./kept_tags.ts";
import type { KeptSettings } from "./records/kept_settings.ts";

/** What the caller was told for itself alone: sd_notify(3), sd_listen_fds(3), and whose process it is. */
const CALLERS = new Set([
  ...["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID"],
  ...["LISTEN_FDNAMES", KEPT_TAG],
]);

/** The environment of imp's caller, for the record. */
export function environmentSnapshot(): Bytes[] {
  return rawEnvironment().filter((word) => !CALLERS.has(nameOf(word) ?? ""));
}

/**
 * The environment of a daemon's program, without what a run adds: its snapshot, its user's variables, those of files, those of
 * the command line, which win.
 * @param snapshot as recorded
 * @param owner whom it runs as, where that was asked for
 * @throws ImpError when a file of variables cannot be used
 */
export function programEnvironment(
  settings: Pick<KeptSettings, "environment" | "environmentFiles" | "clearEnvironment">,
  snapshot: readonly Bytes[],
  owner?: Owner,
): Bytes[] {
  const words = [
    ...settings.environmentFiles.flatMap((file) => readEnvironmentFile(file, owner?.uid)),
    ...settings.environment.map(rawWord),
  ];
  return daemonEnvironment({
    inherited: settings.clearEnvironment ? undefined : snapshot,
    user: owner && (owner.entry ?? "unknown"),
    given: [...new Map(words.map((word) => [nameOf(word), word])).values()],
  });
}

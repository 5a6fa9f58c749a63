// What waiters get for changes and files. Loaded only for daemons that need it.
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { closeFile } from "../../libc/descriptors/files.ts";
import type { KeptPlace } from "../home.ts";
import type { SlowTelling } from "./open.ts";
import { type KeptSettings, usesFileEvents } from "../records/kept_settings.ts";

let opening: typeof import("./open.ts") | undefined;

/** Call before {@link withFileEvents}, which does nothing if nothing is waited for. @param settings known by then */
export async function loadFileEvents(settings: KeptSettings | undefined): Promise<void> {
  if (settings && usesFileEvents(settings)) opening ??= await import("./open.ts");
}

/** For a caller's settings, before a first start. @throws ImpError */
export function refuseUnwatchable(wanted: KeptSettings): void {
  opening?.refuseMissingPaths(wanted);
}

/** @returns descriptors, owned by the caller; none for most daemons @throws ImpError */
export function fileEventsOf(
  place: KeptPlace,
  settings: KeptSettings,
  tell?: SlowTelling,
): number[] {
  if (!usesFileEvents(settings)) return [];
  if (opening) return [opening.openFileEvents(place, settings, tell)];
  throw new ImpError({
    action: `start '${place.name}'`,
    why: "another command has changed its settings meanwhile",
    exit: EXIT.no,
  });
}

/** Calls `use` with {@link fileEventsOf}; it must not keep them. @throws ImpError */
export function withFileEvents<T>(
  place: KeptPlace,
  settings: KeptSettings,
  use: (events: readonly number[]) => T,
  tell?: SlowTelling,
): T {
  const events = fileEventsOf(place, settings, tell);
  try {
    return use(events);
  } finally {
    for (const fd of events) closeFile(fd);
  }
}

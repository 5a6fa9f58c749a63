import type { KeptSettings } from "../records/kept_settings.ts";
import type { HandedOver } from "./handed_over.ts";

/** A command's work on a daemon's sockets: loaded only for daemons that have some. */
export async function socketsToHandOver(
  settings: Pick<KeptSettings, "sockets"> | undefined,
): Promise<HandedOver | undefined> {
  return settings?.sockets ? new (await import("./handed_over.ts")).HandedOver() : undefined;
}

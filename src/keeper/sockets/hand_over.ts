import type { KeptSettings } from "../records/kept_settings.ts";
import type { HandedOver } from "./handed_over.ts";

/** What a command has to do with the sockets of a daemon: loaded for those that have some, and most have none. */
export async function socketsToHandOver(
  settings: Pick<KeptSettings, "sockets"> | undefined,
): Promise<HandedOver | undefined> {
  return settings?.sockets ? new (await import("./handed_over.ts")).HandedOver() : undefined;
}

import { ownPid } from "../../libc/processes/process.ts";

let identity: string | undefined;

/** Tells this thread from every other one that lives: each thread loads this module for itself. */
export function ownThread(): string {
  return identity ??= `${ownPid()}-${crypto.randomUUID()}`;
}

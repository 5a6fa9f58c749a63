import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import type { Runtime } from "./types.ts";

export type {
  BundleOutcome,
  CommandResult,
  NativeFunction,
  NativeSignature,
  NativeType,
  Runtime,
  RuntimeSocket,
  RuntimeThread,
  SocketHandlers,
} from "./types.ts";

/** Defined only by scripts/build, whose executable then contains no driver for Deno. */
declare const IMP_HARDENED: true | undefined;

/** The driver of the runtime that this process runs on. */
export const runtime: Runtime = typeof IMP_HARDENED !== "undefined" || "Bun" in globalThis
  ? bunRuntime()
  : denoRuntime();

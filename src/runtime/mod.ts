import { bunRuntime } from "./bun.ts";
import { denoRuntime } from "./deno.ts";
import type { Runtime } from "./types.ts";

export type {
  CommandResult,
  NativeFunction,
  NativeSignature,
  Runtime,
  RuntimeSocket,
  RuntimeThread,
  SocketHandlers,
} from "./types.ts";

/** The driver of the runtime that this process runs on. */
export const runtime: Runtime = "Bun" in globalThis ? bunRuntime() : denoRuntime();

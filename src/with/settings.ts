import type { ReadyRule } from "../ready/rule.ts";
import type { Bytes } from "../libc/processes/spawn.ts";

/** `daemon`: ended when main and every plain child have ended; `plain`: waited for. */
export type HelperKind = "daemon" | "plain";

/** A helper as it was asked for. */
export interface HelperSettings {
  readonly kind: HelperKind;
  /** What its lines begin with. */
  readonly name: string;
  readonly words: readonly string[];
  /** Words `K=V` of its own. */
  readonly environment: readonly string[];
  /** All must hold; none: it is ready once it runs. */
  readonly ready: readonly ReadyRule[];
}

/** Everything that `imp with` can be told. */
export interface WithSettings {
  readonly program: readonly Bytes[];
  readonly helpers: readonly HelperSettings[];
  readonly readyTimeoutMs: number;
  /** A helper starts only when those before it are ready. */
  readonly inOrder: boolean;
  /** Daemonic helpers may not start processes. */
  readonly noChildren: boolean;
  /** The first helper that fails ends everything. */
  readonly failFast: boolean;
  /** How long what is told to end may take, milliseconds. */
  readonly stopTimeoutMs: number;
  /** Where helpers' output goes: imp's stderr, nowhere, or this file. */
  readonly output: "stderr" | "nowhere" | { readonly file: string };
}

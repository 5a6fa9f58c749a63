import type { Kin } from "../termination/scope.ts";
import type { Ending } from "../libc/processes/wait.ts";
import type { HelperKind } from "./settings.ts";

/** What makes sure that nothing is left, also when imp is killed. */
export interface Guarantees {
  /** Path of a control group of this run; undefined where none can be made. */
  readonly cgroup?: string;
  /** imp is PID 1 of a PID namespace: the kernel ends all of it with imp. */
  readonly pidNamespace: boolean;
  /** PID of the process that watches over imp. */
  readonly guard: number;
}

interface OfHelper {
  readonly helper: string;
  readonly pid: number;
}

/** Why everything is ended. */
export type Reason =
  | { readonly why: "done" }
  | { readonly why: "signal"; readonly signal: number }
  | { readonly why: "failed" };

/** What happens in a run, for those who tell about it. Times are milliseconds. */
export type WithEvent =
  | { readonly event: "guarantees"; readonly by: Guarantees }
  | { readonly event: "started"; readonly kind: HelperKind } & OfHelper
  | { readonly event: "ready"; readonly ms: number } & OfHelper
  /** @field line as it came, which need not be UTF-8, without its line break */
  | { readonly event: "output"; readonly helper: string; readonly line: Uint8Array }
  /** A daemonic helper tried to start a process. */
  | { readonly event: "refused"; readonly by: number } & OfHelper
  /** @field early before imp asked it to end */
  | {
    readonly event: "ended";
    readonly kind: HelperKind;
    readonly ending: Ending;
    readonly early: boolean;
  } & OfHelper
  | {
    readonly event: "failed";
    readonly helper: string;
    readonly why: string;
    /** What it printed last. */
    readonly lines: readonly string[];
  }
  | { readonly event: "program"; readonly pid: number }
  | { readonly event: "program-ended"; readonly pid: number; readonly ending: Ending }
  | { readonly event: "ending"; readonly reason: Reason; readonly processes: number }
  | { readonly event: "killing" }
  | { readonly event: "survived"; readonly processes: readonly Kin[] }
  | { readonly event: "empty" };

/** Hears of every event, in order. */
export type Tell = (event: WithEvent) => void;

import type { InitSettings } from "./settings.ts";

/** What a program that imp stands in for would do with its command line. */
export type StandIn =
  | { readonly do: "run"; readonly settings: InitSettings; readonly told: Told }
  | {
    readonly do: "print";
    readonly text: string;
    readonly to: "stdout" | "stderr";
    readonly exit: number;
  };

/** How much it says, and how it ends when the program cannot be started. */
export interface Told {
  /** Tells what it does, step by step. */
  readonly verbose: boolean;
  /** Says nothing but why it failed. */
  readonly quiet: boolean;
  /** Said at the start. */
  readonly warning?: string;
  /** The exit status for a program that cannot be started, from imp's own: 127, 126, 125. */
  readonly exitFor: (status: number) => number;
}

/** An environment variable. */
export type Environment = (name: string) => string | undefined;

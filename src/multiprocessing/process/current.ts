import { ownPid } from "../../libc/processes/process.ts";
import { runtime } from "../../runtime/mod.ts";

/** This process's place among those that imp starts for programs. */
export interface Current {
  name: string;
  /** Its number among its parent's children, after the parent's own. Empty: the main process. */
  readonly identity: readonly number[];
  daemon: boolean;
  /** Whether the kernel refuses it all new processes. */
  readonly noChildren: boolean;
  /** PID of the process that started it; 0 for the main process. */
  readonly parent: number;
  readonly parentName: string;
  /** Descriptor of its connection to that process; -1 for the main process. */
  readonly lifeline: number;
  /** The module being loaded for the parent: until it is loaded, no process may be started. */
  loading?: string;
}

let current: Current = {
  name: "MainProcess",
  identity: [],
  daemon: false,
  noChildren: false,
  parent: 0,
  parentName: "",
  lifeline: -1,
};

let children = 0;

export function thisProcess(): Current {
  return current;
}

/** Called once, by a process started for a target. */
export function becomeChild(child: Current): void {
  current = child;
}

/** The identity of the next child. */
export function nextIdentity(): number[] {
  return [...current.identity, ++children];
}

let identity: string | undefined;

/** Distinguishes this thread from every other living one: each thread loads this module for itself. */
export function ownThread(): string {
  return identity ??= `${ownPid()}-${crypto.randomUUID()}`;
}

type Load = () => Promise<Record<string, unknown>>;

/**
 * The name that programs import. No registry can serve a name with this scheme; the old one is a stranger's package.
 */
const NAME = "imp:multiprocessing", OLD_NAME = "imp";

/** Modules loaded from here on may import the library. @param old what they get by the old name */
export function provideLibrary(api: Load, old: Load = api): void {
  runtime.provideModule(NAME, api);
  runtime.provideModule(OLD_NAME, old);
}

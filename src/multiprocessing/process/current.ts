import { ownPid } from "../../libc/processes/process.ts";
import { runtime } from "../../runtime/mod.ts";

/** What this process is among those that imp starts for programs. */
export interface Current {
  name: string;
  /** Its number among its parent's children, after the parent's own. Empty: the main process. */
  readonly identity: readonly number[];
  daemon: boolean;
  /** Whether the kernel lets it start no process. */
  readonly noChildren: boolean;
  /** PID of the process that started it; 0 for the main process. */
  readonly parent: number;
  readonly parentName: string;
  /** Descriptor of its line to that process; -1 for the main process. */
  readonly lifeline: number;
  /** The module that is being loaded on behalf of the parent: until it is there, no process may be started. */
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

/** Said once, by a process that was started for a target. */
export function becomeChild(child: Current): void {
  current = child;
}

/** The identity of the next child. */
export function nextIdentity(): number[] {
  return [...current.identity, ++children];
}

let identity: string | undefined;

/** Tells this thread from every other one that lives: each thread loads this module for itself. */
export function ownThread(): string {
  return identity ??= `${ownPid()}-${crypto.randomUUID()}`;
}

type Load = () => Promise<Record<string, unknown>>;

/** What programs import. No registry can serve a name with this scheme; that of the old one is a stranger's package. */
const NAME = "imp:multiprocessing", OLD_NAME = "imp";

/** Modules that are loaded from here on may import the library. @param old what they get by the old name */
export function provideLibrary(api: Load, old: Load = api): void {
  runtime.provideModule(NAME, api);
  runtime.provideModule(OLD_NAME, old);
}

import { usableCpus } from "../../libc/processes/affinity.ts";
import { ownPid, parentPid } from "../../libc/processes/process.ts";
import { runtime, type RuntimeSocket } from "../../runtime/mod.ts";
import { after, type Timer } from "./after.ts";
import { checkOptions, checkTimeout } from "./arguments.ts";
import { livingChildren } from "./children.ts";
import { thisProcess } from "./current.ts";
import { inOneLine, oneLine } from "./one_line.ts";
import { type Process, processOf } from "./process.ts";

/** This process, as its parent's {@link Process} object would show it. */
export interface CurrentProcess {
  /** May be changed; the parent does not learn of it. */
  name: string;
  readonly daemon: boolean;
  readonly pid: number;
  readonly exitcode: null;
  isAlive(): boolean;
}

/** The process that started this one. */
export interface ParentProcess {
  readonly name: string;
  readonly pid: number;
  isAlive(): boolean;
  /**
   * Waits until it has ended.
   * @param timeout milliseconds; by default, as long as it takes
   * @returns whether it has ended
   */
  join(timeout?: number): Promise<boolean>;
}

/** This process: `MainProcess`, or one started as the target of another process. */
export function currentProcess(): CurrentProcess {
  const self = thisProcess();
  const line = () =>
    oneLine("CurrentProcess", self.name, `pid: ${ownPid()}`, self.daemon && "daemon");
  return inOneLine({
    get name() {
      return self.name;
    },
    set name(name) {
      checkOptions({ name }, { name: "string" }, "currentProcess()");
      self.name = name;
    },
    daemon: self.daemon,
    pid: ownPid(),
    exitcode: null,
    isAlive: () => true,
  }, line);
}

/** The process whose {@link Process} this one is; null in the main process. */
export function parentProcess(): ParentProcess | null {
  const { parent, parentName } = thisProcess();
  if (parent === 0) return null;
  // Its PID can only be reused after it has ended, and then it is no longer our parent.
  const isAlive = () => !ended && parentPid() === parent;
  return inOneLine({
    name: parentName,
    pid: parent,
    isAlive,
    join: (timeout?: number) => parentEnds(isAlive, timeout),
  }, () => oneLine("ParentProcess", parentName, `pid: ${parent}`, isAlive() ? "running" : "ended"));
}

/** The processes that were started here and still run; those that have ended are reaped. */
export function activeChildren(): Process[] {
  return livingChildren().map(processOf).filter((child) => child !== undefined);
}

/** How many CPUs this process may run on; at least 1. */
export function cpuCount(): number {
  return usableCpus();
}

let line: RuntimeSocket | undefined;
let ended = false;
let waiting: ((ended: boolean) => void)[] = [];

async function parentEnds(isAlive: () => boolean, timeout?: number): Promise<boolean> {
  checkTimeout(timeout);
  if (ended || !isAlive()) return true;
  line ??= runtime.openSocket(thisProcess().lifeline, {
    data: () => {},
    drain: () => {},
    close: () => {
      ended = true;
      for (const tell of waiting.splice(0)) tell(true);
    },
  });
  line.ref();
  let timer: Timer | undefined;
  let tell: (ended: boolean) => void = () => {};
  try {
    return await new Promise<boolean>((resolve) => {
      waiting.push(tell = resolve);
      timer = after(timeout, () => resolve(!isAlive()));
    });
  } finally {
    clearTimeout(timer);
    waiting = waiting.filter((other) => other !== tell);
    if (waiting.length === 0 && !ended) line.unref();
  }
}

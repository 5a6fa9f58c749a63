// Why a daemon is not started by its name.
import { ImpError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { pidfileOfName, readPidfileDaemon } from "../daemon/pidfile_daemon.ts";
import { baseOf } from "./selection.ts";

/** @throws ImpError where `imp daemon -n` has it. One name, one daemon: stop and status would not know which is meant. */
export function refuseNameOfDaemon(name: string): void {
  const base = baseOf(name);
  const pidfile = pidfileOfName(base);
  if (pidfile === undefined) return;
  const found = readPidfileDaemon(pidfile);
  if (found.is === "not running") return;
  const pid = found.is === "running" ? `, pid ${found.process.pid}` : "";
  throw new ImpError({
    action: "start",
    object: `'${name}'`,
    why: `a daemon of that name was started by imp daemon -n ${base}, and runs${pid}`,
    hint: `use another name, or stop that one: imp stop ${base}`,
    exit: EXIT.no,
  });
}

export function keeperIsStopped(name: string, pid: number): ImpError {
  return new ImpError({
    action: "start",
    object: `'${name}'`,
    why: `its keeper, pid ${pid}, was stopped by a signal`,
    hint: `it starts it when it is continued: kill -CONT ${pid}`,
    exit: EXIT.no,
  });
}

export function unknownDaemon(name: string): ImpError {
  return new ImpError({
    action: "start",
    object: `'${name}'`,
    why: "no daemon of that name is known",
    hint: `say what it is to run: imp start ${name} -- PROGRAM …; imp list shows what is known`,
    exit: EXIT.no,
  });
}

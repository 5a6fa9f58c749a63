// Why a daemon is not started by name.
import { scriptName, scriptWords } from "../../base/script_words.ts";
import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { pidfileOfName, readPidfileDaemon } from "../../daemon/pidfile_daemon.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { logFiles } from "../../logs/place.ts";
import { type KeptPlace, keptPlace, logDirectory } from "../home.ts";
import { keptNames } from "../kept_names.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { recordOf } from "../records/kept_records.ts";
import { readIntentRecord, readSettingsRecord, readStateRecord } from "../records/reading.ts";
import { baseOf } from "../selection.ts";

/** @throws ImpError if `imp daemon -n` uses it. One name, one daemon: otherwise stop and status would be ambiguous. */
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
    why: `imp daemon -n ${base} has started a daemon of that name, which is running${pid}`,
    hint: `use another name, or stop that one: imp stop ${base}`,
    exit: EXIT.no,
  });
}

/**
 * Only one process may cut a log, or rename its parts.
 * @throws ImpError if another daemon with --log-max writes to the same file
 */
export function refuseSharedLog(place: KeptPlace, settings: Pick<KeptSettings, "log">): void {
  if (!cutsNamedLog(place, settings)) return;
  const ours = namedLogs(place, settings).flatMap(namesOfFile);
  for (const name of keptNames(place.home)) {
    if (name === place.name) continue;
    const reading = readSettingsRecord(keptPlace(place.home, name).directory);
    if (reading.is !== "read" || reading.value.log.maxBytes === undefined) continue;
    const shared = logFiles(reading.value.log).map(({ path }) => path)
      .find((path) => namesOfFile(path).some((one) => ours.includes(one)));
    if (shared === undefined) continue;
    throw new ImpError({
      action: "start",
      object: `'${place.name}'`,
      why:
        `'${name}' cuts the same log, ${shared}, at its --log-max; both together would lose lines`,
      hint: "give it a log of its own, or --log-max to one of them alone",
      exit: EXIT.no,
    });
  }
}

/** Whether it would cut a log that another daemon may share. */
export function cutsNamedLog(place: KeptPlace, settings: Pick<KeptSettings, "log">): boolean {
  return settings.log.maxBytes !== undefined && namedLogs(place, settings).length > 0;
}

function namedLogs({ home, name }: KeptPlace, { log }: Pick<KeptSettings, "log">): string[] {
  const own = `${logDirectory(home)}/${name}.log`;
  return logFiles(log).map(({ path }) => path).filter((path) => path !== own);
}

/** Its path, and an identity of the file. */
function namesOfFile(path: string): string[] {
  const status = statPath(path);
  if (typeof status === "string" || status.kind !== "file") return [path];
  return [path, `${status.device} ${status.inode}`];
}

/** Its keepers could do nothing: a newer imp's records are left alone. @throws ImpError */
export function refuseNewerRecords({ name, directory }: KeptPlace): void {
  for (const reading of [readStateRecord(directory), readIntentRecord(directory)]) {
    if (reading.is === "newer") recordOf<unknown>(reading, `the records of '${name}'`);
  }
}

/**
 * A file of `imp up` takes over no daemon of another file, or started by hand.
 * @throws ImpError
 */
export function refuseOtherOwner(
  name: string,
  before: KeptSettings | undefined,
  wanted: KeptSettings | undefined,
): void {
  if (!before || !wanted?.project || before.project?.file === wanted.project.file) return;
  throw new ImpError({
    action: "start",
    object: `'${name}'`,
    why: before.project
      ? `the daemon of that name belongs to ${before.project.file}`
      : "a daemon of that name was started by hand: imp start",
    hint: `use another name, or remove that one: imp remove --stop ${name}`,
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
    why: "no kept daemon has that name",
    hint: name === "all"
      ? "imp start --all starts all of them"
      : `${creatingLine(name)} creates it; imp list shows the kept daemons`,
    exit: EXIT.no,
  });
}

function creatingLine(name: string): string {
  const program = scriptWords(name);
  return program.length > 1
    ? `imp start ${scriptName(name)} -C . -- ${program.join(" ")}`
    : `imp start ${name} -- PROGRAM`;
}

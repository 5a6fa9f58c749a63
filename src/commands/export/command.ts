import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import {
  exportCommand,
  exportCrontab,
  exportToml,
  setsZone,
  type TextExport,
} from "../../boot/export_texts.ts";
import { serviceUnitText } from "../../boot/systemd_service.ts";
import { socketUnitText } from "../../boot/systemd_socket.ts";
import { isJobOnChange, pathUnitText } from "../../boot/systemd_path.ts";
import { timerUnitText } from "../../boot/systemd_timer.ts";
import type { Command } from "../../cli/options.ts";
import { warnFitted } from "../../cli/fitted.ts";
import { print, printLine } from "../../cli/output.ts";
import { printable } from "../../cli/printable.ts";
import { keeperHome, type KeptPlace, keptPlace, logDirectory } from "../../keeper/home.ts";
import { keptNames } from "../../keeper/kept_names.ts";
import { readKeptEnvironment, recordOf } from "../../keeper/records/kept_records.ts";
import type { KeptSettings } from "../../keeper/records/kept_settings.ts";
import { readIntentRecord, readSettingsRecord } from "../../keeper/records/reading.ts";
import { selectNames } from "../../keeper/selection.ts";
import { libc } from "../../libc/calling/load.ts";
import { variableIn } from "../../libc/processes/process_image.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { absolute, findProgram } from "../../libc/processes/program_file.ts";
import { errorText } from "../kept/run.ts";
import { byBaseName, type Exported, exported } from "./exported.ts";
import { EXPORT_OPTIONS, type ExportOption, type ExportRequest, exportRequest } from "./request.ts";
import { type UnitFileText, writeExportedUnits } from "./write_units.ts";

export const exportVerb: Command<ExportRequest, ExportOption> = {
  name: "export",
  usage: [
    "export systemd [--values] [--dir DIR] NAME... | --all",
    "export crontab | toml | command [--values] NAME... | --all",
  ],
  description: [
    "Prints the definitions of kept daemons for other programs: as units of systemd (a service, with a timer for a " +
    "schedule or a socket unit), lines of a crontab, tables of imp.toml, or the commands that start them. Comments " +
    "name options without a counterpart.",
    "Values of variables (imp start -E) are printed only with --values. The daemon itself is not changed: run imp " +
    "remove --stop NAME before the other program starts it, or it runs twice.",
  ],
  options: EXPORT_OPTIONS,
  permute: true,
  examples: [
    { line: "imp export systemd web", says: "a unit to read" },
    { line: "imp export systemd --dir /etc/systemd/system web", says: "the files themselves" },
    { line: "imp export toml --all > imp.toml", says: "for imp up" },
  ],
  exits: [
    ["0", "printed, or written"],
    [
      "1",
      "a name is unknown, a program does not exist, a file is not imp's, cron has no such time",
    ],
    ["2", "wrong usage"],
    ["125", "records cannot be read, files cannot be written"],
  ],
  request: exportRequest,
  run: exportAll,
};

function exportAll(request: ExportRequest): number {
  const { selection, directory } = request;
  const home = keeperHome();
  const all = keptNames(home);
  const { names, unknown } = selectNames(selection, all);
  let worst: number = unknown.length > 0 ? EXIT.no : EXIT.done;
  for (const word of unknown) {
    warnFitted(`imp export: no kept daemon is called '${printable(word)}'`);
  }
  const files: UnitFileText[] = [];
  const { format } = request;
  const isOfAll = format === "toml" || format === "command";
  const zoned: UnitFileText[] = [];
  for (const one of isOfAll ? byBaseName(names, all) : names.map(exported)) {
    const { name } = one;
    try {
      for (const file of filesOf(one, request, home)) {
        (format === "crontab" && setsZone(file.text) ? zoned : files).push(file);
      }
    } catch (error) {
      if (!(error instanceof ImpError)) throw error;
      warnFitted(`imp export: ${name}: ${errorText(error)}`);
      worst = Math.max(worst, error.exit === EXIT.failed ? EXIT.failed : EXIT.no);
    }
  }
  // In a crontab a time zone holds for all lines below it.
  files.push(...zoned);
  // Half of them is not what was asked for.
  if (directory !== undefined && worst !== EXIT.done) return worst;
  if (directory !== undefined) {
    const paths = writeExportedUnits(absolute(directory, workingDirectory()), files);
    print(paths.map((path) => `wrote ${printable(path)}`).join("\n"));
  } else if (files.length > 0) printLine(files.map(({ text }) => text).join("\n"));
  return worst;
}

/** @throws ImpError */
function filesOf({ name, others, instances }: Exported, request: ExportRequest, home: string) {
  const { format, values } = request;
  const place = keptPlace(home, name);
  const one = exportOf(place, values);
  switch (format) {
    case "systemd":
      return unitsOf(place, one.settings, one.ownLog, values);
    case "crontab":
      return [{ name, text: exportCrontab(one) }];
    case "toml":
    case "command": {
      const textOf = format === "toml" ? exportToml : exportCommand;
      const text = textOf({ ...one, instances });
      const differing = others.filter((other) =>
        textOf({ ...exportOf(keptPlace(home, other), values), instances }) !== text
      );
      const notes = differing.map((other) =>
        `# ${other} has other settings than ${name} on record; this gives it the same\n`
      );
      return [{ name, text: notes.join("") + text }];
    }
  }
}

/** @throws ImpError */
function exportOf({ name, home, directory }: KeptPlace, values: boolean): TextExport {
  const settings = recordOf(readSettingsRecord(directory), `the settings of '${name}'`);
  if (!settings) {
    throw new ImpError({
      action: "read",
      object: `the settings of '${name}'`,
      why: "there are none",
    });
  }
  const ownLog = settings.log.stdout === `${logDirectory(home)}/${name}.log`;
  const intent = readIntentRecord(directory);
  const atBoot = intent.is === "read" ? intent.value.atBoot : undefined;
  return { settings, ownLog, values, atBoot };
}

function unitsOf(
  place: KeptPlace,
  settings: KeptSettings,
  ownLog: boolean,
  values: boolean,
): UnitFileText[] {
  const { name } = place;
  const snapshot = settings.clearEnvironment ? [] : readKeptEnvironment(place) ?? [];
  const text = serviceUnitText({
    settings,
    ownLog,
    values,
    fileOf: (program) => findProgram(program, snapshot, "/"),
    path: variableIn(snapshot, "PATH"),
    of: libc("geteuid").geteuid() === 0 ? "system" : "user",
  }, startsByOther(settings));
  const service = { name: `${name}.service`, text };
  if (settings.sockets) {
    return [service, { name: `${name}.socket`, text: socketUnitText(name, settings) }];
  }
  if (isJobOnChange(settings)) {
    return [service, { name: `${name}.path`, text: pathUnitText(name, settings.onChange!) }];
  }
  if (!settings.schedule) return [service];
  return [service, { name: `${name}.timer`, text: timerUnitText(name, settings.schedule) }];
}

/** A timer, a socket or a path unit starts it, and nothing does at boot. */
function startsByOther(settings: KeptSettings): boolean {
  return settings.schedule !== undefined || settings.onDemand !== undefined ||
    (isJobOnChange(settings) && settings.onChange!.postponed);
}

import { formatDuration } from "../../base/duration.ts";
import { EXIT } from "../../base/exit_codes.ts";
import { isPlainName } from "../../base/plain_name.ts";
import type { Display } from "../../cli/options.ts";
import { warnFitted } from "../../cli/fitted.ts";
import { print, printJson, styleFor } from "../../cli/output.ts";
import { printable, shellLine } from "../../cli/printable.ts";
import {
  type PidfileDaemon,
  pidfileOfName,
  readPidfileDaemon,
} from "../../daemon/pidfile_daemon.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { absolute } from "../../libc/processes/program_file.ts";
import { localTime } from "../../libc/time.ts";
import { startTime } from "../../procfs/boot.ts";
import { readCmdline } from "../../procfs/cmdline.ts";
import { orUndefined } from "../../procfs/read.ts";
import { isZombie, readStat } from "../../procfs/stat.ts";

/** A name that is not a kept daemon's may be one of `imp daemon -n`. @returns the exit status */
export function showNamed(word: string, display: Display): number {
  const path = isPlainName(word) ? pidfileOfName(word) : undefined;
  if (path !== undefined) return showPidfile(word, path, display);
  if (display.json) printJson({ name: word, state: "unknown", found: false });
  warnFitted(
    `imp status: no daemon is called '${printable(word)}'\n  ${
      word === "all" ? "did you mean imp status --all?" : "imp list shows those that are kept"
    }`,
  );
  return EXIT.unknown;
}

/** @param name as the user wrote it @returns the exit status @throws ImpError if the pidfile cannot be trusted */
export function showPidfile(name: string, path: string, { json, quiet, color }: Display): number {
  const daemon = readPidfileDaemon(absolute(path, workingDirectory()));
  if (json) printJson(pidfileJson(name, daemon));
  else if (!quiet) print(pidfileLines(name, daemon, styleFor(color).bold).join("\n"));
  return pidfileStatus(daemon);
}

/** As in the LSB: 1 is dead with a pidfile, 3 is not running. */
export function pidfileStatus(daemon: PidfileDaemon): number {
  switch (daemon.is) {
    case "running":
    case "starting":
      return EXIT.done;
    case "held":
      return EXIT.no;
    case "not running":
      return daemon.file ? EXIT.no : EXIT.notRunning;
  }
}

function pidfileLines(
  name: string,
  daemon: PidfileDaemon,
  bold: (text: string) => string,
): string[] {
  const row = (label: string, text: string) => `  ${label.padEnd(12)}${printable(text)}`;
  const lines = [
    `${bold(printable(name))}: ${sentence(daemon)}`,
    row("pidfile", `${daemon.path}${daemon.own ? " (of imp daemon)" : ""}`),
  ];
  if (daemon.is !== "running") return lines;
  const { pid } = daemon.process;
  const words = orUndefined(readCmdline(pid)) ?? [];
  const began = startTime(daemon.process);
  return [
    ...lines,
    row("program", `${pid}  ${words.length > 0 ? shellLine(words) : `[${readStat(pid)?.comm}]`}`),
    row("since", `${localTime(began)}, ${formatDuration(Math.max(0, Date.now() - began))} ago`),
    row("kept by", "nobody: imp daemon starts, and does not restart"),
  ].filter((line) => daemon.own || !line.includes("kept by"));
}

function sentence(daemon: PidfileDaemon): string {
  switch (daemon.is) {
    case "running":
      return daemon.certain
        ? "running"
        : "running, by the PID and the age of the file, which is all that there is";
    case "starting":
      return `imp daemon is starting it (pid ${daemon.starter})`;
    case "held": {
      const who = daemon.holders.map(({ pid }) => pid).join(", ");
      return `its main process has ended; what it has started holds its lock${
        who === "" ? "" : ` (pid ${who})`
      }`;
    }
    case "not running":
      return `not running: ${daemon.because}`;
  }
}

function pidfileJson(name: string, daemon: PidfileDaemon): Record<string, unknown> {
  const process = daemon.is === "running" ? daemon.process : undefined;
  const stat = process && readStat(process.pid);
  return {
    name,
    kept: "none",
    state: daemon.is,
    pid: process?.pid ?? null,
    startTicks: process?.startTicks ?? null,
    startedAt: process ? startTime(process) : null,
    certain: daemon.is === "running" ? daemon.certain : null,
    comm: stat && !isZombie(stat) ? stat.comm : null,
    pidfile: daemon.path,
    own: daemon.own,
    reason: daemon.is === "not running" ? daemon.because : null,
    holders: daemon.is === "held" ? daemon.holders.map(({ pid }) => pid) : [],
  };
}

import { ImpError } from "../../base/errors.ts";
import { EXIT } from "../../base/exit_codes.ts";
import type { Command } from "../../cli/options.ts";
import { print, printJson } from "../../cli/output.ts";
import { daemonize } from "../../daemon/daemonize.ts";
import type { Daemon } from "../../daemon/settings.ts";
import { callersWords } from "../../libc/processes/process_image.ts";
import { workingDirectory } from "../../libc/processes/process.ts";
import { isStandIn } from "../../libc/descriptors/descriptors.ts";
import { DAEMON_OPTIONS, type DaemonOption } from "./options.ts";
import { type DaemonRequest, daemonRequest } from "./request.ts";

export const daemonCommand: Command<DaemonRequest, DaemonOption> = {
  name: "daemon",
  usage: ["daemon [OPTIONS] [--] PROGRAM [ARG...]"],
  description: [
    "Starts PROGRAM as a daemon: adopted by init (or the nearest subreaper), in a session of its own that it does not lead, " +
    "without a terminal, in /, with umask 022, with descriptors 0-2 on /dev/null and no others, with an empty signal mask and " +
    "default signal dispositions. Prints its PID and returns when exec has succeeded; nothing of imp stays.",
    "When anything fails, imp says which step and why, and leaves nothing running and nothing on disk.",
  ],
  options: DAEMON_OPTIONS,
  examples: [
    {
      line: "imp daemon -- python3 -m http.server 8000",
      says: "a web server that survives the terminal and the login",
    },
    {
      line: "pid=$(imp daemon -p /run/web.pid -o /var/log/web -e /var/log/web -- ./server)",
      says: "refused if it is already running; both outputs in one log",
    },
    {
      line: "imp daemon -n db --ready tcp:7000 --oknodo -- redis-server --port 7000",
      says: "returns when it accepts connections, or if it is already running",
    },
    {
      line: "imp daemon -n sync -u www-data -C . --nice 10 --limit nofile=4096 -- ./sync.sh",
      says: "as another user, in this directory, with less priority",
    },
    {
      line: "imp daemon --route fork --verbose -- sleep 60",
      says: "the steps of the textbook, one by one",
    },
  ],
  exits: [
    ["0", "the daemon runs, and its PID was printed"],
    ["1", "it is already running, or ended before --ready or --wait was satisfied"],
    ["2", "wrong usage"],
    ["124", "it was not ready in time"],
    ["125", "a step before exec failed: user, directory, log, pidfile, limit, fork ..."],
    ["126", "PROGRAM cannot be executed"],
    ["127", "PROGRAM was not found"],
  ],
  request: daemonRequest,
  run,
};

async function run(request: DaemonRequest): Promise<number> {
  if (request.name !== undefined) await refuseKept(request.name);
  try {
    await daemonize(request.settings, (daemon) => report(daemon, request));
    await record(request);
    return EXIT.done;
  } catch (error) {
    const pid = request.acceptRunning ? await pidOfRunning(error, request) : undefined;
    if (pid === undefined) throw error;
    reportRunning(pid, request);
    return EXIT.done;
  }
}

/** How it was started, for imp restart. */
async function record({ settings: { pidfile, ownPidDirectory } }: DaemonRequest): Promise<void> {
  if (pidfile === undefined || !ownPidDirectory) return;
  const { recordStart } = await import("../../daemon/recorded_start.ts");
  const words = callersWords();
  recordStart(pidfile, words.slice(words.indexOf("daemon") + 1), workingDirectory());
}

/**
 * One name, one daemon: stop and status would not know which is meant. Loaded only for a name: start-up time matters.
 */
async function refuseKept(name: string): Promise<void> {
  const { keptDirectoryOf } = await import("../../keeper/home.ts");
  const directory = keptDirectoryOf(name);
  if (directory === undefined) return;
  throw new ImpError({
    action: "start",
    object: `'${name}'`,
    why: `imp start keeps a daemon of that name (${directory})`,
    hint: `use another name, or remove that one: imp remove ${name}`,
    exit: EXIT.no,
  });
}

/** The daemon for which a start was refused; undefined if it failed for another reason. */
async function pidOfRunning(
  error: unknown,
  { settings: { pidfile } }: DaemonRequest,
): Promise<number | undefined> {
  if (!(error instanceof ImpError) || error.exit !== EXIT.no || pidfile === undefined) {
    return undefined;
  }
  const { absolute } = await import("../../libc/processes/program_file.ts");
  const { readPidfileDaemon } = await import("../../daemon/pidfile_daemon.ts");
  const found = readPidfileDaemon(absolute(pidfile, workingDirectory()));
  return found.is === "running" ? found.process.pid : undefined;
}

function reportRunning(pid: number, { settings, report }: DaemonRequest): void {
  if (isStandIn(1) || report === "nothing") return;
  const facts = { pid, pidfile: settings.pidfile ?? null, running: true };
  print(report === "json" ? JSON.stringify(facts) : String(pid));
}

function report(daemon: Daemon, { settings, report }: DaemonRequest): void {
  // A caller that has closed it does not want to be told.
  if (isStandIn(1)) return;
  if (report === "json") {
    printJson({ ...daemon, pidfile: settings.pidfile ?? null });
  } else if (report === "pid") print(String(daemon.pid));
}

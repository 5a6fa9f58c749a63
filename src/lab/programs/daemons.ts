import { dirname } from "@std/path/dirname";
import { AT_FDCWD, EPERM, O_APPEND, O_CREAT, O_RDWR, O_WRONLY } from "../../libc/abi.ts";
import { compare } from "../../compare/compare.ts";
import { errnoName, systemError } from "../../libc/calling/errno.ts";
import { closeFile, openFile, tryOpen, writeAll } from "../../libc/descriptors/files.ts";
import { enter } from "../../libc/descriptors/directory.ts";
import { forkAndExecute } from "../../libc/processes/fork.ts";
import type { ChildStep } from "../../libc/processes/child_program.ts";
import { libc } from "../../libc/calling/load.ts";
import { cString, scratch } from "../../libc/calling/memory.ts";
import { rawEnvironment } from "../../libc/processes/process_image.ts";
import { ownPid, setUmask, startSession } from "../../libc/processes/process.ts";
import { findProgram } from "../../libc/processes/program_file.ts";
import { statPath } from "../../libc/descriptors/stat.ts";
import { runtime } from "../../runtime/mod.ts";
import { type ProgramParts, programWords, rest, say, startPart, turn } from "../program.ts";
import { SHELLS } from "../../compare/shells.ts";

const PAUSE_MS = 3;
/** A process that the lab has forgotten ends after this time, milliseconds. */
const LIFETIME_MS = 60_000;
/** A descriptor that a careless caller left open; the lowest one that runtimes leave alone. */
const HELD = 3;

/** The steps of the textbook; after each it waits until the lab has looked. */
export const stepsParts: ProgramParts = {
  parent: async (directory) => {
    await done("started from the shell", directory);
    const held = openFile(`${directory}/held`, O_RDWR | O_CREAT, 0o600);
    fork("child", directory, [{ do: "dup2", from: held, to: HELD }]);
  },
  child: async (directory) => {
    await done("fork, the parent exits", directory);
    if (!startSession()) throw systemError(EPERM, "start", "a new session");
    await done("setsid", directory);
    enter("/");
    await done("chdir /", directory);
    setUmask(0);
    await done("umask 0", directory);
    fork("grandchild", directory, [{ do: "keep", fd: HELD }]);
  },
  grandchild: async (directory) => {
    await done("fork again, the child exits", directory);
    const nothing = openFile("/dev/null", O_RDWR);
    for (const fd of [0, 1, 2]) libc("dup2").dup2(nothing, fd);
    closeFile(nothing);
    await done("0, 1 and 2 to /dev/null", directory);
    closeFile(HELD);
    await done("close the rest", directory);
    await done("the terminal is closed", directory);
  },
};

/** The child of fork(2) continues as the next part; this process should exit. */
function fork(part: string, directory: string, before: readonly ChildStep[]): void {
  const argv = programWords("daemonize-steps", part, [directory]);
  const forked = forkAndExecute([
    ...before,
    { do: "execute", path: argv[0], argv, env: rawEnvironment() },
  ]);
  if ("failed" in forked) throw systemError(forked.code, "execute", argv[0]);
}

/** Records that a step is done, without keeping a descriptor open, and waits until the lab has looked. */
async function done(step: string, directory: string): Promise<void> {
  const record = `${directory}/record`;
  const fd = openFile(record, O_WRONLY | O_APPEND | O_CREAT, 0o600);
  writeAll(fd, `${JSON.stringify({ step, pid: ownPid() })}\n`, record);
  closeFile(fd);
  await appears(`${directory}/${step.replaceAll("/", "")}`);
}

/** Waits until the lab creates a file, or has removed its directory. */
async function appears(path: string): Promise<void> {
  const directory = dirname(path);
  for (const end = runtime.now() + LIFETIME_MS; runtime.now() < end;) {
    if (typeof statPath(path) !== "string" || statPath(directory) === "ENOENT") return;
    await runtime.sleep(PAUSE_MS);
  }
}

/** A session leader without a terminal, and a process that is not a leader. */
export const terminalsParts: ProgramParts = {
  leader: (path) => openTerminal(path),
  first: (path) => void startPart("one-fork-can-get-a-tty", "grandchild", path),
  grandchild: (path) => openTerminal(path),
};

function openTerminal(path: string): void {
  say("no terminal so far");
  turn();
  // Without O_NOCTTY: a process that may get a controlling terminal this way gets it.
  const fd = tryOpen(path, O_RDWR);
  say(fd < 0 ? `cannot open it: ${errnoName(-fd)}` : `opened ${path}`);
  turn();
}

export const umaskParts: ProgramParts = {
  main: (directory, ...masks) => {
    for (const mask of masks) {
      setUmask(parseInt(mask, 8));
      closeFile(openFile(`${directory}/file.${mask}`, O_WRONLY | O_CREAT, 0o666));
      scratch(() => libc("mkdir").mkdir(cString(`${directory}/folder.${mask}`), 0o777));
      say(`umask ${mask}`);
      turn();
    }
  },
};

/** A daemon that removes its pidfile when it ends; a tidy one also on TERM. */
export const pidfileParts: ProgramParts = {
  daemon: async (pidfile, seconds, manners) => {
    const asked = Promise.withResolvers<void>();
    if (manners === "tidy") runtime.onSignal("SIGTERM", () => asked.resolve());
    const work = async () => {
      await rest(Number(seconds));
      await appears(`${pidfile}.seen`);
    };
    await Promise.race([work(), asked.promise]);
    scratch(() => libc("unlinkat").unlinkat(AT_FDCWD, cString(pidfile), 0));
  },
};

/** The comparison of `imp compare`, in a separate process because it changes its working directory. */
export const comparisonParts: ProgramParts = {
  main: async (file) => {
    const environment = rawEnvironment();
    for (const shell of SHELLS) {
      let shellPath: string;
      try {
        shellPath = findProgram(shell, environment, "/");
      } catch {
        continue;
      }
      const { rows, left } = await compare({
        shell,
        shellPath,
        by: "close",
        styles: ["background", "nohup", "setsid", "daemon"],
        program: null,
      });
      const fd = openFile(file, O_WRONLY | O_CREAT, 0o600);
      writeAll(fd, JSON.stringify({ shell, rows }), file);
      closeFile(fd);
      if (left) throw left;
      say(`compared in ${shell}`);
      return 0;
    }
    say(`none of ${SHELLS.join(", ")} is installed`);
    return 1;
  },
};

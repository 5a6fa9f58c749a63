// Pure: the lines of a Procfile, `NAME: COMMAND LINE`, each run by a shell as foreman does it.
import { type FilePosition, filePositionAt, type Mistakes } from "./mistakes.ts";
import type { ProjectDaemon } from "./project.ts";

const FIRST_PORT = 5000, PORTS_EACH = 100, LAST_PORT = 65_535;

export interface ProcfileSurroundings {
  /** PORT of the caller's environment, or of `.env`: that of the first process. */
  readonly port?: string;
  /** The file of variables beside it, if any. */
  readonly environmentFile?: string;
}

/** @param file as it is shown */
export function parseProcfile(
  text: string,
  file: string,
  { port, environmentFile }: ProcfileSurroundings,
  mistakes: Mistakes,
): ProjectDaemon[] {
  const first = port !== undefined && /^\d{1,5}$/.test(port) ? Number(port) : FIRST_PORT;
  const daemons = new Map<string, ProjectDaemon>();
  let offset = 0;
  for (const whole of text.split("\n")) {
    const begin = offset;
    offset += whole.length + 1;
    // Editors on other systems put a byte order mark before the first line.
    const line = whole.replace(/\r$/, "").replace(begin === 0 ? /^\uFEFF/ : "", "");
    if (/^\s*(?:#|$)/.test(line)) continue;
    const position = (): FilePosition => filePositionAt(file, text, begin);
    const [, name, command] = /^([A-Za-z0-9_-]+):\s*(\S.*)$/.exec(line) ?? [];
    if (name === undefined) {
      mistakes.add({
        at: position(),
        message: /^[A-Za-z0-9_-]+:\s*$/.test(line)
          ? "this process has no command"
          : "this line names no process",
        hint: "write NAME: COMMAND LINE",
      });
      continue;
    }
    if (daemons.has(name)) {
      const message = `'${name}' is defined twice`;
      mistakes.add({
        at: position(),
        message,
        hint: `first in line ${daemons.get(name)!.position().line}`,
      });
      continue;
    }
    const number = first + PORTS_EACH * daemons.size;
    if (number > LAST_PORT) {
      const message = `the PORT of '${name}' would be ${number}, and ports end at ${LAST_PORT}`;
      mistakes.add({ at: position(), message, hint: `the first one gets PORT=${first}` });
    }
    daemons.set(name, {
      name,
      words: ["sh", "-c", command],
      given: [
        { name: "chdir", text: ".", position },
        { name: "env", text: `PORT=${number}`, position },
        ...environmentFile === undefined
          ? []
          : [{ name: "env-file", text: environmentFile, position }],
      ],
      depends: [],
      profiles: [],
      position,
    });
  }
  return [...daemons.values()];
}

import type { MeasuredRow, Picture, StartedRow, StreamTarget } from "../../src/compare/rows.ts";
import type { StyleName } from "../../src/compare/styles.ts";

export const SHELL_PID = 100;
const TERMINAL: StreamTarget = { target: "/dev/pts/3", kind: "terminal", gone: false };
const NULL: StreamTarget = { target: "/dev/null", kind: "null", gone: false };
const FILE: StreamTarget = { target: "/tmp/x/nohup.out", kind: "file", gone: false };

/** The shell in which everything was typed. */
export const shellPicture: Picture = {
  pid: SHELL_PID,
  comm: "bash",
  stopped: false,
  ppid: 50,
  parent: { pid: 50, comm: "imp", role: "other" },
  pgid: SHELL_PID,
  sid: SHELL_PID,
  leads: "session",
  tty: "/dev/pts/3",
  foreground: true,
  cwd: "/tmp/x",
  umask: 0o022,
  streams: [TERMINAL, TERMINAL, TERMINAL],
  others: [],
  hangup: "caught",
};

/** A background job as `&` creates it, with the given changes. */
export function job(changes: Partial<Picture> = {}): Picture {
  return {
    ...shellPicture,
    pid: 200,
    comm: "imp",
    ppid: SHELL_PID,
    parent: { pid: SHELL_PID, comm: "bash", role: "shell" },
    pgid: 200,
    leads: "group",
    foreground: false,
    hangup: "default",
    ...changes,
  };
}

const ADOPTED = { ppid: 1, parent: { pid: 1, comm: "systemd", role: "init" } } as const;

/** The process that `imp daemon` creates. */
export const daemonPicture: Picture = job({
  ...ADOPTED,
  pgid: 190,
  sid: 190,
  leads: "nothing",
  tty: null,
  cwd: "/",
  streams: [NULL, NULL, NULL],
});

export const nohupPicture: Picture = job({ streams: [NULL, FILE, FILE], hangup: "ignored" });

export const setsidPicture: Picture = job({ ...ADOPTED, sid: 200, leads: "session", tty: null });

/** A program that ended with its terminal. */
export function dead(style: StyleName, before: Picture = job()): MeasuredRow {
  return {
    is: "measured",
    style,
    shell: shellPicture,
    before,
    inside: null,
    shellEnded: "killed by HUP",
    exits: 0,
    after: {
      alive: false,
      picture: null,
      signals: ["HUP"],
      endedBy: "HUP",
      descendants: 0,
      output: {
        to: before.streams[1],
        onTerminal: before.streams[1]?.kind === "terminal" ? 3 : 0,
        before: { ok: 3 },
        after: {},
        file: null,
      },
    },
  };
}

/** A program that survives; its writes have the given result. */
export function alive(style: StyleName, before: Picture, result = "ok"): MeasuredRow {
  const row = dead(style, before);
  const isFile = before.streams[1]?.kind === "file";
  return {
    ...row,
    after: {
      alive: true,
      picture: { ...before, ...ADOPTED, tty: null },
      signals: [],
      endedBy: null,
      descendants: 0,
      output: {
        ...row.after.output,
        after: { [result]: 3 },
        file: isFile ? { bytesThen: 39, bytesNow: 78 } : null,
      },
    },
  };
}

/** A row whose terminal could not be ended. */
export function started(style: StyleName, why: string, before: Picture = job()): StartedRow {
  return { is: "started", style, why, shell: shellPicture, before, inside: null };
}

/** What bash does when its terminal is closed. */
export const bashClosed: MeasuredRow[] = [
  dead("foreground", job({ foreground: true })),
  dead("background"),
  alive("nohup", nohupPicture),
  alive("disown", job(), "EIO"),
  alive("setsid", setsidPicture, "EIO"),
  alive("daemon", daemonPicture),
];

import { type LogoutRules, readLogoutRules } from "../inspect/logind.ts";
import { readTextOrNothing } from "../libc/descriptors/files.ts";
import { userById } from "../libc/users/users.ts";
import type { Finding } from "./finding.ts";

export function logoutFindings(uid: number): Finding[] {
  return [...judgeLogout(readLogoutRules(uid)), judgeHangup(readShellFiles(uid))];
}

export function judgeLogout({ systemd, kills, lingers }: LogoutRules): Finding[] {
  if (!systemd) {
    const meaning = "nothing but the terminal's hangup ends processes at logout";
    return [{
      check: "logout",
      grade: "good",
      fact: "systemd-logind is not running here",
      meaning,
    }];
  }
  const words = kills === undefined ? "could not be read" : kills ? "is on" : "is off";
  return [{
    check: "logout",
    grade: kills === undefined ? "unknown" : kills ? "warning" : "good",
    fact: `KillUserProcesses ${words} for this user`,
    meaning: kills
      ? "at logout everything of the login is killed: nohup, setsid and daemons too"
      : "processes of a login may outlive it",
    ...(kills ? { advice: "systemd-run --user --scope PROGRAM, with loginctl enable-linger" } : {}),
    data: { kills: kills ?? null },
  }, {
    check: "linger",
    grade: lingers ? "good" : "note",
    fact: `this user ${lingers ? "lingers" : "does not linger"}`,
    meaning: lingers
      ? "the user's services (systemctl --user) run without a login"
      : "the user's services (systemctl --user) end after the last logout",
    ...(lingers ? {} : { advice: "loginctl enable-linger" }),
    data: { lingers },
  }];
}

export interface ShellFile {
  readonly path: string;
  readonly text: string;
}

/** Start-up files of bash that may contain `shopt -s huponexit`. */
function readShellFiles(uid: number): ShellFile[] {
  const home = userById(uid)?.home;
  const own = [".bash_profile", ".bash_login", ".profile", ".bashrc"];
  const paths = ["/etc/profile", "/etc/bash.bashrc", "/etc/bashrc"];
  if (home) paths.push(...own.map((name) => `${home}/${name}`));
  return paths.flatMap((path) => {
    const text = readTextOrNothing(path);
    return text === undefined ? [] : [{ path, text }];
  });
}

/** A running shell's options cannot be read from outside, only its start-up files. */
export function judgeHangup(files: readonly ShellFile[]): Finding {
  const setter = files.findLast(({ text }) =>
    /^[^#\n]*\bshopt\s+-[a-z]*s[a-z]*\s[^#\n]*\bhuponexit\b/m.test(text)
  );
  const unsetter = files.findLast(({ text }) =>
    /^[^#\n]*\bshopt\s+-[a-z]*u[a-z]*\s[^#\n]*\bhuponexit\b/m.test(text)
  );
  const looked = files.map(({ path }) => path).join(", ") || "no start-up files of bash";
  const base = {
    check: "huponexit",
    data: { setBy: setter?.path ?? null, files: files.map(({ path }) => path) },
  };
  if (setter) {
    return {
      ...base,
      grade: unsetter ? "unknown" : "warning",
      fact: `huponexit is switched on in ${setter.path}${
        unsetter ? `, and off in ${unsetter.path}` : ""
      }`,
      meaning: "leaving a login shell of bash by exit sends SIGHUP to its background jobs",
      advice: "use nohup, setsid or imp daemon, or disown the job",
    };
  }
  return {
    ...base,
    grade: "good",
    fact: `huponexit is off by default and nothing switches it on (looked in: ${looked})`,
    meaning:
      "bash leaves background jobs running when it exits; closing its terminal still ends them. zsh ends them in both cases",
  };
}

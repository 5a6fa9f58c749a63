import { readTextOrNothing } from "../libc/descriptors/files.ts";
import type { Finding } from "./finding.ts";

/** Whether /proc shows everybody's processes. */
export function procFinding(isRoot: boolean): Finding {
  return judgeProc(readTextOrNothing("/proc/self/mountinfo"), isRoot);
}

/** @param mounts text of /proc/self/mountinfo */
export function judgeProc(mounts: string | undefined, isRoot: boolean): Finding {
  const hiding = hidepidOf(mounts ?? "");
  if (hiding === undefined) {
    return {
      check: "proc",
      grade: "unknown",
      fact: "how /proc is mounted cannot be read",
      meaning: "whether all processes can be seen is not known",
    };
  }
  const hidden = hiding !== "off" && !isRoot;
  return {
    check: "proc",
    grade: hidden ? "warning" : "good",
    fact: hiding === "off"
      ? "/proc shows all processes"
      : `/proc is mounted with hidepid=${hiding}`,
    meaning: hidden
      ? "other users' processes are hidden: imp tree, zombies and orphans show only this user's"
      : "what imp says of processes is complete, within this PID namespace",
    ...(hidden ? { advice: "ask root" } : {}),
    data: { hidepid: hiding },
  };
}

/** The option of the last mount on /proc, which covers those before it; proc(5). */
function hidepidOf(mounts: string): string | undefined {
  const lines = mounts.split("\n").filter((line) =>
    line.split(" ")[4] === "/proc" && / - proc /.test(line)
  );
  const last = lines.at(-1);
  if (last === undefined) return undefined;
  const option = /\bhidepid=([\w]+)/.exec(last)?.[1];
  return option === undefined || option === "0" ? "off" : option;
}

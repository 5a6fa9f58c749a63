import { runtime } from "../runtime/mod.ts";
import type { ProcessFacts } from "../inspect/facts.ts";
import type { OpenFile } from "../procfs/fds.ts";
import type { StartEntry } from "./record.ts";
import type { Picture, StreamTarget } from "./rows.ts";

/**
 * What a comparison shows of a process.
 * @param inside the probe's account: it catches signals and runs on a runtime, so what it was started with is only
 * known from within
 */
export function pictureOf(facts: ProcessFacts, inside?: StartEntry): Picture {
  const { pid, comm, ppid, parent, pgid, sid, tty, foreground, cwd, umask, fds } = facts;
  const others = fds.filter((file) => file.fd > 2 && !(inside && isOfRuntime(file)));
  return {
    pid,
    comm,
    stopped: facts.state === "T",
    ppid,
    parent: parent && { pid: parent.pid, comm: parent.comm, role: parent.role },
    pgid,
    sid,
    leads: facts.sessionLeader ? "session" : facts.groupLeader ? "group" : "nothing",
    tty,
    foreground,
    cwd,
    umask,
    streams: [0, 1, 2].map((number) => {
      const file = fds.find(({ fd }) => fd === number);
      return file ? stream(file) : null;
    }),
    others: others.map((file) => ({ fd: file.fd, ...stream(file) })),
    hangup: hangup(facts, inside),
  };
}

function hangup({ signals }: ProcessFacts, inside?: StartEntry): Picture["hangup"] {
  if (inside) return inside.ignored.includes("HUP") ? "ignored" : "default";
  if (signals.ignored.includes("HUP")) return "ignored";
  return signals.caught.includes("HUP") ? "caught" : "default";
}

/** Whether the probe's runtime has opened it. Bun marks what it inherits close-on-exec too, so that would not tell. */
function isOfRuntime({ kind, flags }: OpenFile): boolean {
  return kind === "anonymous" || (runtime.name === "deno" && flags.includes("cloexec"));
}

function stream({ target, kind, deleted }: OpenFile): StreamTarget {
  return { target, kind, gone: deleted };
}

import type { KindFacts } from "./situation.ts";

/** `bash (pid 4000)` */
export function named(program: { pid: number; comm: string }): string {
  return `${program.comm} (pid ${program.pid})`;
}

/** Who its parent is, where that says that the one who started it is gone. */
export function adopter(
  { parent, sessionLeader }: Pick<KindFacts, "parent" | "sessionLeader">,
): string[] {
  if (!parent) return [];
  if (parent.adopted) {
    const who = parent.role === "init" ? "init (PID 1)" : `${named(parent)}, a subreaper,`;
    return [`${who} has adopted it: whoever started it has ended`];
  }
  if (parent.role !== "init" || !sessionLeader) return [`its parent is ${named(parent)}`];
  // It may be a service that init itself has started, or have been adopted after setsid.
  return ["its parent is init (PID 1), which has started or adopted it"];
}

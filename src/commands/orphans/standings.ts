import type { Standing } from "../../family/orphanhood.ts";

/** What each standing is called. */
export const STANDINGS: Record<Standing, readonly [one: string, many: string]> = {
  orphan: ["orphan", "orphans"],
  "left-on-purpose": [
    "left running on purpose (nohup, setsid)",
    "left running on purpose (nohup, setsid)",
  ],
  daemon: ["daemon or service", "daemons and services"],
  terminal: ["main program of a terminal", "main programs of terminals"],
  unclear: [
    "child of init, adopted or started by it",
    "children of init, adopted or started by it",
  ],
  entered: ["process entered from outside", "processes entered from outside"],
  leaderless: [
    "process whose leader has exited but whose parent lives",
    "processes whose leader has exited but whose parent lives",
  ],
};

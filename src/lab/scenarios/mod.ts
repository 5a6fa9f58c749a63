import type { Scenario } from "../scenario.ts";
import { backgroundVsDaemon } from "./background.ts";
import { daemonizeSteps } from "./daemonize.ts";
import { oneFork, pidfile, umask } from "./daemons.ts";
import { endings } from "./endings.ts";
import { orphan, zombie, zombieCollected, zombieFlood } from "./families.ts";

/** Every scenario, in the order in which they build on each other. */
export const SCENARIOS: readonly Scenario[] = [
  endings,
  zombie,
  zombieCollected,
  orphan,
  zombieFlood,
  daemonizeSteps,
  oneFork,
  umask,
  pidfile,
  backgroundVsDaemon,
];

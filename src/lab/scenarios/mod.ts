import {
  poolApply,
  poolApplyAsync,
  poolInterrupt,
  poolJoinBeforeClose,
  poolQueue,
  poolResults,
  poolSeveralFunctions,
} from "./pools.ts";
import { daemonThread, daemonThreadAndPlain } from "./threads.ts";
import type { Scenario } from "../scenario.ts";
import { backgroundVsDaemon } from "./background.ts";
import { daemonizeSteps } from "./daemonize.ts";
import { oneFork, pidfile, umask } from "./daemons.ts";
import { endings } from "./endings.ts";
import {
  daemonAndPlain,
  daemonJoin,
  daemonJoinedAndPlain,
  flagAfterStart,
  noChildren,
  noChildrenUnseen,
} from "./daemonic.ts";
import { childOutlivesCode, daemonDies, daemonWithTime, noJoin, twoPids } from "./processes.ts";
import { orphan, zombie, zombieCollected, zombieFlood } from "./families.ts";

/** Every scenario; each builds on the ones before it. */
export const SCENARIOS: readonly Scenario[] = [
  twoPids,
  noJoin,
  childOutlivesCode,
  daemonDies,
  daemonWithTime,
  daemonJoin,
  daemonAndPlain,
  daemonJoinedAndPlain,
  flagAfterStart,
  noChildren,
  noChildrenUnseen,
  daemonThread,
  daemonThreadAndPlain,
  endings,
  zombie,
  zombieCollected,
  orphan,
  zombieFlood,
  poolApply,
  poolApplyAsync,
  poolResults,
  poolSeveralFunctions,
  poolJoinBeforeClose,
  poolInterrupt,
  poolQueue,
  daemonizeSteps,
  oneFork,
  umask,
  pidfile,
  backgroundVsDaemon,
];

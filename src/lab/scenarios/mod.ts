import type { Scenario } from "../scenario.ts";
import { endings } from "./endings.ts";
import { orphan, zombie, zombieCollected, zombieFlood } from "./families.ts";

/** Every scenario, in the order in which they build on each other. */
export const SCENARIOS: readonly Scenario[] = [
  endings,
  zombie,
  zombieCollected,
  orphan,
  zombieFlood,
];

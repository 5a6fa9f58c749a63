import { nap } from "../../libc/time.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import { runtime } from "../../runtime/mod.ts";
import { cutLines } from "../wire/side_line.ts";
import { livingChildren } from "./children.ts";
import { type Binding, DaemonicTree } from "./daemonic_tree.ts";
import { endDaemonic } from "./end_daemonic.ts";
import { addEndRule, ORDER, watchErrors } from "./end_rules.ts";

const daemons = new DaemonicTree();
let installed = false;

/**
 * From the first child on: when this program's code ends, its daemonic processes are ended with everything they have
 * started, then the others are waited for.
 */
export function keepProcessRules(): void {
  if (installed) return watchErrors();
  installed = true;
  addEndRule({ order: ORDER.processes, idle, exit });
}

/** What a new daemonic process receives. @throws ImpError */
export function bindDaemonic(environment: readonly Bytes[]): Binding {
  return daemons.bind(environment);
}

/** A daemonic process has ended, and nothing it started can be left. */
export function noteWhole(mark: string): void {
  daemons.noteWhole(mark);
}

function idle(): Promise<void> | undefined {
  return daemons.all || livingChildren().length > 0 ? finish() : undefined;
}

async function finish(): Promise<void> {
  for (const pause of endDaemons()) await runtime.sleep(pause);
  for (const child of livingChildren()) await child.wait();
}

function exit(): void {
  for (const pause of endDaemons()) nap(pause);
  cutLines();
  for (const child of livingChildren()) child.waitBlocking();
}

/** Yields the milliseconds to wait before it goes on. */
function* endDaemons(): Generator<number> {
  if (!daemons.all) return;
  const roots = livingChildren().filter(({ daemon }) => daemon).map(({ pid }) => pid);
  if (!daemons.whole) yield* endDaemonic(daemons.all, roots);
  daemons.dismiss();
}

import type { Ending } from "../../group/ending.ts";
import { libc } from "../../libc/load.ts";
import { sendSignal } from "../../libc/signals.ts";
import type { Bytes } from "../../libc/spawn.ts";
import { Unreadable } from "../../procfs/read.ts";
import { readStatus } from "../../procfs/status.ts";
import { runtime } from "../../runtime/mod.ts";
import { cutChannels } from "../wire/channel.ts";
import { livingChildren } from "./children.ts";
import { type Binding, DaemonicTree } from "./daemonic_tree.ts";
import { addEndRule, ORDER, watchErrors } from "./end_rules.ts";

const SIGTERM = 15, SIGSTOP = 19;
const FIRST_PAUSE_MS = 1, LONGEST_PAUSE_MS = 50;

const daemons = new DaemonicTree();
let installed = false;

/**
 * From the first child on: at the end of this program's code its daemonic processes are ended, with whatever they have
 * started, then the others are waited for.
 */
export function keepProcessRules(): void {
  if (installed) return watchErrors();
  installed = true;
  addEndRule({ order: ORDER.processes, idle, exit });
}

/** What a new daemonic process is given. @throws ImpError */
export function bindDaemonic(environment: readonly Bytes[]): Binding {
  return daemons.bind(environment);
}

function idle(): Promise<void> | undefined {
  return daemons.begun || livingChildren().length > 0 ? finish() : undefined;
}

async function finish(): Promise<void> {
  for (const pause of endDaemons()) await runtime.sleep(pause);
  for (const child of livingChildren()) await child.wait();
}

function exit(): void {
  for (const pause of endDaemons()) libc("poll").poll(0, 0, pause);
  cutChannels();
  for (const child of livingChildren()) child.waitBlocking();
}

/** Gives the milliseconds to wait before it goes on. */
function* endDaemons(): Generator<number> {
  if (!daemons.begun) return;
  const roots = livingChildren().filter(({ daemon }) => daemon).map(({ pid }) => pid);
  // They are subreapers: as long as they are there, what they have started cannot get away. One that has a handler for
  // SIGTERM may want to end it by itself; one that has none would be gone at once.
  const held = roots.filter((pid) => !handlesTermination(pid));
  for (const pid of held) sendSignal(pid, SIGSTOP);
  yield* drive(daemons.ending(roots, held));
  yield* drive(daemons.ending(roots, []));
  daemons.dismiss();
}

function* drive(ending: Ending): Generator<number> {
  for (let pause = FIRST_PAUSE_MS;; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    // Zombies would hold their PIDs.
    livingChildren();
    if (ending.advance(runtime.now())) return;
    daemons.remember(ending);
    yield pause;
  }
}

function handlesTermination(pid: number): boolean {
  const status = readStatus(pid);
  return !(status instanceof Unreadable) && status.signals.caught.includes(SIGTERM);
}

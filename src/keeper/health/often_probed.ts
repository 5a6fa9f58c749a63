// Probes by `imp watch`: those more frequent than turns of keepers should be.
import { debug } from "../../base/diagnostics.ts";
import { ImpError } from "../../base/errors.ts";
import { SIGUSR1 } from "../../libc/abi.ts";
import type { WatchDuty } from "../../logs/watch/watch_duty.ts";
import { becomeSubreaper } from "../../libc/processes/process.ts";
import { readVariable } from "../../procfs/cmdline.ts";
import { bootId } from "../../procfs/boot.ts";
import { snapshot } from "../../procfs/processes.ts";
import { runtime } from "../../runtime/mod.ts";
import { signalProcess } from "../../termination/identity.ts";
import { sessionLedBy } from "../../termination/scope.ts";
import { killBlocking } from "../../termination/termination.ts";
import { type KeptPlace, keptPlace } from "../home.ts";
import { listableNames } from "../kept_names.ts";
import { observeKept } from "../observe/observe.ts";
import { HOOK_VARIABLE } from "../tree/kept_marks.ts";
import { endLeftByCommands } from "./command_check.ts";
import { type CheckedDaemon, DaemonCheck } from "./daemon_check.ts";
import { afterProbe, isProbedOften, type KeptHealth } from "./kept_health.ts";
import { isHealthTold, readToldHealth, writeToldHealth } from "./told_health.ts";

/** How many probes run at a time; the others wait. */
const MOST_AT_ONCE = 64;

interface ProbedDaemon {
  readonly daemon: CheckedDaemon;
  readonly runId: string;
  readonly settingsText: string;
  health: KeptHealth;
  check?: DaemonCheck;
  /** When the next probe, or the next look at this one, is due; on the clock of runtime.now(). */
  due: number;
  begun: number;
  /** A change could not be written yet. */
  untold: boolean;
}

export class OftenProbed implements WatchDuty {
  private readonly probed = new Map<string, ProbedDaemon>();
  private hasCleaned = false;
  /** A probe has ended, and may have left something. */
  private hasClosed = false;

  constructor(private readonly home: string) {}

  update(): boolean {
    const boot = bootId();
    const seen = new Set<string>();
    for (const name of listableNames(this.home)) {
      const place = keptPlace(this.home, name);
      // Most daemons have none.
      if (isHealthTold(place.directory) && this.take(place, boot)) seen.add(name);
    }
    for (const [name, one] of this.probed) {
      if (seen.has(name)) continue;
      one.check?.close();
      this.hasClosed ||= one.check !== undefined;
      this.probed.delete(name);
    }
    if (this.probed.size > 0 && !this.hasCleaned) this.clean();
    return this.probed.size > 0;
  }

  work(): void {
    const now = runtime.now();
    let underWay = 0;
    for (const { check } of this.probed.values()) if (check) underWay++;
    for (const one of this.probed.values()) {
      if (!one.check) {
        if (now < one.due || underWay >= MOST_AT_ONCE) continue;
        underWay++;
        one.begun = now;
        one.check = new DaemonCheck(one.daemon, now);
      }
      this.look(one, now);
    }
    if (this.hasClosed) this.endLeft();
  }

  get nextDue(): number {
    let due = Infinity;
    for (const one of this.probed.values()) due = Math.min(due, one.due);
    return due === Infinity ? due : Date.now() + Math.max(0, due - runtime.now());
  }

  get fds(): number[] {
    return [...this.probed.values()].flatMap(({ check }) => check?.fds ?? []);
  }

  close(): void {
    for (const { check } of this.probed.values()) check?.close();
    this.probed.clear();
    this.endLeft();
  }

  /** Otherwise it would belong to whichever keeper has started this process. */
  private endLeft(): void {
    this.hasClosed = false;
    endLeftByCommands();
  }

  /** @returns whether it is probed */
  private take(place: KeptPlace, boot: string | undefined): boolean {
    const { settings, state, program, phase } = observeKept(place, boot);
    const health = settings?.health;
    if (!health || !isProbedOften(health) || !program || phase !== "running") return false;
    if (state?.stopsItself) return false;
    const runId = state?.runId;
    const found = runId === undefined ? undefined : readToldHealth(place.directory, runId);
    // Its keeper reports first.
    if (!state || runId === undefined || !found) return false;
    const settingsText = JSON.stringify(health);
    const known = this.probed.get(place.name);
    if (known?.runId === runId && known.settingsText === settingsText) return true;
    known?.check?.close();
    becomeSubreaper();
    const begun = runtime.now();
    this.probed.set(place.name, {
      daemon: { place, settings: { ...settings, health }, state },
      ...{ runId, settingsText, health: found, begun, untold: false },
      due: begun + health.everyMs * (0.5 + 0.5 * Math.random()),
    });
    return true;
  }

  private look(one: ProbedDaemon, now: number): void {
    const found = one.check!.look(now);
    if ("until" in found) {
      one.due = found.until;
      return;
    }
    one.check!.close();
    one.check = undefined;
    this.hasClosed = true;
    const { settings: { health } } = one.daemon;
    one.due = Math.max(now, one.begun + health.everyMs);
    if ("well" in found) {
      const before = one.health;
      one.health = afterProbe(before, found, health.retries, Date.now());
      one.untold ||= one.health.state !== before.state;
    } else debug("watch", "no probe could be made", { why: found.notMade });
    if (one.untold) one.untold = !tell(one);
  }

  /** Removes what a killed predecessor has left. */
  private clean(): void {
    this.hasCleaned = true;
    for (const { pid, startTicks, sid } of snapshot().values()) {
      if (pid !== sid || readVariable(pid, HOOK_VARIABLE) !== "health") continue;
      const directory = readVariable(pid, "IMP_DIRECTORY");
      const name = directory?.split("/").at(-1);
      if (!name || directory !== keptPlace(this.home, name).directory) continue;
      // A keeper's turn may be doing it.
      if (!this.probed.has(name)) continue;
      killBlocking(sessionLedBy(pid, { pid, startTicks }));
    }
  }
}

/** Writes changes, and wakes the keeper. @returns false if they could not be written */
function tell({ daemon: { place }, runId, health }: ProbedDaemon): boolean {
  try {
    writeToldHealth(place.directory, { schema: 1, runId, health });
  } catch (error) {
    if (error instanceof ImpError) return false;
    throw error;
  }
  const { acting } = observeKept(place);
  // A daemon that gets a keeper later has them read then.
  if (acting) signalProcess(acting, SIGUSR1);
  return true;
}

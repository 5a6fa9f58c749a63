import { formatDuration } from "../../base/duration.ts";
import type { Bytes } from "../../libc/processes/spawn.ts";
import type { Ending } from "../../libc/processes/wait.ts";
import { writtenText } from "../../logs/write/line_format.ts";
import { logFiles } from "../../logs/place.ts";
import { makeProbe } from "../../ready/make_probe.ts";
import type { Probe, Readiness } from "../../ready/probe.ts";
import { parseHealthRule } from "../../ready/health_rule.ts";
import { describeRule, parseReady, type ReadyRule } from "../../ready/rule.ts";
import { KeptLogProbe } from "./kept_log_probe.ts";
import type { NotifyFacts } from "./notifications.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import { directoryOfCommands } from "../turn/commands_place.ts";
import { readerOfKept } from "../turn/turn_user.ts";

export interface ReadinessPlace {
  readonly settings: Pick<
    KeptSettings,
    "directory" | "chroot" | "ready" | "health" | "readyTimeoutMs" | "log" | "user"
  >;
  /** That of the daemon. */
  readonly directory: string;
  /** Words `K=V` of the program's environment, also for the programs of `cmd:` rules. */
  readonly environment: readonly Bytes[];
  /**
   * An earlier turn, which ended before it was ready, started the program at this time, in milliseconds since the
   * epoch.
   */
  readonly resumed?: { readonly startedAt: number };
}

/** The result of a look: as from a probe, or a timeout. */
export type KeptReadinessLook = Readiness | { readonly failed: string; readonly late: true };

interface Watched {
  readonly rule: ReadyRule;
  /** Undefined for `notify`: the reader of the socket reports it. */
  readonly probe?: Probe;
  /** Its time limit, ms. */
  readonly withinMs: number;
  /** When that is over. */
  deadline: number;
  ready: boolean;
}

/**
 * Decides when a kept daemon is ready: all its rules hold, and with a start-up probe those of its health. Created
 * before the program is started, closed by its creator. It starts no timers and does not wait: a turn calls it. Times
 * are those of runtime.now().
 */
export class KeptReadiness {
  private readonly rules: Watched[] = [];

  /** @throws ImpError if a rule would be meaningless: its port is already taken, its program is missing */
  constructor(private readonly place: ReadinessPlace) {
    try {
      for (const text of place.settings.ready) {
        const rule = parseReady(text);
        const withinMs = place.settings.readyTimeoutMs;
        const [probe, ready] = [this.probeFor(rule), this.isLost(rule)];
        this.rules.push({ rule, probe, withinMs, deadline: Infinity, ready });
      }
      this.addStartProbes();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Descriptors for the program, as [from, to]; close `from` here once it has been started. */
  get descriptors(): (readonly [from: number, to: number])[] {
    return this.rules.flatMap(({ probe }) => [...probe?.descriptors ?? []]);
  }

  /** Look when one of these is readable. */
  get fds(): number[] {
    return this.rules.flatMap(({ probe, ready }) =>
      ready || probe?.fd === undefined ? [] : [probe.fd]
    );
  }

  /** The program runs. */
  started(pid: number, now: number): void {
    const { resumed } = this.place;
    const begun = resumed ? now - Math.max(0, Date.now() - resumed.startedAt) : now;
    for (const one of this.rules) {
      one.deadline = begun + one.withinMs;
      one.probe?.started(pid, begun);
    }
  }

  /** The program has sent something by sd_notify(3). */
  told({ ready, extendMs }: NotifyFacts, now: number): void {
    for (const one of this.rules) {
      if (extendMs !== undefined) one.deadline = Math.max(one.deadline, now + extendMs);
      if (ready && one.rule.kind === "notify") one.ready = true;
    }
  }

  /** A child of ours has ended and was reaped. */
  childEnded(pid: number, ending: Ending): void {
    for (const { probe } of this.rules) probe?.childEnded?.(pid, ending);
  }

  /** Look again when {@link fds} are readable, but not later than `until`. */
  look(now: number): KeptReadinessLook {
    let until = Infinity;
    for (const one of this.rules) {
      if (one.ready) continue;
      until = Math.min(until, one.deadline);
      if (!one.probe) continue;
      const look = one.probe.look(now);
      if (look === "ready") one.ready = true;
      else if ("failed" in look) return look;
      else until = Math.min(until, look.until);
    }
    const missing = this.rules.filter(({ ready }) => !ready);
    if (missing.length === 0) return "ready";
    const late = missing.filter(({ deadline }) => now >= deadline);
    if (late.length === 0) return { until };
    const when = late.map(({ rule }) => describeRule(rule)).join(", and ");
    const within = formatDuration(late[0].withinMs);
    return { failed: `not ready within ${within} (ready when ${when})`, late: true };
  }

  close(): void {
    for (const { probe } of this.rules) probe?.close();
  }

  /** Another holder of its port does not matter here: something may listen for it. */
  private addStartProbes(): void {
    const { settings, environment } = this.place;
    const { health } = settings;
    if (health?.startMs === undefined) return;
    for (const text of health.rules) {
      const rule = parseHealthRule(text);
      if (rule.kind === "log-silence") continue;
      const works = directoryOfCommands(settings);
      const probe = makeProbe(rule, environment, undefined, Date.now(), works);
      this.rules.push({ rule, probe, withinMs: health.startMs, deadline: Infinity, ready: false });
    }
  }

  private probeFor(rule: ReadyRule): Probe | undefined {
    const { settings, environment, directory, resumed } = this.place;
    switch (rule.kind) {
      case "notify":
        return undefined;
      case "fd":
        return this.isLost(rule) ? undefined : makeProbe(rule, environment);
      case "log":
        return new KeptLogProbe(
          rule.pattern,
          directory,
          logFiles(settings.log, readerOfKept(settings)),
          resumed?.startedAt,
          (line) => writtenText(line, settings.log.format),
        );
      default:
        return makeProbe(
          ...[rule, environment, undefined, resumed?.startedAt] as const,
          directoryOfCommands(settings),
        );
    }
  }

  /** Nobody has the other end of its pipe any more: it counts as ready, since it runs. */
  private isLost(rule: ReadyRule): boolean {
    return rule.kind === "fd" && this.place.resumed !== undefined;
  }
}

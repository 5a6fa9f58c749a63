import { ImpError } from "../../base/errors.ts";
import { formatDuration } from "../../base/duration.ts";
import { modificationTime } from "../../libc/descriptors/stat.ts";
import { rawEnvironment, rawWords } from "../../libc/processes/process_image.ts";
import { ownWords } from "../../libc/processes/own_file.ts";
import { logFiles } from "../../logs/place.ts";
import {
  type CheckLook,
  type CheckOutcome,
  checkSilence,
  ConnectionCheck,
  type HealthCheck,
  needsNameServer,
} from "../../ready/health_check.ts";
import { type HealthRule, parseHealthRule, shortRule } from "../../ready/health_rule.ts";
import { PROBE_COMMAND } from "./probe_command.ts";
import type { KeptPlace } from "../home.ts";
import type { KeptSettings } from "../records/kept_settings.ts";
import type { KeptState } from "../records/kept_state.ts";
import { directoryOfCommands } from "../turn/commands_place.ts";
import { helpersEnvironment, keptVariables } from "../turn/kept_environment.ts";
import { HOOK_VARIABLE } from "../tree/kept_marks.ts";
import { CommandCheck } from "./command_check.ts";
import type { HealthSettings, ProbeVerdict } from "./kept_health.ts";

export interface CheckedDaemon {
  readonly place: KeptPlace;
  readonly settings: KeptSettings & { readonly health: HealthSettings };
  readonly state: Pick<KeptState, "program" | "startedAt">;
}

/** The result of probing all rules. */
export type DaemonCheckLook =
  | ProbeVerdict
  | { readonly notMade: string }
  | { readonly until: number };

interface Asked {
  readonly short: string;
  readonly check: HealthCheck;
  isWell: boolean;
}

/** In the environment of a probing command: it identifies what a killed imp has left. */
const HEALTH_MARK = `${HOOK_VARIABLE}=health`;

/** One probe of a daemon: all its rules, side by side. Its creator polls and closes it. */
export class DaemonCheck {
  private readonly asked: Asked[];
  private readonly deadline: number;

  /** @param now of runtime.now() */
  constructor(private readonly daemon: CheckedDaemon, now: number) {
    const { rules, timeoutMs } = daemon.settings.health;
    this.deadline = now + timeoutMs;
    this.asked = rules.map((text) => {
      const rule = parseHealthRule(text);
      return { short: shortRule(rule, text), check: checkOf(rule, text, daemon), isWell: false };
    });
  }

  /** Look when one of these is readable. */
  get fds(): number[] {
    return this.asked.flatMap(({ isWell, check }) => isWell ? [] : check.fd ?? []);
  }

  look(now: number): DaemonCheckLook {
    let until = this.deadline;
    for (const one of this.asked) {
      if (one.isWell) continue;
      const look = one.check.look(now);
      if (look === "well") one.isWell = true;
      else if ("failed" in look) return { well: false, reason: `${one.short} ${look.failed}` };
      else if ("notMade" in look) return look;
      else until = Math.min(until, look.until);
    }
    const missing = this.asked.filter(({ isWell }) => !isWell);
    if (missing.length === 0) return { well: true };
    if (now < this.deadline) return { until };
    const within = formatDuration(this.daemon.settings.health.timeoutMs);
    return { well: false, reason: `${missing[0].short} no answer within ${within}` };
  }

  close(): void {
    for (const { check } of this.asked) check.close();
  }
}

function checkOf(rule: HealthRule, text: string, daemon: CheckedDaemon): HealthCheck {
  const { settings, state } = daemon;
  switch (rule.kind) {
    case "log-silence": {
      const written = logFiles(settings.log).map(({ path }) => modificationTime(path));
      const last = Math.max(state.startedAt ?? 0, ...written);
      return known(checkSilence(rule.ms, last, Date.now()));
    }
    case "cmd":
      return commandCheck(rule.words, daemon);
    default:
      try {
        // A name server that hangs must not block the caller.
        return needsNameServer(rule.host)
          ? new CommandCheck({
            words: [...ownWords(), PROBE_COMMAND, text],
            environment: [...rawEnvironment(), HEALTH_MARK],
            says: true,
          })
          : new ConnectionCheck(rule);
      } catch (error) {
        if (!(error instanceof ImpError)) throw error;
        return known({ failed: error.message });
      }
  }
}

function commandCheck(words: readonly string[], { place, settings, state }: CheckedDaemon) {
  try {
    const environment = helpersEnvironment(keptVariables(place, settings), [
      HEALTH_MARK,
      `IMP_NAME=${place.name}`,
      `IMP_DIRECTORY=${place.directory}`,
      `IMP_PID=${state.program?.pid ?? ""}`,
    ]);
    const directory = directoryOfCommands(settings);
    return new CommandCheck({ words: rawWords(words), environment, directory });
  } catch (error) {
    if (!(error instanceof ImpError)) throw error;
    return known({ failed: error.message });
  }
}

function known(outcome: CheckOutcome): HealthCheck {
  return { look: (): CheckLook => outcome, close: () => {} };
}

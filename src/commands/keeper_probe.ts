import { ImpError, UsageError } from "../base/errors.ts";
import { EXIT } from "../base/exit_codes.ts";
import { print } from "../cli/output.ts";
import type { Command } from "../cli/options.ts";
import { PollSet } from "../libc/descriptors/poll.ts";
import { POLLIN } from "../libc/abi.ts";
import { PROBE_COMMAND } from "../keeper/health/probe_command.ts";
import { ConnectionCheck } from "../ready/health_check.ts";
import { type HealthRule, parseHealthRule } from "../ready/health_rule.ts";
import { runtime } from "../runtime/mod.ts";

interface KeeperProbeRequest {
  readonly rule: HealthRule;
}

export const keeperProbeCommand: Command<KeeperProbeRequest> = {
  name: PROBE_COMMAND,
  usage: [`${PROBE_COMMAND} RULE`],
  description: [
    "Started by imp itself: asks once whether a server answers whose name has to be looked up. Says why it does not.",
  ],
  options: [],
  examples: [],
  request(_given, [rule]) {
    if (!rule) throw new UsageError("no rule given");
    return { rule: parseHealthRule(rule) };
  },
  run: ({ rule }) => {
    if (rule.kind !== "tcp" && rule.kind !== "http") throw new UsageError("not a connection");
    const outcome = probe(rule);
    if (outcome === "well") return EXIT.done;
    print(outcome);
    return EXIT.no;
  },
};

/** Its parent ends it if it takes too long. */
function probe(rule: Extract<HealthRule, { kind: "tcp" | "http" }>): string {
  try {
    const check = new ConnectionCheck(rule);
    const poll = new PollSet(1);
    for (;;) {
      const now = runtime.now();
      const look = check.look(now);
      if (look === "well") return look;
      if ("failed" in look) return look.failed;
      if ("notMade" in look) return look.notMade;
      poll.watch(0, check.fd ?? -1, POLLIN);
      poll.wait(look.until === Infinity ? -1 : Math.ceil(Math.max(0, look.until - now)));
    }
  } catch (error) {
    if (error instanceof ImpError) return error.parts.why ?? error.message;
    throw error;
  }
}

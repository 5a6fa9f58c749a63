import { FLOOR } from "../libc/descriptors/reserved.ts";
import type { Bytes } from "../libc/processes/spawn.ts";
import { CommandProbe, DelayProbe, FileProbe, LogProbe } from "./simple_probes.ts";
import { HttpProbe, TcpProbe } from "./connection_probes.ts";
import { DescriptorProbe, NotifyProbe } from "./told_probes.ts";
import type { Probe } from "./probe.ts";
import type { ReadyRule } from "./rule.ts";

/**
 * Makes the probe for a rule, before the program is started.
 * @param environment of the program of a `cmd:` rule
 * @param lowest descriptors handed to the program have at least this number here: above all their numbers in the
 *   program
 * @param runsSince when the program was started, if earlier, in milliseconds since the epoch
 * @param directory of the program of a `cmd:` rule; undefined: imp's own
 * @throws ImpError if the rule could not work: the port is already taken, the name has no address
 */
export function makeProbe(
  rule: ReadyRule,
  environment: readonly Bytes[],
  lowest = FLOOR.job,
  runsSince?: number,
  directory?: string,
): Probe {
  switch (rule.kind) {
    case "notify":
      return new NotifyProbe();
    case "fd":
      return new DescriptorProbe(rule.fd, Math.max(lowest, rule.fd + 1));
    case "tcp":
      return new TcpProbe(rule.host, rule.port, runsSince !== undefined);
    case "http":
      return new HttpProbe(rule.host, rule.port, rule.path, runsSince !== undefined);
    case "file":
      return new FileProbe(rule.path, runsSince);
    case "log":
      return new LogProbe(rule.pattern);
    case "cmd":
      return new CommandProbe(rule.words, environment, directory);
    case "delay":
      return new DelayProbe(rule.ms);
  }
}

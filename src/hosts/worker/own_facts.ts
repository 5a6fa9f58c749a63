import { ownPid } from "../../libc/processes/process.ts";
import { usableCores } from "../../pool/rules/jobs_setting.ts";
import { hostName, totalMemory } from "../../procfs/machine.ts";

/** A worker's description of itself for the greeting. */
export function ownFacts() {
  return {
    pid: ownPid(),
    host: hostName(),
    cores: usableCores(),
    memory: totalMemory() ?? 0,
    time: Date.now(),
  };
}

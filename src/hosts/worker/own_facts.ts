import { readTextOrNothing } from "../../libc/descriptors/files.ts";
import { ownPid } from "../../libc/processes/process.ts";
import { usableCores } from "../../pool/rules/jobs_setting.ts";

/** A worker's description of itself for the greeting. */
export function ownFacts() {
  const memory = /^MemTotal:\s*(\d+) kB/m.exec(readTextOrNothing("/proc/meminfo") ?? "");
  return {
    pid: ownPid(),
    host: (readTextOrNothing("/proc/sys/kernel/hostname") ?? "").trim(),
    cores: usableCores(),
    memory: Number(memory?.[1] ?? 0) * 1024,
    time: Date.now(),
  };
}

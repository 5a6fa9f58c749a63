// Pure: limits and the sandbox of a daemon as lines of a unit; systemd.resource-control(5), systemd.exec(5).
import type { ResourceLimits } from "../keeper/limits/resource_limits.ts";
import type { Sandbox } from "../keeper/sandbox/sandbox.ts";
import { listWord } from "./unit_text.ts";

const RATES: Readonly<Record<string, string>> = {
  ...{ rbps: "IOReadBandwidthMax", wbps: "IOWriteBandwidthMax" },
  ...{ riops: "IOReadIOPSMax", wiops: "IOWriteIOPSMax" },
};

export function resourceLines(resources: ResourceLimits | undefined): string[] {
  if (!resources) return [];
  const { memoryMaxBytes, memoryHighBytes, cpuMax, cpuWeight, pidsMax, ioWeight, ioMax = [] } =
    resources;
  const may = (name: string, value: number | undefined, unit = "") =>
    value === undefined ? [] : [`${name}=${value}${unit}`];
  return [
    // All of it is ended at once, and Restart= decides.
    ...may("MemoryMax", memoryMaxBytes),
    ...memoryMaxBytes === undefined ? [] : ["OOMPolicy=kill"],
    ...may("MemoryHigh", memoryHighBytes),
    ...may("CPUQuota", cpuMax === undefined ? undefined : Math.round(cpuMax * 10_000) / 100, "%"),
    ...may("CPUWeight", cpuWeight),
    ...may("TasksMax", pidsMax),
    ...may("IOWeight", ioWeight),
    ...ioMax.flatMap(({ path, rates }) =>
      Object.entries(rates).map(([name, rate]) =>
        `${RATES[name] ?? name}=${listWord(path)} ${rate}`
      )
    ),
  ];
}

export function sandboxLines(sandbox: Sandbox | undefined): string[] {
  const { readOnly = [], writable = [], privateTmp, noNetwork } = sandbox ?? {};
  return [
    ...readOnly.map((path) => `ReadOnlyPaths=${listWord(path)}`),
    ...writable.map((path) => `ReadWritePaths=${listWord(path)}`),
    ...privateTmp ? ["PrivateTmp=yes"] : [],
    ...noNetwork ? ["PrivateNetwork=yes"] : [],
  ];
}

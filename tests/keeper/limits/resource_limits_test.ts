import { assertEquals } from "@std/assert";
import { limitFiles, limitsText } from "../../../src/keeper/limits/resource_limits.ts";
import { limitUseText } from "../../../src/keeper/limits/limit_use.ts";

Deno.test("limitFiles: each limit is one write; memory ends all of it", () => {
  const files = limitFiles({
    ...{ memoryMaxBytes: 1 << 20, memoryHighBytes: 1 << 19, cpuMax: 1.5, cpuWeight: 50 },
    ...{ pidsMax: 7, ioWeight: 20, ioMax: [{ path: "/srv", rates: { rbps: 5, wiops: 6 } }] },
  }, (path) => path === "/srv" ? "8:0" : "?");
  assertEquals(files.map(({ file, text }) => [file, text]), [
    ["memory.max", "1048576"],
    ["memory.oom.group", "1"],
    ["memory.high", "524288"],
    ["cpu.max", "150000 100000"],
    ["cpu.weight", "50"],
    ["pids.max", "7"],
    ["io.weight", "default 20"],
    ["io.max", "8:0 rbps=5 wiops=6"],
  ]);
  assertEquals(limitFiles({}, String), []);
});

Deno.test("limitsText, limitUseText: in words", () => {
  const limits = { memoryMaxBytes: 100 << 20, pidsMax: 10, cpuMax: 0.5 };
  assertEquals(limitsText(limits), "memory at most 100M, CPU 50%, 10 processes and threads");
  const use = { memoryBytes: 5 << 20, slowed: 7, pids: 3, pidsRefused: 2, throttled: 1 };
  assertEquals(
    limitUseText(use, limits),
    "memory 5M of 100M, slowed down for it 7 times, 3 of 10 processes and threads, " +
      "another one was refused 2 times, kept waiting for a processor once",
  );
});

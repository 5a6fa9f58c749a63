import { assertEquals } from "@std/assert";
import { judgeCores, judgeFiles, judgeProcesses, limitFindings } from "../../src/doctor/limits.ts";

const read = (path: string) => Deno.readTextFileSync(path);

Deno.test("limits: few files, many processes, no cores", () => {
  const limit = (soft: number, hard = soft) => ({ soft, hard });
  assertEquals(judgeFiles(limit(256)).grade, "warning");
  assertEquals(judgeFiles(limit(1024, 4096)).fact, "open files: 1024 (may be raised to 4096)");
  assertEquals(judgeProcesses(limit(100), 95, false).grade, "problem");
  assertEquals(judgeProcesses(limit(100), 95, true).grade, "good");
  assertEquals(judgeProcesses(limit(Infinity), 95, false).data, {
    used: 95,
    soft: null,
    hard: null,
  });
  assertEquals(judgeCores(limit(0, Infinity)).fact, "core files: 0 (may be raised to unlimited)");
  assertEquals(judgeFiles(undefined).grade, "unknown");
});

Deno.test("limits are those of this process or its parent, none as null", () => {
  const [files, processes, cores] = limitFindings(7, false);
  assertEquals([files.check, processes.check, cores.check], [
    "open-files",
    "user-processes",
    "core-size",
  ]);
  const [, soft] = /^Max processes\s+(\S+)/m.exec(read("/proc/self/limits"))!;
  assertEquals(processes.data?.soft, soft === "unlimited" ? null : Number(soft));
  assertEquals(processes.data?.used, 7);
});

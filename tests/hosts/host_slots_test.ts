import { assertEquals } from "@std/assert";
import { parseJobs } from "../../src/pool/rules/jobs_setting.ts";
import { resolveSlots, slotsText } from "../../src/hosts/host_slots.ts";

Deno.test("-j counts by the cores of a host, or by those that it is taken for", () => {
  const cases: [jobs: string, cores: number | undefined, text: string, slots: number][] = [
    ["100%", undefined, "100%", 2],
    ["150%", 4, "6", 6],
    ["+1", undefined, "+1", 3],
    ["-3", 4, "1", 1],
    ["8", 4, "8", 8],
    ["0", 4, "0", 65_536],
    ["150%", Number.MAX_SAFE_INTEGER, "65536", 65_536],
  ];
  for (const [jobs, cores, text, slots] of cases) {
    assertEquals(slotsText(parseJobs(jobs), cores), text);
    assertEquals(resolveSlots(text, 2), slots);
  }
});

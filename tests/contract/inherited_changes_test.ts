import { errnoName } from "../../src/libc/calling/errno.ts";
import { readTextOrNothing } from "../../src/libc/descriptors/files.ts";
import {
  oomScoreAdjustment,
  setIoPriority,
  setOomScoreAdjustment,
} from "../../src/libc/processes/inherited_changes.ts";
import { assert, assertEquals, test } from "./harness.ts";

test("inherited changes: the oom score is what the kernel shows; one that there is not is refused", () => {
  const score = oomScoreAdjustment();
  assertEquals(String(score), readTextOrNothing("/proc/self/oom_score_adj")!.trim());
  assertEquals(setOomScoreAdjustment(score!), 0);
  assertEquals(errnoName(setOomScoreAdjustment(1001)), "EINVAL");
  assertEquals(oomScoreAdjustment(), score);
});

test("inherited changes: a priority for disks is set, or refused with a reason", () => {
  assertEquals(setIoPriority(2, 4), 0);
  const realtime = setIoPriority(1, 4);
  assert(realtime === 0 || errnoName(realtime) === "EPERM", errnoName(realtime));
  assertEquals(setIoPriority(2, 4), 0);
});

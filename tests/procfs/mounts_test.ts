import { assertEquals } from "@std/assert";
import { parseMounts } from "../../src/procfs/mounts.ts";

Deno.test("mounts: optional fields end at a lone dash, octal escapes are characters", () => {
  const text = `36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw
24 1 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate

25 1 0:23 / /broken`;
  assertEquals(parseMounts(text), [
    { root: "/mnt1", point: "/mnt 2", type: "ext3" },
    { root: "/", point: "/sys/fs/cgroup", type: "cgroup2" },
  ]);
});

import { assertEquals } from "@std/assert";
import { unifiedDirectory } from "../../src/procfs/cgroup.ts";

const mount = (root: string, point = "/sys/fs/cgroup") => [{ type: "cgroup2", root, point }];

Deno.test("unifiedDirectory: the whole hierarchy, a part of it, and one that shows another part", () => {
  assertEquals(unifiedDirectory(mount("/"), "/"), "/sys/fs/cgroup");
  assertEquals(unifiedDirectory(mount("/"), "/a/b"), "/sys/fs/cgroup/a/b");
  // A container whose mount shows its own group only, with a path that counts from the host's root.
  assertEquals(unifiedDirectory(mount("/docker/x"), "/docker/x"), "/sys/fs/cgroup");
  assertEquals(unifiedDirectory(mount("/docker/x"), "/docker/x/init"), "/sys/fs/cgroup/init");
  assertEquals(unifiedDirectory(mount("/docker/x"), "/docker/xy"), undefined);
  assertEquals(unifiedDirectory([...mount("/a"), ...mount("/", "/mnt")], "/b"), "/mnt/b");
  assertEquals(unifiedDirectory([{ type: "cgroup", root: "/", point: "/c" }], "/"), undefined);
});

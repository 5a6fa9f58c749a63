import fc from "fast-check";
import { assertEquals } from "@std/assert";
import {
  mainCgroup,
  parseCgroup,
  parseMounts,
  readMainCgroup,
  unifiedDirectory,
} from "../../src/procfs/cgroup.ts";
import { anyText } from "../base/any_text.ts";

const mount = (root: string, point = "/sys/fs/cgroup") => [
  { device: "0:9", type: "cgroup2", root, point },
];

Deno.test("unifiedDirectory: the whole hierarchy, a part of it, and one that shows another part", () => {
  assertEquals(unifiedDirectory(mount("/"), "/"), "/sys/fs/cgroup");
  assertEquals(unifiedDirectory(mount("/"), "/a/b"), "/sys/fs/cgroup/a/b");
  // A container whose mount shows its own group only, with a path that counts from the host's root.
  assertEquals(unifiedDirectory(mount("/docker/x"), "/docker/x"), "/sys/fs/cgroup");
  assertEquals(unifiedDirectory(mount("/docker/x"), "/docker/x/init"), "/sys/fs/cgroup/init");
  assertEquals(unifiedDirectory(mount("/docker/x"), "/docker/xy"), undefined);
  assertEquals(unifiedDirectory([...mount("/a"), ...mount("/", "/mnt")], "/b"), "/mnt/b");
  assertEquals(
    unifiedDirectory([{ device: "0:9", type: "cgroup", root: "/", point: "/c" }], "/"),
    undefined,
  );
});

Deno.test("cgroup v2", () => {
  const entries = parseCgroup("0::/user.slice/user-1000.slice/session-3.scope\n");
  assertEquals(entries, [
    { hierarchy: 0, controllers: [], path: "/user.slice/user-1000.slice/session-3.scope" },
  ]);
  assertEquals(mainCgroup(entries), "/user.slice/user-1000.slice/session-3.scope");
});

Deno.test("cgroup v1 and both at once: systemd's path before a controller's", () => {
  const text = "9:name=systemd:/system.slice/a.service\n4:cpu,cpuacct:/x\n0::/\n";
  const entries = parseCgroup(text);
  assertEquals(entries[1].controllers, ["cpu", "cpuacct"]);
  assertEquals(mainCgroup(entries), "/system.slice/a.service");
  assertEquals(mainCgroup(parseCgroup("9:name=systemd:/\n4:memory:/box/7\n0::/\n")), "/box/7");
  assertEquals(mainCgroup(parseCgroup("0::/\n")), "/");
  assertEquals(mainCgroup([]), undefined);
});

Deno.test("paths may hold colons, text may be cut or be anything", () => {
  const path = anyText().map((text) => `/${text.replaceAll("\n", "")}`);
  fc.assert(fc.property(path, (path) => {
    assertEquals(parseCgroup(`0::${path}\n`)[0].path, path);
  }));
  fc.assert(fc.property(anyText(), (text) => {
    mainCgroup(parseCgroup(text));
  }));
});

Deno.test("the group of this process", () => {
  assertEquals(readMainCgroup(Deno.pid)?.startsWith("/"), true);
});

Deno.test("mounts: optional fields end at a lone dash, octal escapes are characters", () => {
  const text = `36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:2 - ext3 /dev/root rw
24 1 0:22 / /sys/fs/cgroup rw - cgroup2 cgroup rw,nsdelegate

25 1 0:23 / /broken`;
  assertEquals(parseMounts(text), [
    { device: "98:0", root: "/mnt1", point: "/mnt 2", type: "ext3" },
    { device: "0:22", root: "/", point: "/sys/fs/cgroup", type: "cgroup2" },
  ]);
});

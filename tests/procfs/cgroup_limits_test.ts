import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { mainCgroup, parseCgroup, readCgroup } from "../../src/procfs/cgroup.ts";
import { parseLimits, readLimits } from "../../src/procfs/limits.ts";
import { Unreadable } from "../../src/procfs/read.ts";

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
  const path = fc.string({ unit: "binary" }).map((text) => `/${text.replaceAll("\n", "")}`);
  fc.assert(fc.property(path, (path) => {
    assertEquals(parseCgroup(`0::${path}\n`)[0].path, path);
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    mainCgroup(parseCgroup(text));
  }));
});

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units     
Max cpu time              unlimited            unlimited            seconds   
Max open files            1024                 524288               files     
Max nice priority         0                    40                   
`;

Deno.test("limits by name", () => {
  const limits = parseLimits(LIMITS);
  assertEquals(limits.get("cpu"), { soft: Infinity, hard: Infinity });
  assertEquals(limits.get("nofile"), { soft: 1024, hard: 524288 });
  assertEquals(limits.get("nice"), { soft: 0, hard: 40 });
  assertEquals(limits.size, 3);
});

Deno.test("cut or odd limits are left out, never wrong", () => {
  fc.assert(fc.property(fc.nat(LIMITS.length), (length) => {
    const whole = parseLimits(LIMITS);
    for (const [name, { soft }] of parseLimits(LIMITS.slice(0, length))) {
      assertEquals(soft, whole.get(name)?.soft);
    }
  }));
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    parseLimits(text);
  }));
});

Deno.test("of this process", () => {
  const limits = readLimits(Deno.pid);
  assertEquals(limits instanceof Unreadable ? 0 : limits.size, 16);
  const cgroup = readCgroup(Deno.pid);
  assertEquals(cgroup instanceof Unreadable ? "" : mainCgroup(cgroup)?.startsWith("/"), true);
});

import { assertEquals } from "@std/assert";
import { judgeCgroups, readCgroupFacts, versionOf } from "../../src/doctor/cgroups.ts";
import { parseMounts } from "../../src/procfs/cgroup.ts";

Deno.test("versionOf: versions of control groups", () => {
  const v2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw";
  const v1 = "31 30 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids";
  const version = (text: string) => versionOf(parseMounts(text));
  assertEquals([version(v2), version(v1), version(`${v1}\n${v2}`)], ["v2", "v1", "both"]);
  assertEquals(version(""), undefined);
  assertEquals(judgeCgroups({ writable: [], controllers: [] }).grade, "note");
});

Deno.test("control groups: good means that one may really be made", () => {
  const { version, path, writable } = readCgroupFacts();
  const grade = judgeCgroups({ version, path, writable, controllers: [] }).grade;
  assertEquals(
    grade === "good",
    writable.includes("directory") && writable.includes("cgroup.procs"),
  );
  const judge = (...writable: string[]) =>
    judgeCgroups({ version: "v2", writable, controllers: [] }).grade;
  assertEquals(judge("directory", "cgroup.procs"), "good");
  assertEquals(judge("directory"), "note");
  assertEquals(judge("cgroup.procs", "cgroup.kill"), "note");
});

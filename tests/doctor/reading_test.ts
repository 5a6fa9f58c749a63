// Doctor's parts that look at this machine: whatever it is, what they say of it must hold together.
import { assert, assertEquals } from "@std/assert";
import { judgeCgroups, readCgroupFacts } from "../../src/doctor/cgroups.ts";
import {
  corePatternFinding,
  pidfdFinding,
  procFinding,
  readUserNamespaces,
  seccompFinding,
} from "../../src/doctor/kernel.ts";
import { limitFindings } from "../../src/doctor/limits.ts";

import { tryReaping } from "../../src/doctor/reaping.ts";
import { isAlive } from "../e2e/harness.ts";

const read = (path: string) => Deno.readTextFileSync(path);
const status = (name: string) =>
  RegExp(`^${name}:\\s*(\\S+)`, "m").exec(read("/proc/self/status"))?.[1];

Deno.test("seccomp is what the kernel tells of this process", () => {
  const mode = ["off", "strict", "filter"][Number(status("Seccomp"))];
  assertEquals(seccompFinding().data, { mode });
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

Deno.test("pidfds are tried, not guessed from the version of the kernel", () => {
  const { grade, data } = pidfdFinding();
  assertEquals(grade, data?.pidfd ? "good" : "warning");
  const [major, minor] = Deno.osRelease().split(".").map(Number);
  if (data?.pidfd) assert(major > 5 || (major === 5 && minor >= 3));
});

Deno.test("the core pattern and user namespaces are those of /proc", () => {
  const { data } = corePatternFinding();
  assertEquals(data?.pattern, read("/proc/sys/kernel/core_pattern"));
  const { max, inside } = readUserNamespaces();
  assertEquals(max, Number(read("/proc/sys/user/max_user_namespaces")));
  assertEquals(
    inside,
    read("/proc/self/uid_map").trim().split(/\s+/).join(" ") !== "0 0 4294967295",
  );
});

Deno.test("/proc hides nothing from root", () => {
  assertEquals(procFinding(true).grade, "good");
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

Deno.test("the orphan that is made for the trial is adopted by somebody who lives, and nothing is left", async () => {
  const trial = await tryReaping();
  if (typeof trial === "string") throw new Error(trial);
  // 0: it is outside this PID namespace.
  assert(trial.adopter.pid === 0 || isAlive(trial.adopter.pid));
  assert(trial.adopter.pid !== Deno.pid);
  const children = read(`/proc/self/task/${Deno.pid}/children`).trim().split(" ").filter(Boolean);
  assertEquals(children.filter((pid) => isAlive(Number(pid))), []);
});

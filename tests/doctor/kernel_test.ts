import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  corePatternFinding,
  judgeCorePattern,
  judgePidRoom,
  judgeProc,
  judgeUserNamespaces,
  pidfdFinding,
  procFinding,
  readUserNamespaces,
  seccompFinding,
} from "../../src/doctor/kernel.ts";

const read = (path: string) => Deno.readTextFileSync(path);

const status = (name: string) =>
  RegExp(`^${name}:\\s*(\\S+)`, "m").exec(read("/proc/self/status"))?.[1];

Deno.test("judgePidRoom: the fuller of machine and control group decides", () => {
  const grade = (used: number, max: number | null, group: number | null = null) =>
    judgePidRoom({
      used,
      max,
      group: group === null ? null : { path: "/x", used: group, max: 100 },
    })
      .grade;
  assertEquals(grade(10, 1000), "good");
  assertEquals(grade(750, 1000), "warning");
  assertEquals(grade(950, 1000), "problem");
  assertEquals(grade(10, 1000, 95), "problem");
  assertEquals(grade(10, null), "unknown");
});

Deno.test("judgeUserNamespaces: the kernel's, Debian's and Ubuntu's switches", () => {
  const grade = (facts: Partial<Parameters<typeof judgeUserNamespaces>[0]>) =>
    judgeUserNamespaces({ max: 1000, inside: false, ...facts }).grade;
  assertEquals(grade({}), "good");
  assertEquals(grade({ max: 0 }), "note");
  assertEquals(grade({ debian: 0 }), "note");
  assertEquals(grade({ apparmor: 1 }), "note");
  assertStringIncludes(judgeUserNamespaces({ max: 9, inside: true }).fact, "this shell is in one");
});

Deno.test("judgeCorePattern: handed on, fixed place, working directory", () => {
  const judge = (pattern: string | undefined, there = true) =>
    judgeCorePattern(pattern, () => there);
  assertEquals(judge("|/usr/lib/systemd/systemd-coredump %P\n").grade, "good");
  assertEquals(judge("|/usr/bin/gone %P", false).grade, "note");
  assertEquals(judge("/var/crash/core.%p").grade, "good");
  assertEquals(judge("core").grade, "note");
  assertEquals(judge(undefined).grade, "unknown");
});

Deno.test("judgeProc: hidepid hides from ordinary users", () => {
  const line = (options: string) => `25 30 0:22 / /proc rw,nosuid shared:12 - proc proc ${options}`;
  assertEquals(judgeProc(line("rw"), false).grade, "good");
  assertEquals(judgeProc(line("rw,hidepid=invisible"), false).grade, "warning");
  assertEquals(judgeProc(line("rw,hidepid=2"), true).grade, "good");
  assertEquals(judgeProc(`${line("rw,hidepid=2")}\n${line("rw")}`, false).grade, "good");
  assertEquals(judgeProc(undefined, false).grade, "unknown");
});

Deno.test("seccomp is what the kernel tells of this process", () => {
  const mode = ["off", "strict", "filter"][Number(status("Seccomp"))];
  assertEquals(seccompFinding().data, { mode });
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

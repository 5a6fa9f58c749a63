import { assertEquals, assertStringIncludes } from "@std/assert";
import { judgeCgroups, versionOf } from "../../src/doctor/cgroups.ts";
import { parseMounts } from "../../src/procfs/mounts.ts";
import {
  judgeCorePattern,
  judgePidRoom,
  judgeProc,
  judgeUserNamespaces,
} from "../../src/doctor/kernel.ts";
import { judgeCores, judgeFiles, judgeProcesses } from "../../src/doctor/limits.ts";
import { judgeHangup, judgeLogout } from "../../src/doctor/login.ts";
import { judgePidfile, judgePidfiles } from "../../src/doctor/pidfiles.ts";
import { judgeFirstProcess, judgeReaping } from "../../src/doctor/reaping.ts";

Deno.test("judgeReaping: at once, slowly, never, by a subreaper, not tried", () => {
  const adopter = { pid: 1, comm: "init" };
  const grade = (reapedAfter: number | null) => judgeReaping({ adopter, reapedAfter })[0].grade;
  assertEquals([grade(2), grade(1760), grade(null)], ["good", "warning", "problem"]);
  const [, subreaper] = judgeReaping({ adopter: { pid: 7, comm: "shim" }, reapedAfter: 1 });
  assertEquals([subreaper.check, subreaper.grade], ["subreaper", "note"]);
  assertEquals(judgeReaping("no /bin/sh to try it with")[0].grade, "unknown");
});

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

Deno.test("versionOf: versions of control groups", () => {
  const v2 = "30 24 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw";
  const v1 = "31 30 0:27 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids";
  const version = (text: string) => versionOf(parseMounts(text));
  assertEquals([version(v2), version(v1), version(`${v1}\n${v2}`)], ["v2", "v1", "both"]);
  assertEquals(version(""), undefined);
  assertEquals(judgeCgroups({ writable: [], controllers: [] }).grade, "note");
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

Deno.test("judgeLogout: with and without systemd", () => {
  const grades = (rules: Parameters<typeof judgeLogout>[0]) =>
    judgeLogout(rules).map(({ grade }) => grade);
  assertEquals(grades({ systemd: false, lingers: false }), ["good"]);
  assertEquals(grades({ systemd: true, kills: true, lingers: false }), ["warning", "note"]);
  assertEquals(grades({ systemd: true, kills: false, lingers: true }), ["good", "good"]);
  assertEquals(grades({ systemd: true, lingers: false })[0], "unknown");
});

Deno.test("judgeHangup: comments do not count, two files that disagree are unknown", () => {
  const grade = (...texts: string[]) =>
    judgeHangup(texts.map((text, i) => ({ path: `/f${i}`, text }))).grade;
  assertEquals(grade(), "good");
  assertEquals(grade("# shopt -s huponexit\n"), "good");
  assertEquals(grade("shopt -s checkwinsize huponexit # bye\n"), "warning");
  assertEquals(grade("  if x; then shopt -s huponexit; fi\n"), "warning");
  assertEquals(grade("shopt -s huponexit", "shopt -u huponexit"), "unknown");
});

Deno.test("pidfiles: running, stale, and a PID that was given away", () => {
  const file = (process?: { comm: string; startedAt: number; zombie: boolean }) => ({
    path: "/run/web.pid",
    pid: 5,
    own: false,
    modified: 100_000,
    process,
  });
  const at = (startedAt: number, zombie = false) => file({ comm: "web", startedAt, zombie });
  assertEquals(judgePidfile(at(99_000)), "running");
  assertEquals(judgePidfile(at(101_500)), "running");
  assertEquals(judgePidfile(at(103_000)), "reused");
  assertEquals(judgePidfile(at(99_000, true)), "stale");
  assertEquals(judgePidfile(file()), "stale");
  const hidden = { ...file(), process: "hidden" } as const;
  assertEquals(judgePidfile(hidden), "unseen");
  assertEquals(judgePidfiles([hidden]).grade, "good");
  assertStringIncludes(
    judgePidfiles([hidden]).fact,
    "the processes of 1 are hidden from this user",
  );
  assertEquals(judgePidfiles([at(99_000)]).grade, "good");
  assertEquals(judgePidfiles([at(99_000), file()]).grade, "warning");
  assertEquals(judgePidfiles([at(103_000), file()]).grade, "problem");
});

Deno.test("judgeProc: hidepid hides from ordinary users", () => {
  const line = (options: string) => `25 30 0:22 / /proc rw,nosuid shared:12 - proc proc ${options}`;
  assertEquals(judgeProc(line("rw"), false).grade, "good");
  assertEquals(judgeProc(line("rw,hidepid=invisible"), false).grade, "warning");
  assertEquals(judgeProc(line("rw,hidepid=2"), true).grade, "good");
  assertEquals(judgeProc(`${line("rw,hidepid=2")}\n${line("rw")}`, false).grade, "good");
  assertEquals(judgeProc(undefined, false).grade, "unknown");
});

Deno.test("judgeFirstProcess: a shell on a terminal takes everything along", () => {
  const judge = (comm: string, interactive: boolean, tty: string | null) =>
    judgeFirstProcess({ program: { comm, interactive }, tty }).grade;
  assertEquals(judge("systemd", false, null), "good");
  assertEquals(judge("bash", true, "/dev/pts/0"), "warning");
  assertEquals(judge("python3", false, "/dev/pts/0"), "warning");
  assertEquals(judgeFirstProcess(undefined).grade, "unknown");
});

Deno.test("judgePidfiles: what imp has left itself is no fault", () => {
  const own = { path: "/run/imp/a.pid", pid: 4, own: true, modified: 1 };
  const finding = judgePidfiles([own]);
  assertEquals(finding.grade, "good");
  assertStringIncludes(finding.fact, "1 of imp's own: the next start takes them over");
  assertEquals(judgePidfiles([{ ...own, own: false }]).grade, "warning");
});

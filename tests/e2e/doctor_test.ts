import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, impBinary } from "./harness.ts";
import { CHECKS as KNOWN } from "../../src/doctor/checks.ts";
import { inNamespace } from "./family_programs.ts";

interface Finding {
  check: string;
  grade: string;
  fact: string;
  meaning: string;
  data?: Record<string, unknown>;
}

const CHECKS = [
  "keepers",
  ..."reaping subreaper proc zombies pids cgroup user-namespaces seccomp pidfd logout huponexit"
    .split(
      " ",
    ),
  ..."open-files user-processes core-size core-pattern pidfiles pid-1".split(" "),
];

e2e("doctor: every check says what is and what it means", async (box) => {
  const { code, stdout, stderr } = await inNamespace(box, `"$IMP" doctor --json`);
  assertEquals(stderr, "");
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  assertEquals(code, ok ? 0 : 1);
  const checks = findings.map(({ check }) => check);
  for (const check of CHECKS) assert(checks.includes(check), check);
  // Each can be asked for by its name.
  assertEquals(checks.filter((check) => !KNOWN.includes(check)), []);
  for (const { fact, meaning } of findings) assert(fact !== "" && meaning !== "");
  const reaping = findings[0];
  assertEquals(reaping.check, "reaping");
  // Where the machine is busy, even bash takes a while.
  assert(["good", "warning"].includes(reaping.grade), reaping.grade);
  assertMatch(reaping.fact, /^PID 1 \(bash\) reaps orphans, \d+ ms after their end$/);
});

e2e("doctor: a PID 1 that does not reap is a problem", async (box) => {
  Deno.writeTextFileSync(
    box.path("one.py"),
    `import os, subprocess, time, signal
child = subprocess.Popen([os.environ["IMP"], "doctor", "--json"])
os.waitpid(child.pid, 0)
print(flush=True)`,
  );
  const user = Deno.uid() === 0 ? [] : ["--user", "--map-root-user"];
  const { stdout } = await box.run([
    "unshare",
    ...user,
    "-pf",
    "--mount-proc",
    "python3",
    "one.py",
  ]);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  assertEquals([ok, findings[0].grade], [false, "problem"]);
  assertMatch(findings[0].fact, /^PID 1 \(python3?[\d.]*\) has not reaped an orphan within 3 s$/);
});

e2e("doctor: as PID 1 itself it has no adopter to look at, but limits", async (box) => {
  const user = Deno.uid() === 0 ? [] : ["--user", "--map-root-user"];
  const { stdout } = await box.run(
    ["unshare", ...user, "-pf", "--mount-proc", impBinary(), "doctor", "--json"],
  );
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const grade = (name: string) => findings.find(({ check }) => check === name)?.grade;
  assertEquals(grade("reaping"), "unknown");
  assertMatch(findings[0].fact, /imp itself is PID 1 here/);
  assertEquals([grade("open-files"), grade("zombies")], ["good", "good"]);
});

e2e("doctor: a subreaper above is found by being adopted", async (box) => {
  const { stdout } = await box.sh(
    `python3 -c 'import ctypes, subprocess, os
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
child = subprocess.Popen([os.environ["IMP"], "doctor", "--json"])
while True:
    pid, _ = os.waitpid(-1, 0)
    if pid == child.pid: break'`,
  );
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const subreaper = findings.find(({ check }) => check === "subreaper")!;
  assertEquals(subreaper.grade, "note");
  assertMatch(subreaper.fact, /adopted by pid \d+ \(python3?[\d.]*\), a subreaper/);
});

e2eAsRoot("doctor: pidfiles in /run that are stale, or name another process", async (box) => {
  const script = `mount -t tmpfs none /run && mkdir /run/web
     echo 4194000 > /run/gone.pid; echo 1 > /run/web/other.pid; touch -d '2001-01-01' /run/web/other.pid
     sleep 60 & echo $! > /run/right.pid; echo text > /run/none.pid; mkfifo /run/fifo.pid
     ln -s /run/gone.pid /run/link.pid
     "$IMP" doctor --json; kill %1`;
  const { stdout, stderr } = await box.run(
    ["unshare", "-m", "-pf", "--mount-proc", "bash", "-c", `${script}\nexit 0`],
  );
  assertEquals(stderr, "");
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  const found = findings.find(({ check }) => check === "pidfiles")!;
  assertEquals([ok, found.grade], [false, "problem"]);
  assertEquals(found.data?.files, [
    { path: "/run/gone.pid", pid: 4194000, verdict: "stale" },
    {
      path: "/run/right.pid",
      pid: (found.data?.files as { pid: number }[])[1].pid,
      verdict: "running",
    },
    { path: "/run/web/other.pid", pid: 1, verdict: "reused" },
  ]);
});

e2eAsRoot("doctor: logind's files, where systemd runs", async (box) => {
  const asNobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
  const script =
    `mount -t tmpfs none /run; mount -t tmpfs none /etc/systemd; mount -t tmpfs none /var/lib
     mkdir -p /run/systemd/system /run/systemd/logind.conf.d /etc/systemd/logind.conf.d /var/lib/systemd/linger
     look() { ${asNobody} "$IMP" doctor --json; }
     printf '[Login]\n#KillUserProcesses=no\n#KillExcludeUsers=root\n' >/etc/systemd/logind.conf; look
     printf '[Login]\nKillUserProcesses=yes\n' >/run/systemd/logind.conf.d/50-kill.conf; look
     ln -s /dev/null /etc/systemd/logind.conf.d/50-kill.conf; touch /var/lib/systemd/linger/nobody; look
     printf '[Login]\nKillOnlyUsers=somebody nobody\n' >/etc/systemd/logind.conf.d/60-only.conf; look`;
  const { stdout, stderr } = await box.run(
    ["unshare", "-m", "-pf", "--mount-proc", "bash", "-c", `${script}\nexit 0`],
    { cwd: "/" },
  );
  assertEquals(stderr, "");
  const found = stdout.trim().split("\n").map((line) => {
    const { findings } = JSON.parse(line) as { findings: Finding[] };
    const data = (name: string) => findings.find(({ check }) => check === name)?.data;
    return [data("logout")?.kills, data("linger")?.lingers];
  });
  assertEquals(found, [[false, false], [true, false], [false, true], [true, true]]);
});

e2eAsRoot("doctor: as an ordinary user", async (box) => {
  const nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
  const { stdout, stderr } = await box.run([...nobody, impBinary(), "doctor"], { cwd: "/" });
  assertEquals(stderr, "");
  assertStringIncludes(stdout, "cgroup: ");
  assert(!stdout.includes("\x1b"));
});

e2e("doctor --quiet: by the exit status only", async (box) => {
  const { code, stdout } = await inNamespace(box, `"$IMP" doctor --quiet; echo "code $?"`);
  assertEquals(code, 0);
  assertMatch(stdout, /^code [01]\n$/);
});

e2e(
  "doctor: the pidfiles of this user's daemons are looked at, and imp's leftovers are not a fault",
  async (box) => {
    const path = box.path("gone.pid");
    // Above the largest PID that Linux assigns.
    Deno.writeTextFileSync(path, "4194305\n");
    const { stdout } = await box.imp(["doctor", "--json"], { env: { IMP_HOME: box.directory } });
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const { fact, data } = findings.find(({ check }) => check === "pidfiles")!;
    const files = data!.files as { path: string; verdict: string }[];
    assertEquals(files.find((file) => file.path === path)?.verdict, "stale");
    assert(!fact.includes(path), fact);
  },
);

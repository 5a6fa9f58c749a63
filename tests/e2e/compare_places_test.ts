// Comparisons from every place where imp may be called.
import { assert, assertEquals } from "@std/assert";
import { measured, type Report, survivors } from "./compare_report.ts";
import { e2e, e2eAsRoot, impBinary } from "./harness.ts";
import { assertNothingLeft } from "./leftovers.ts";

e2e("compare: whatever its caller did to descriptors and signals", async (box) => {
  const options = { env: { TMPDIR: box.directory } };
  const survivors = `--styles background,nohup --shell bash --json`;
  for (
    const script of [
      `"$IMP" compare ${survivors} <&-`,
      `trap '' CHLD PIPE; exec "$IMP" compare ${survivors}`,
      `trap '' HUP INT; exec "$IMP" compare ${survivors}`,
      `nohup "$IMP" compare ${survivors} 2>/dev/null`,
      `env -i TMPDIR="$TMPDIR" PATH="$PATH" IMP_TEST_TAG="$IMP_TEST_TAG" "$IMP" compare ${survivors}`,
      `exec 7</etc/passwd; setsid -w "$IMP" compare ${survivors}`,
    ]
  ) {
    const { code, stdout, stderr } = await box.sh(script, options);
    assertEquals({ code, stderr }, { code: 0, stderr: "" }, script);
    const report: Report = JSON.parse(stdout);
    assertEquals(measured(report, "background").after.endedBy, "HUP", script);
    assertEquals(measured(report, "background").before.others, [], script);
    assertEquals(measured(report, "nohup").after.alive, true, script);
    assertNothingLeft(box);
  }
});

e2e("compare: a subreaper that adopts is distinguished from init", async (box) => {
  const reaper = "import ctypes, subprocess, sys; ctypes.CDLL(None).prctl(36, 1, 0, 0, 0); " +
    "subprocess.run(sys.argv[1:])";
  const args = ["compare", "--json", "--styles", "background,daemon"];
  const { stdout } = await box.run(["python3", "-c", reaper, impBinary(), ...args]);
  const { before, shell } = measured(JSON.parse(stdout), "daemon");
  assertEquals(before.parent?.role, "subreaper");
  assert(before.ppid !== 1 && before.ppid !== shell.ppid);
  assertEquals(measured(JSON.parse(stdout), "background").before.parent?.role, "shell");
});

e2eAsRoot("compare: as an ordinary user without a home", async (box) => {
  Deno.copyFileSync(impBinary(), box.path("imp"));
  Deno.chmodSync(box.directory, 0o755);
  const line = `cd / && ${box.path("imp")} compare --shell bash --json`;
  const { code, stdout } = await box.run(["su", "nobody", "-s", "/bin/sh", "-c", line]);
  assertEquals(code, 0);
  assertEquals(measured(JSON.parse(stdout), "daemon").after.alive, true);
});

e2eAsRoot("compare: as PID 1 of a container", async (box) => {
  const script = `exec unshare -pf --mount-proc "$IMP" compare --shell bash --json`;
  const { code, stdout } = await box.sh(script, { env: { TMPDIR: box.directory } });
  assertEquals(code, 0);
  const { before, after } = measured(JSON.parse(stdout), "daemon");
  assertEquals([before.ppid, before.parent?.role, after.alive], [1, "init", true]);
  assertNothingLeft(box);
});

e2e("compare: from source, under Deno", async (box) => {
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const source = [
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    main,
    "compare",
    "--json",
    "--shell",
    "bash",
  ];
  const env = { TMPDIR: box.directory };
  const { code, stdout } = await box.run(source, { env });
  assertEquals(code, 0);
  assertEquals(survivors(JSON.parse(stdout)), [false, false, true, true, true, true, true]);
  assertNothingLeft(box);
});

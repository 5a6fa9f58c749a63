import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, eventually, isAlive } from "./harness.ts";

e2e("daemon --no-children: threads yes, processes no, and a daemon like any other", async (box) => {
  const python = `import threading, subprocess, time
t = threading.Thread(target=lambda: print("from a thread", flush=True)); t.start(); t.join()
try: subprocess.run(["true"])
except PermissionError: print("refused", flush=True)
time.sleep(60)`;
  const { code, stdout, stderr } = await box.imp(
    ["daemon", "--no-children", "-o", "log", "-e", "log", "-C", ".", "--", "python3", "-c", python],
    { env: { PATH: "/usr/local/bin:/usr/bin:/bin" } },
  );
  assertEquals([code, stderr], [0, ""]);
  const pid = Number(stdout);
  const log = () => Deno.readTextFileSync(box.path("log"));
  await eventually(() => log() === "from a thread\nrefused\n", () => log());
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  assertMatch(status, /^Seccomp:\s*2$/m);
  Deno.kill(pid, "SIGTERM");
  await eventually(() => !isAlive(pid), "the daemon has ended");
});

e2e(
  "daemon --no-children: not by the spawn route, and errors are reported as usual",
  async (box) => {
    const route = await box.imp(["daemon", "--no-children", "--route", "spawn", "--", "true"]);
    assertEquals(route.code, 2);
    assertStringIncludes(route.stderr, "--no-children cannot be used with --route spawn");
    const missing = await box.imp(["daemon", "--no-children", "--", "/no/such/program"]);
    assertEquals(missing.code, 127);
    // A shell may run what it needs no process for.
    const shell = await box.imp(
      [
        "daemon",
        "--no-children",
        "-o",
        "out",
        "-e",
        "out",
        "-C",
        ".",
        "--",
        "sh",
        "-c",
        "(true); echo no",
      ],
    );
    assertEquals(shell.code, 0);
    await eventually(
      () => /fork/i.test(Deno.readTextFileSync(box.path("out"))),
      "the shell says why",
    );
  },
);

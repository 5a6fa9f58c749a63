import { freePort } from "../free_port.ts";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { e2e, e2eAsRoot, eventually, exists, isAlive } from "./harness.ts";

/** Rules, and programs that are ready by them a moment after their start; each leaves `up` before that. */
const RULES: readonly (readonly [rule: string, script: string, more?: readonly string[]])[] = [
  ["notify", "touch up; systemd-notify --ready --status=up; exec sleep 60"],
  ["fd:3", "touch up; echo >&3; exec 3>&-; exec sleep 60"],
  ["fd:7", "touch up; echo >&7; exec 7>&-; exec sleep 60", ["-p", "pidfile"]],
  ["file:there", "touch up there; exec sleep 60"],
  ["log:^up$", "touch up; echo not up; echo up; exec sleep 60", ["-o", "log"]],
  ["log:^up$", "touch up; echo up >&2; exec sleep 60", ["-e", "log"]],
  ["cmd:test -e there", "touch up there; exec sleep 60"],
];

for (const route of ["spawn", "fork"]) {
  for (const [rule, script, more = []] of RULES) {
    if (route === "spawn" && more.includes("-p")) continue;
    e2e(`daemon --ready ${rule} --route ${route} ${more.join(" ")}`, async (box) => {
      const options = ["-C", ".", "--route", route, "--ready", rule, ...more];
      const words = ["sh", "-c", `sleep 0.1; ${script}`];
      const { code, stdout, stderr } = await box.imp(["daemon", ...options, "--", ...words]);
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertEquals(exists(box.path("up")), true);
      assertEquals(isAlive(Number(stdout)), true);
      await box.endAll();
    }, rule === "notify" ? ["systemd-notify"] : []);
  }
}

e2e("daemon --ready: a server by its port and by its answer, both at once", async (box) => {
  const port = freePort();
  const rules = ["--ready", `tcp:${port}`, "--ready", `http://127.0.0.1:${port}/`];
  const serve = ["python3", "-m", "http.server", String(port), "--bind", "127.0.0.1"];
  const { code, stderr } = await box.imp(["daemon", "-C", ".", ...rules, "--", ...serve]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  const again = await box.imp(["daemon", "--ready", `tcp:${port}`, "--", ...serve]);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, "EADDRINUSE");
  await box.endAll();
});

for (const route of ["spawn", "fork"]) {
  e2e(
    `daemon --wait --route ${route}: what ends too soon has failed, and leaves nothing`,
    async (box) => {
      const script = "echo hello; echo bad >&2; sleep 60 & exit 3";
      const options = ["--route", route, "-o", "log", "-e", "log", "--wait", "1m"];
      const { code, stdout, stderr } = await box.imp(["daemon", ...options, "sh", "-c", script]);
      assertEquals({ code, stdout }, { code: 1, stdout: "" });
      assertEquals(stderr.split("\n").slice(0, 4), [
        "imp daemon: cannot start the daemon: it ended too soon (exit 3)",
        "  its last lines:",
        "  | hello",
        "  | bad",
      ]);
      await eventually(() => box.processes().length === 0, "its child has ended with it");
    },
  );
}

e2e("daemon --wait: what lasts has not failed", async (box) => {
  const { code, stdout } = await box.imp(["daemon", "--wait", "50ms", "sleep", "60"]);
  assertEquals([code, isAlive(Number(stdout))], [0, true]);
  await box.endAll();
});

e2e("daemon --ready: not in time is 124, and nothing is left; before that is 1", async (box) => {
  const options = ["-p", "pidfile", "-o", "log", "--ready", "log:up"];
  const late = await box.imp(["daemon", ...options, "--ready-timeout", "50ms", "sleep", "60"]);
  assertEquals([late.code, late.stdout, exists(box.path("pidfile"))], [124, "", false]);
  assertMatch(
    late.stderr,
    /: not ready within 50ms \(ready when it prints a line that matches \/up\/\)\n$/,
  );
  const early = await box.imp(["daemon", ...options, "--", "sh", "-c", "kill -9 $$"]);
  assertEquals([early.code, exists(box.path("pidfile"))], [1, false]);
  assertStringIncludes(early.stderr, "it ended before it was ready (killed by KILL)");
});

e2e("daemon --ready: a signal that comes meanwhile undoes the start", async (box) => {
  const words = ["daemon", "-p", "pidfile", "-o", "log", "--ready", "log:up", "sleep", "60"];
  const { code, stdout } = await box.sh(
    `"$IMP" ${words.join(" ")} & until test -s pidfile; do sleep 0.01; done
    kill -TERM $!; wait $!`,
  );
  assertEquals([code, stdout, exists(box.path("pidfile"))], [143, "", false]);
});

e2e("daemon --oknodo: success if it is already running", async (box) => {
  const first = await box.imp(["daemon", "-p", "pidfile", "sleep", "60"]);
  const again = await box.imp(["daemon", "-p", "pidfile", "--oknodo", "sleep", "60"]);
  assertEquals(again, { ...first, signal: null });
  const json = await box.imp(["daemon", "-p", "pidfile", "--oknodo", "--json", "sleep", "60"]);
  assertEquals(JSON.parse(json.stdout), {
    ...{ pid: Number(first.stdout), pidfile: "pidfile", running: true },
  });
  // Something else is wrong.
  const bad = await box.imp(["daemon", "-p", "/nowhere/x", "--oknodo", "sleep", "60"]);
  assertEquals(bad.code, 125);
  await box.endAll();
});

e2eAsRoot("daemon -u --ready notify: the user's own processes are heard", async (box) => {
  const words = ["sh", "-c", "systemd-notify --ready; exec sleep 60"];
  const { code, stderr } = await box.imp(["daemon", "-u", "nobody", "--ready", "notify", ...words]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  await box.endAll();
}, ["systemd-notify"]);

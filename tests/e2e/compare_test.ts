import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { StyleName } from "../../src/compare/styles.ts";
import { compare, measured, type Report } from "./compare_report.ts";
import { e2e, installed, SOON_MS } from "./harness.ts";
import { assertNothingLeft } from "./leftovers.ts";
import { SHELLS } from "../../src/compare/shells.ts";

/** Survival of every style: true when it outlives its terminal. */
const SURVIVES: Record<string, Partial<Record<StyleName, boolean>>> = {
  "bash close": { foreground: false, background: false, subshell: true, disown: true },
  "bash exit": { background: true, subshell: true, disown: true },
  "zsh close": { foreground: false, background: false, subshell: true, disown: true },
  "zsh exit": { background: false, subshell: true, disown: true },
  "dash close": { foreground: false, background: true, subshell: true },
  "dash exit": { background: true, subshell: true },
};

for (const shell of SHELLS.filter(installed)) {
  for (const by of ["close", "exit"]) {
    e2e(`compare: ${shell}, ended by ${by}`, async (box) => {
      const began = performance.now();
      const report = await compare(box, "--shell", shell, "--by", by);
      assert(performance.now() - began < SOON_MS, "it waits for nothing in vain");
      const expected = { nohup: true, setsid: true, daemon: true, ...SURVIVES[`${shell} ${by}`] };
      for (const [style, lives] of Object.entries(expected)) {
        const { after, before, shell: shellPicture } = measured(report, style as StyleName);
        assertEquals(after.alive, lives, `${style} alive`);
        if (lives) assert(!after.signals!.includes("HUP"), `${style}: ${after.signals}`);
        else assertEquals(after.endedBy, "HUP", style);
        assertEquals(shellPicture.leads, "session");
        assert(before.pid > 1);
      }
      assertBefore(report);
      assertOutputs(report);
      assertWhatIsMissing(report);
    });
  }
}

/** What each style makes of a process does not depend on how the terminal ends. */
function assertBefore(report: Report): void {
  for (const style of ["background", "nohup"] as const) {
    const { before, shell } = measured(report, style);
    assertEquals(before.ppid, shell.pid);
    assertEquals(before.sid, shell.pid);
    assertEquals([before.leads, before.foreground, before.tty], ["group", false, shell.tty]);
    assertEquals(before.cwd, shell.cwd);
    assertEquals(before.hangup, style === "nohup" ? "ignored" : "default");
  }
  for (const style of ["setsid", "daemon"] as const) {
    const { before, shell, inside } = measured(report, style);
    assertEquals(before.parent!.role === "init" || before.parent!.role === "subreaper", true);
    assert(before.sid !== shell.sid);
    assertEquals([before.tty, inside!.devTty], [null, "ENXIO"]);
  }
  const { before, inside } = measured(report, "daemon");
  assertEquals([before.leads, before.cwd, before.umask, before.others], [
    "nothing",
    "/",
    0o022,
    [],
  ]);
  assertEquals(before.streams.map((stream) => stream?.target), Array(3).fill("/dev/null"));
  assertEquals([inside!.pid, inside!.sid, inside!.cwd], [before.pid, before.sid, before.cwd]);
}

/** Where the lines went: on the terminal and then nowhere, into nohup.out, into nothing. */
function assertOutputs(report: Report): void {
  for (const row of report.styles) {
    if (row.is !== "measured") continue;
    const { onTerminal, before, after, file } = row.after.output;
    assert(before!.ok >= 3, `${row.style}: ${JSON.stringify(before)}`);
    if (row.style === "nohup") {
      assertEquals(onTerminal, 0);
      assert(file!.bytesNow > file!.bytesThen && file!.bytesThen > 0);
    } else if (row.style === "daemon") {
      assertEquals([onTerminal, Object.keys(after!)], [0, ["ok"]]);
    } else {
      assert(onTerminal! >= 1, row.style);
      // A line may still have gone out in the moment in which the terminal was closed.
      if (row.after.alive) {
        assertEquals(Object.keys(after!).filter((outcome) => outcome !== "ok"), ["EIO"], row.style);
        assert((after!.ok ?? 0) <= 1, row.style);
      }
    }
  }
}

function assertWhatIsMissing(report: Report): void {
  const foreground = report.styles.find(({ style }) => style === "foreground");
  const disown = report.styles.find(({ style }) => style === "disown");
  assertEquals(foreground?.is, report.by === "exit" ? "started" : "measured");
  assertEquals(disown?.is, report.shell === "dash" ? "unmeasured" : "measured");
  assert(report.differences.length >= 4 && report.advice.length >= 2);
}

const SERVER = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "38471"];

e2e("compare -- PROGRAM: one server after another on one port", async (box) => {
  const styles = "background,nohup,daemon";
  const report = await compare(box, "--styles", styles, "--", ...SERVER);
  const lives = report.styles.map(({ style }) => measured(report, style).after.alive);
  assertEquals(lives, [false, true, true]);
  assertEquals(measured(report, "daemon").before.streams[1]!.target, "/dev/null");
  assertEquals(measured(report, "nohup").after.signals, null);
});

e2e("compare -- PROGRAM: sleep, and a script without interpreter line", async (box) => {
  const script = box.script("work", "echo working\nsleep 60\n");
  for (const program of [["sleep", "60"], [script]]) {
    const report = await compare(
      box,
      "--by",
      "exit",
      "--styles",
      "background,setsid",
      "--",
      ...program,
    );
    assertEquals(report.program, program);
    for (const style of ["background", "setsid"] as const) {
      const row = measured(report, style);
      assertEquals(row.after.alive, style === "setsid" || report.shell !== "zsh");
      assertEquals(row.before.cwd, row.shell.cwd);
    }
  }
});

e2e("compare -- PROGRAM: one that ends at once, one that reads the terminal", async (box) => {
  const words = "compare --json --shell bash --styles background,daemon -- sleep 0.3";
  const over = await box.imp(words.split(" "), { env: { TMPDIR: box.directory } });
  const { styles } = JSON.parse(over.stdout) as Report;
  // How many are seen in time is the machine's matter.
  const some = styles.some(({ is }) => is === "measured");
  assertEquals([over.code, over.stderr, styles.length], [some ? 0 : 1, "", 2]);
  assert(styles.every(({ is }) => is === "unmeasured" || is === "measured"));
  const none = await box.imp(["compare", "--styles", "background", "--", "true"]);
  assertEquals(none.code, 1);
  assertStringIncludes(none.stdout, "nothing could");
  const reader = await compare(box, "--shell", "bash", "--styles", "background", "--", "cat");
  const { before, after } = measured(reader, "background");
  assertEquals([before.stopped, after.alive], [true, false]);
});

e2e("compare: what it prints", async (box) => {
  const env = { TMPDIR: box.directory };
  const table = await box.imp(["compare", "--styles", "&,imp daemon"], { env });
  assertMatch(table.stdout, /^imp daemon +\d+ +\d+ \S+ /m);
  assertStringIncludes(table.stdout, "When to use which:");
  for (const line of table.stdout.split("\n")) assert(line.length <= 130, line);
  const markdown = await box.imp(["compare", "--styles", "nohup", "--format", "markdown"], { env });
  assertStringIncludes(markdown.stdout, "| nohup & | yes |");
  const page = ["--format", "html", "-o", "page.html"];
  const { code } = await box.imp(["compare", "--styles", "nohup", ...page], {
    env,
    cwd: box.directory,
  });
  assertEquals(code, 0);
  assertStringIncludes(Deno.readTextFileSync(box.path("page.html")), "runs on; its output is kept");
  assertNothingLeft(box);
});

e2e("compare: what cannot be done is said in a sentence", async (box) => {
  const refused = async (args: string[], env = {}) => {
    const { code, stdout, stderr } = await box.imp(["compare", ...args], { env });
    assertEquals(stdout, "");
    assert(!stderr.includes(" at "), stderr);
    return [code, stderr.split("\n")[0]];
  };
  assertEquals(await refused(["--shell", "fish"]), [
    2,
    "imp compare: --shell must be bash, zsh or dash, not 'fish'",
  ]);
  assertEquals(await refused(["--shell", "zsh"], { PATH: box.directory }), [
    1,
    "imp compare: cannot compare in zsh: it is not installed",
  ]);
  assertEquals((await refused(["--styles", "nohup,fork"]))[0], 2);
  assertEquals((await refused(["--", "no-such-program"]))[0], 127);
  assertEquals((await refused(["--", "/etc/passwd"]))[0], 126);
  assertEquals((await refused([], { TMPDIR: "/nonexistent" }))[0], 1);
  assertNothingLeft(box);
});
